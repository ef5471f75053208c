"""``vedette build``: a stack and an environment as the files that everything else runs on."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build.loading import load
from vedette.build.project import find
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build import Note
    from vedette.build.project import Project
    from vedette.catalog import Environment, Stack

__all__ = ["Choice", "build", "choose", "summary"]

KINDS = (
    ("prometheus/prometheus.yml", "scrape configuration"),
    ("prometheus/rules/", "rule files"),
    ("blackbox/", "blackbox_exporter configuration"),
    ("alertmanager/", "alertmanager configuration"),
    ("grafana/", "dashboards"),
    ("runbooks/", "runbooks"),
    ("vedette.json", "descriptions"),
    ("compose/", "compose project"),
    ("kubernetes/", "manifests for kubernetes"),
    ("operator/", "objects of the operator"),
    ("swarm/", "swarm stack"),
    ("systemd/", "systemd units and scripts"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which stack, and which environment of it."""

    stack: Stack
    environment: Environment

    def files(self) -> Mapping[str, str]:
        """Path → text of every built file."""
        from vedette.build import build as build_files  # noqa: PLC0415 - who only checks builds none

        return build_files(self.stack, self.environment)

    def notes(self) -> list[Note]:
        """What should be known of it."""
        from vedette.build import notes as find_notes  # noqa: PLC0415 - as above

        return find_notes(self.stack, self.environment)

    def here(self, url: str, secrets: Path) -> Choice:
        """The same, with links to ``url`` and secrets in ``secrets``: for running on this machine."""
        local = replace(self.environment, external_url=url, secrets=str(secrets), platforms=(), listen={})
        return replace(self, environment=local)


def choose(project: Project, stack: str | None, environment: str | None) -> Choice:
    """The stack and environment of the command line, or else of the project file.

    Raises:
        ConfigError: no stack is named anywhere, or it cannot be loaded.
    """
    reference = stack or project.stack
    if reference is None:
        raise ConfigError(
            'no stack: name it once in pyproject.toml, [tool.vedette] stack = "shop.observability:stack", '
            "or give --stack module:name"
        )
    loaded = load(reference, Path.cwd() if stack else project.root)
    return Choice(loaded, loaded.environment(environment or project.environment))


def summary(files: Mapping[str, str]) -> str:
    """``12 rule files, 3 dashboards…`` in one line."""
    counts = _counts(files)
    return ", ".join(f"{counts[kind]} {kind}" for kind in ("rule files", "dashboards", "runbooks") if counts[kind])


def _counts(files: Mapping[str, str]) -> Counter[str]:
    return Counter(next(name for prefix, name in KINDS if path.startswith(prefix)) for path in files)


def build(folder: Path | None, stack: str | None, environment: str | None, *, check: bool, as_json: bool) -> None:
    """Build, and unless ``check`` write; print what is new.

    Raises:
        ConfigError: the stack cannot be found or the folder not be written.
        DeclarationError: something declared cannot be built.
    """
    from rich.table import Table  # noqa: PLC0415 - as above

    from vedette.build import write  # noqa: PLC0415
    from vedette.cli.terminal import Terminal  # noqa: PLC0415

    project = find(Path.cwd())
    began = time.perf_counter()
    choice = choose(project, stack, environment)
    files = choice.files()
    into = folder or project.state / "build"
    changed = () if check else write(files, into)
    took = time.perf_counter() - began
    if as_json:
        written = None if check else str(into)
        noted = [str(note) for note in choice.notes()]
        print(json.dumps({"folder": written, "files": list(files), "changed": list(changed), "notes": noted}))  # noqa: T201 - for machines
        return
    terminal = Terminal()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("what", "files", "bytes"):
        table.add_column(title, justify="left" if title == "what" else "right")
    for prefix, name in KINDS:
        texts = [text for path, text in files.items() if path.startswith(prefix)]
        if texts:
            table.add_row(name, str(len(texts)), f"{sum(len(text.encode()) for text in texts):,}")
    terminal.show(table)
    for note in choice.notes():
        terminal.warn(str(note))
    where = "nothing written" if check else f"{into}: {len(changed)} of {len(files)} files changed"
    terminal.done(f"environment {choice.environment.name}, {took:.1f} s, {where}")
