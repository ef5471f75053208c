"""From a stack to files, from files to a folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vedette.build import (
    alertmanager,
    compose,
    grafana,
    kubernetes,
    native,
    operator,
    probes,
    prometheus,
    runbooks,
    swarm,
    systemd,
    vedette_json,
)
from vedette.build.plan import plan
from vedette.build.slo.notes import notes as slo_notes
from vedette.errors import ConfigError
from vedette.formats import alertmanager as alertmanager_file
from vedette.formats import blackbox as blackbox_file
from vedette.formats import grafana as grafana_file
from vedette.formats import prometheus as prometheus_file
from vedette.formats import rules as rules_file
from vedette.formats import vedette as vedette_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.note import Note
    from vedette.catalog import Environment, Stack

__all__ = ["MANIFEST", "build", "notes", "owned", "refuse_foreign", "write"]

MANIFEST = ".vedette-build"
"""In the output folder: the files that were written, so that only those are ever replaced or removed."""


def build(stack: Stack, environment: Environment | str = "local") -> Mapping[str, str]:
    """Every file of a stack in one environment: path (with ``/``, sorted) → text. Nothing is written.

    The same stack and environment give the same bytes.

    Raises:
        DeclarationError: something declared cannot be built; with the place in the user's files.
    """
    resolved = plan(stack, stack.environment(environment) if isinstance(environment, str) else environment)
    texts = runbooks.runbooks(resolved)
    files = {
        "prometheus/prometheus.yml": prometheus_file.write(prometheus.config(resolved)),
        "alertmanager/alertmanager.yml": alertmanager_file.write(alertmanager.config(resolved)),
        "vedette.json": vedette_file.write(vedette_json.description(resolved, texts)),
    }
    if modules := probes.modules(resolved):
        files["blackbox/blackbox.yml"] = blackbox_file.write(modules)
    for pack, file in prometheus.rule_files(resolved).items():
        files[f"prometheus/rules/{pack}.yml"] = rules_file.write(file)
    for uid, dashboard in grafana.dashboards(resolved).items():
        files[f"grafana/dashboards/{uid}.json"] = grafana_file.write(dashboard)
    for alert, text in texts.items():
        files[f"runbooks/{alert}.md"] = text
    if "compose" in resolved.environment.platforms:
        files |= compose.files(resolved)
    if "kubernetes" in resolved.environment.platforms:
        files |= kubernetes.files(resolved, files)
    if "operator" in resolved.environment.platforms:
        files |= operator.files(resolved, files)
    if "swarm" in resolved.environment.platforms:
        files |= swarm.files(resolved, files)
    if "systemd" in resolved.environment.platforms:
        files |= systemd.files(resolved)
    return dict(sorted(files.items()))


def notes(stack: Stack, environment: Environment | str = "local") -> list[Note]:
    """What can be built and yet should be known."""
    resolved = plan(stack, stack.environment(environment) if isinstance(environment, str) else environment)
    return [*native.notes(resolved), *slo_notes(resolved)]


def write(files: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Write the files, each in one step, and remove those of an earlier build that are no more; what changed.

    Files that an earlier build did not write are never touched.

    Raises:
        ConfigError: a file is in the way that no build has written, or the folder cannot be written to.
    """
    before = refuse_foreign(files, folder)
    changed: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # first own, then write: a build that is interrupted leaves nothing that the next one would not know as its own
        _replace(folder / MANIFEST, _manifest({*before, *files}))
        for path, text in files.items():
            if not _holds(folder / path, text):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                _replace(folder / path, text)
                changed.append(path)
        for path in sorted(before - set(files)):
            if (folder / path).is_file():
                (folder / path).unlink()
                changed.append(path)
            _remove_empty(folder, (folder / path).parent)
        _replace(folder / MANIFEST, _manifest(files))
    except OSError as problem:
        raise ConfigError(
            f"{problem.filename or folder}: cannot be written: {problem.strerror or problem}"
        ) from problem
    return tuple(changed)


def refuse_foreign(files: Mapping[str, str], folder: Path) -> set[str]:
    """See that nothing stands in the way that others wrote; the files that are ours already.

    Raises:
        ConfigError: something does, or a path leads out of the folder.
    """
    for path in files:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ConfigError(f"{path!r} leads out of the output folder")
    ours = owned(folder)
    for path, text in files.items():
        target = folder / path
        if path not in ours and target.exists() and not _holds(target, text):
            raise ConfigError(f"{target} is in the way: no build wrote it; move it, or choose another folder")
    return ours


def owned(folder: Path) -> set[str]:
    """The files of a folder that an earlier build wrote.

    Raises:
        ConfigError: the list of them cannot be read.
    """
    try:
        lines = (folder / MANIFEST).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"{folder / MANIFEST}: cannot be read: {problem}; remove it and the build it describes"
        ) from None
    return {
        line for line in lines if line and not line.startswith(("#", "/")) and ".." not in PurePosixPath(line).parts
    }


def _manifest(paths: Mapping[str, str] | set[str]) -> str:
    return "\n".join(
        ["# Files written by `vedette build`; they are replaced and removed without asking.", *sorted(paths), ""]
    )


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _replace(path: Path, text: str) -> None:
    """Write beside the file, then rename: a reader sees the old text or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
