"""What ``[tool.vedette]`` in pyproject.toml says: which stack, which environment, what to start, check and test."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CHECK_KEYS", "KEYS", "TEST_KEYS", "Checking", "Project", "RuleTests", "find"]

KEYS: dict[str, type] = {"stack": str, "environment": str, "run": list, "check": dict, "test": dict}
CHECK_KEYS: dict[str, type] = {"select": list, "ignore": list, "strict": bool, "baseline": str, "cardinality": int}
"""Those of ``[tool.vedette.check]``."""
TEST_KEYS: dict[str, type] = {"files": list, "fail_under": int}
"""Those of ``[tool.vedette.test]``."""

_EXPECTED = {
    str: "text",
    list: "a list of texts",
    bool: "true or false",
    int: "a whole number above 0",
    dict: "a table",
}
_ENTRY = {"run": "one command line", "files": "a pattern of files"}


@dataclass(frozen=True, slots=True)
class Checking:
    """What ``vedette check`` does where no option says otherwise."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    baseline: str | None = None
    """Relative to the project's root."""
    cardinality: int | None = None
    """Series that one metric may be in the whole stack; the check has a number of its own where this is not given."""


@dataclass(frozen=True, slots=True)
class RuleTests:
    """What ``vedette test`` does where no option says otherwise."""

    files: tuple[str, ...] = ("tests/**/test_*alert*.py", "tests/**/*_test.yml", "tests/**/*_test.yaml")
    """Patterns of the files that hold tests of alerts, relative to the project's root."""
    fail_under: int | None = None
    """Percent of the alerts that must be tested in every way."""


@dataclass(frozen=True, slots=True)
class Project:
    """The project of a folder; ``root`` holds ``pyproject.toml`` and ``.vedette/``."""

    root: Path
    stack: str | None = None
    environment: str = "local"
    run: tuple[str, ...] = ()
    """Commands that ``vedette up`` starts with itself, one line each."""
    check: Checking = Checking()
    test: RuleTests = RuleTests()

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
    _refuse(table, KEYS, f"{path}: [tool.vedette]")
    checking: dict[str, Any] = table.get("check", {})
    _refuse(checking, CHECK_KEYS, f"{path}: [tool.vedette.check]")
    testing: dict[str, Any] = table.get("test", {})
    _refuse(testing, TEST_KEYS, f"{path}: [tool.vedette.test]")
    return Project(
        root=path.parent,
        stack=table.get("stack"),
        environment=table.get("environment", "local"),
        run=tuple(table.get("run", ())),
        check=Checking(
            select=tuple(checking.get("select", ())),
            ignore=tuple(checking.get("ignore", ())),
            strict=checking.get("strict", False),
            baseline=checking.get("baseline"),
            cardinality=checking.get("cardinality"),
        ),
        test=RuleTests(
            files=tuple(testing.get("files", RuleTests().files)),
            fail_under=testing.get("fail_under"),
        ),
    )


def _refuse(table: dict[str, Any], keys: dict[str, type], where: str) -> None:
    """Refuse a key that nobody knows, and a value of another type."""
    for key, value in table.items():
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(keys)}"
            raise ConfigError(f"{where} has an unknown key {key!r}{hint}")
        wanted = keys[key]
        expected = "a list of commands" if key == "run" else _EXPECTED[wanted]
        if type(value) is not wanted or (type(value) is int and value < 1):
            raise ConfigError(f"{where} {key} is {value!r}; expected {expected}")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            what = _ENTRY.get(key, "the code of a check")
            raise ConfigError(f"{where} {key}: every entry is {what}, found {value!r}")
