"""The files that somebody gives to be checked, and those in the folders among them. Nothing is read here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ENDINGS", "below", "given"]

ENDINGS = (".yml", ".yaml", ".json")
"""What is taken of a folder. A file that is named itself may be called anything."""

PASSED_OVER = frozenset(["__pycache__", "node_modules", "site-packages", "venv"])
"""Folders with nothing of the user's own; neither are those whose name begins with a dot."""


def given(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and those in folders, each once.

    Raises:
        ConfigError: there is no such file, a folder has none, or one is Python.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(below(path, ENDINGS))
            if not inside:
                raise ConfigError(f"{path}: there are no {', '.join(ENDINGS)} files in this folder")
            found.update(dict.fromkeys(inside))
        elif path.suffix == ".py":
            raise ConfigError(
                f"{path}: this is Python; check a stack with `vedette check` without files, or --stack module:name"
            )
        elif path.is_file():
            found[path] = None
        elif path.exists():
            raise ConfigError(f"{path}: this is a pipe or a device; write what it has into a file")
        else:
            raise ConfigError(f"{path}: there is no such file")
    return list(found)


def below(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Files of these endings in a folder and in those below, without what is hidden, a pipe, or not the user's."""
    for inside, folders, files in os.walk(folder):
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".") and name not in PASSED_OVER]
        found = (Path(inside, name) for name in files if name.endswith(endings) and not name.startswith("."))
        yield from (path for path in found if path.is_file())
