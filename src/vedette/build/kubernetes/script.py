"""``vedette.sh``: up, down, status and logs by kubectl, with what must be there seen first."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from vedette.build.kubernetes.exporters import OF_YOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["script"]


def script(plan: Plan, names: Names, chosen: Sequence[str], unfit: str) -> str:
    """The script of this build; ``unfit`` says why it has no overlay for production."""
    text = files("vedette.build.kubernetes").joinpath("vedette.sh").read_text("utf-8")
    spaces = [names.namespace, *([names.nodes] if "node-exporter" in chosen else [])]
    values = {
        "ENVIRONMENT": plan.environment.name,
        "PART": names.part,
        "NAMESPACE": names.namespace,
        "NAMESPACES": " ".join(spaces),
        "CONFIGMAPS": " ".join(OF_YOURS[app] for app in chosen if app in OF_YOURS),
        "UNFIT": unfit,
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text
