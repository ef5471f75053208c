"""The scripts beside what is built: to start and stop it, to look after it, to keep its data.

They are of plain POSIX shell, for the machines that they run on need not have Python.
"""

from __future__ import annotations

from importlib.resources import files as resources
from typing import TYPE_CHECKING

from vedette.build.images import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["backup", "compose", "demanded", "swarm"]


def backup() -> str:
    """``backup.sh``: folders copied, checked, and put back; it knows no platform."""
    return _read("backup.sh")


def compose(
    project: str,
    *,
    secrets: Iterable[str],
    data: Iterable[str],
    ports: Iterable[int],
    template: str,
    reloads: Iterable[str],
) -> str:
    """``vedette.sh`` of a Compose project.

    Args:
        project: its name.
        secrets: the files that the folder of secrets must have.
        data: services that have a volume of their name.
        ports: what is published.
        template: of ``.env``; what has no value there may not be empty.
        reloads: services that read their files anew when they are told.
    """
    text = _docker("compose.sh", project, secrets, data, ports, template)
    return text.replace("@reloads@", " ".join(reloads))


def swarm(project: str, *, secrets: Iterable[str], data: Iterable[str], template: str) -> str:
    """``vedette.sh`` of a stack of a Swarm; ``data`` is what the node ``vedette=1`` has."""
    return _docker("swarm.sh", project, secrets, data, (), template)


def demanded(template: str) -> list[str]:
    """The variables of a template of ``.env`` that have no value."""
    return [line[:-1] for line in template.splitlines() if line.endswith("=") and not line.startswith("#")]


def _docker(  # noqa: PLR0917 - one call for each platform
    own: str,
    project: str,
    secrets: Iterable[str],
    data: Iterable[str],
    ports: Iterable[int],
    template: str,
) -> str:
    text = _read("docker.sh") + _read(own)
    given = {
        "project": [project],
        "secrets": secrets,
        "data": data,
        "ports": map(str, ports),
        "demanded": demanded(template),
        "image": [IMAGES["prometheus"].reference],  # it has a shell and tar, and is there already
    }
    for name, words in given.items():
        text = text.replace(f"@{name}@", " ".join(words))
    return text


def _read(name: str) -> str:
    return resources(__package__).joinpath(name).read_text("utf-8")
