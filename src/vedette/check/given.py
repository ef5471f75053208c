"""The files that somebody gives to be checked, and those in the folders among them. Nothing is read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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
        else:
            raise ConfigError(f"{path}: there is no such file")
    return list(found)


def below(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Files of these endings in a folder and in those below, without what is hidden or not the user's."""
    try:
        inside = list(folder.iterdir())
    except OSError:
        return  # not ours to read
    for path in inside:
        if path.name.startswith(".") or path.name in PASSED_OVER:
            continue
        if path.is_dir():
            if not path.is_symlink() and not (path / "pyvenv.cfg").exists():
                yield from below(path, endings)
        elif path.name.endswith(endings):
            yield path
