"""The folder that a server reads: which files in it are ours, what was applied last, and one apply at a time.

Which are ours stands in the list of `vedette.build.write`; what they held when they were applied in a file beside it.
Neither has an ending that Prometheus, Alertmanager or Grafana would read.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.build.stack import MANIFEST, owned, refuse_foreign, write
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["APPLIED", "Applied", "applied", "clear", "held", "here", "record", "refuse", "restore", "write"]

APPLIED: Final = ".vedette-applied"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Applied:
    """What was applied to a folder."""

    stack: str
    environment: str
    complete: bool
    """False from the first file that is written until the servers run it."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path → text, of the last apply that was complete."""


def applied(folder: Path) -> Applied | None:
    """What was applied last; None where nothing ever was.

    Raises:
        ConfigError: the file that says it cannot be read.
    """
    path = folder / APPLIED
    try:
        plain = json.loads(path.read_text("utf-8"))
        if plain.pop("format") != _FORMAT:
            raise ConfigError(f"{path}: written by another version of Vedette; apply with that one, or remove the file")
        return Applied(**plain)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        if isinstance(problem, ConfigError):
            raise
        raise ConfigError(f"{path}: cannot be read: {problem}; remove it, and apply again") from None


def record(folder: Path, what: Applied) -> None:
    """Say what is applied, in one step.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    plain = {
        "format": _FORMAT, "stack": what.stack, "environment": what.environment, "complete": what.complete,
        "files": dict(what.files),
    }  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=f"{APPLIED}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(plain, file, indent=1, ensure_ascii=False)
        Path(name).chmod(0o644)
        Path(name).replace(folder / APPLIED)
    except OSError as problem:
        raise ConfigError(f"{problem.filename or folder}: cannot be written: {problem.strerror}") from problem


def here(folder: Path, wanted: Iterable[str]) -> dict[str, str]:
    """Path → text of the files that are ours or would be, as they are now.

    Raises:
        ConfigError: one is there and cannot be read.
    """
    found: dict[str, str] = {}
    for path in sorted({*owned(folder), *wanted}):
        try:
            found[path] = (folder / path).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            continue
        except OSError as problem:
            raise ConfigError(f"{folder / path}: cannot be read: {problem.strerror}") from None
    return found


def refuse(folder: Path, files: Mapping[str, str], stack: str) -> None:
    """See that everything may be written.

    Raises:
        ConfigError: a file is in the way that others wrote, or another stack is applied to the folder.
    """
    last = applied(folder)
    if last is not None and last.stack != stack:
        raise ConfigError(
            f"{folder} belongs to stack {last.stack!r}; give {stack!r} a folder of its own, or remove {APPLIED} there"
        )
    refuse_foreign(files, folder)


def restore(folder: Path, before: Mapping[str, str], last: Applied | None) -> None:
    """Put back the files that were there, and what was said of them."""
    write(before, folder)
    if last is None:
        (folder / APPLIED).unlink(missing_ok=True)
    else:
        record(folder, last)


def clear(folder: Path, files: Iterable[str]) -> None:
    """Remove what a killed process has left half-written beside our files."""
    for path in (*files, MANIFEST, APPLIED):
        target = folder / path
        prefix = target.name if path == APPLIED else f".{target.name}"
        for leftover in target.parent.glob(f"{prefix}.????????"):
            leftover.unlink(missing_ok=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else applies to the folder until the block ends; a killed process lets go of it.

    Raises:
        ConfigError: somebody else does, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as problem:
        raise ConfigError(f"{problem.filename or folder}: cannot be written: {problem.strerror}") from problem
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConfigError(f"{folder}: another apply is at work here; wait until it is done") from None
    finally:
        os.close(handle)
