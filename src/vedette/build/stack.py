"""From ``module:name`` to a stack, from a stack to files, from files to a folder."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
import traceback
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
from vedette.catalog import Stack
from vedette.catalog.names import nearest
from vedette.errors import ConfigError, VedetteError
from vedette.formats import alertmanager as alertmanager_file
from vedette.formats import blackbox as blackbox_file
from vedette.formats import grafana as grafana_file
from vedette.formats import prometheus as prometheus_file
from vedette.formats import rules as rules_file
from vedette.formats import vedette as vedette_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.note import Note
    from vedette.catalog import Environment

__all__ = ["MANIFEST", "build", "load", "notes", "owned", "refuse_foreign", "write"]

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


def load(reference: str, folder: Path | None = None) -> Stack:
    """The stack that ``module:name`` names, with a folder importable, by default the current directory.

    Raises:
        ConfigError: there is no such module or name, it is no stack, or the module fails when imported.
        DeclarationError: the stack is declared in a way that cannot work.
    """
    module_name, colon, name = reference.partition(":")
    if not colon or not module_name or not name:
        raise ConfigError(
            f"{reference!r} does not name a stack; write module:name, for example shop.observability:stack"
        )
    here = str(folder or Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(module_name)
    except VedetteError:
        raise
    except ModuleNotFoundError as problem:
        if problem.name and (module_name == problem.name or module_name.startswith(f"{problem.name}.")):
            raise ConfigError(
                f"there is no module {module_name!r} in {here}{nearest(module_name, _modules(Path(here), module_name))}"
            ) from None
        raise ConfigError(f"{_line(problem, here)}: {problem}; install it, or correct its name") from problem
    except SyntaxError as problem:
        raise ConfigError(f"{problem.filename}:{problem.lineno}:{problem.offset}: {problem.msg}") from problem
    except SystemExit as problem:
        raise ConfigError(
            f"{_line(problem, here)}: {module_name} ends the process when imported; a stack is only declared"
        ) from problem
    except Exception as problem:
        raise ConfigError(
            f"{_line(problem, here)}: {module_name} fails when imported: {type(problem).__name__}: {problem}"
        ) from problem
    missing = object()
    found = getattr(module, name, missing)
    if found is missing:
        stacks = [key for key, value in vars(module).items() if isinstance(value, Stack)]
        hint = f"; it has the stack {stacks[0]!r}" if stacks else nearest(name, vars(module))
        raise ConfigError(f"{module.__file__}: there is no {name!r} in {module_name}{hint}")
    if not isinstance(found, Stack):
        raise ConfigError(f"{module.__file__}: {name!r} is a {type(found).__name__}; expected a Stack")
    return found


def _line(problem: BaseException, here: str) -> str:
    """The last line of the user's that led to it, as ``file:line``; the last of all where none is the user's."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__)[1:] if "importlib" not in frame.filename]
    own = [frame for frame in frames if frame.filename.startswith(here) and "site-packages" not in frame.filename]
    return next((f"{frame.filename}:{frame.lineno}" for frame in reversed(own or frames)), here)


def _modules(folder: Path, wanted: str) -> list[str]:
    """The modules near the wanted one, by their dotted names."""
    depth = wanted.count(".") + 1
    found = [path.relative_to(folder).with_suffix("") for path in folder.glob("/".join(["*"] * depth) + ".py")]
    return [".".join(path.parts) for path in found]


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
