"""``blackbox.yml``, the file of blackbox_exporter: how each kind of probe is made. It is written, and never read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vedette.duration import format_duration
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Module", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One entry of ``modules``."""

    prober: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What stands below the prober's name, as blackbox_exporter has it."""
    timeout: int | None = None
    """Milliseconds."""


def write(modules: Mapping[str, Module]) -> str:
    """The whole file, module by module as given."""
    return yaml.write({"modules": {name: _keys(module) for name, module in modules.items()}})


def _keys(module: Module) -> dict[str, Any]:
    keys: dict[str, Any] = {"prober": module.prober}
    if module.timeout is not None:
        keys["timeout"] = format_duration(module.timeout)
    if module.settings:
        keys[module.prober] = dict(module.settings)
    return keys
