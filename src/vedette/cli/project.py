"""What ``[tool.vedette]`` in pyproject.toml says: which stack, which environment, what to start beside it."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Project", "find"]

KEYS = {"stack": str, "environment": str, "run": list}


@dataclass(frozen=True, slots=True)
class Project:
    """The project of a folder; ``root`` holds ``pyproject.toml`` and ``.vedette/``."""

    root: Path
    stack: str | None = None
    environment: str = "local"
    run: tuple[str, ...] = ()
    """Commands that ``vedette up`` starts with itself, one line each."""

    @property
    def state(self) -> Path:
        """Where data, build output, secrets and the lock live."""
        return self.root / ".vedette"


def find(start: Path) -> Project:
    """Read the nearest pyproject.toml at or above ``start``; without one, an empty project there.

    Raises:
        ConfigError: the file is not TOML, or ``[tool.vedette]`` has an unknown key or a value of a wrong type.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return _read(path)
    return Project(root=start)


def _read(path: Path) -> Project:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("vedette", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as TOML: {error}") from error
    for key, value in table.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(KEYS)}"
            raise ConfigError(f"{path}: [tool.vedette] has an unknown key {key!r}{hint}")
        if not isinstance(value, KEYS[key]):
            raise ConfigError(
                f"{path}: [tool.vedette] {key} is {value!r}; "
                f"expected a {'list of commands' if key == 'run' else 'text'}"
            )
    run = table.get("run", [])
    if not all(isinstance(command, str) for command in run):
        raise ConfigError(f"{path}: [tool.vedette] run: every entry is one command line, found {run!r}")
    return Project(
        root=path.parent,
        stack=table.get("stack"),
        environment=table.get("environment", "local"),
        run=tuple(run),
    )
