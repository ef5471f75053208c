"""Making the changes that findings propose, and showing them before."""

from __future__ import annotations

import difflib
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from vedette.check.finding import Edit
    from vedette.check.sources import Sources

__all__ = ["Fixed", "apply", "diff", "fix", "write"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file with changes in it."""

    file: str
    before: str
    after: str
    done: tuple[Edit, ...]
    left: tuple[Edit, ...]
    """Those that meet another one: they may be made once the checks have run again."""
    skipped: tuple[Edit, ...]
    """Those where something else stands than the finding says: the file has changed since."""


def fix(edits: Iterable[Edit], sources: Sources) -> list[Fixed]:
    """Every file with its changes, by name; nothing is written."""
    by_file: dict[str, dict[Edit, None]] = {}
    for edit in edits:
        by_file.setdefault(edit.place.file, {})[edit] = None
    return [_fixed(file, sources.path(file), by_file[file]) for file in sorted(by_file)]


def _fixed(file: str, path: Path, edits: Iterable[Edit]) -> Fixed:
    try:
        text = path.read_bytes().decode("utf-8")  # as it stands, line ends and all
    except (OSError, UnicodeDecodeError):
        return Fixed(file, "", "", (), (), tuple(edits))
    return apply(file, text, edits)


def apply(file: str, text: str, edits: Iterable[Edit]) -> Fixed:
    """Make what can be made at once, from the end of the text backwards, so that every place stays where it was."""
    placed: list[tuple[int, Edit]] = []
    skipped: list[Edit] = []
    starts = _starts(text)
    ends = "\r\n" if "\r\n" in text else "\n"
    for edit in edits:
        start = _offset(starts, edit)
        if start is not None and text.startswith(edit.old.replace("\n", ends), start):
            placed.append((start, edit))
        else:
            skipped.append(edit)
    done: list[Edit] = []
    left: list[Edit] = []
    after, free = text, len(text) + 1
    for start, edit in sorted(placed, key=lambda one: (-one[0], one[1].old, one[1].new)):
        end = start + len(edit.old.replace("\n", ends))
        # two that only touch would do, but two insertions at one place have no order
        if end > free or start == free:
            left.append(edit)
            continue
        after = after[:start] + edit.new.replace("\n", ends) + after[end:]
        free = start
        done.append(edit)
    return Fixed(file, text, after, tuple(done), tuple(left), tuple(skipped))


def _starts(text: str) -> list[int]:
    """The offset of each line."""
    starts = [text.startswith("\ufeff") * 1]
    starts.extend(index + 1 for index, character in enumerate(text) if character == "\n")
    return starts


def _offset(starts: list[int], edit: Edit) -> int | None:
    line, column = edit.place.line, edit.place.column or 1
    return starts[line - 1] + column - 1 if 0 < line <= len(starts) else None


def diff(fixed: Iterable[Fixed]) -> str:
    """What would change, as ``patch`` reads it."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for one in fixed
        for line in difflib.unified_diff(
            one.before.splitlines(keepends=True),
            one.after.splitlines(keepends=True),
            f"a/{one.file}",
            f"b/{one.file}",
        )
    )


def write(fixed: Iterable[Fixed], sources: Sources) -> None:
    """Put the changed files in the place of the old ones, each at once: nobody ever reads half of one.

    Raises:
        ConfigError: a file cannot be written.
    """
    for one in fixed:
        if one.after != one.before:
            _replace(sources.path(one.file).resolve(), one.after)


def _replace(path: Path, text: str) -> None:
    try:
        mode = path.stat().st_mode
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
            os.chmod(temporary, mode & 0o7777)  # noqa: PTH101 - mkstemp gives a name, no Path
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108
            raise
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be mended: {problem.strerror}") from problem
