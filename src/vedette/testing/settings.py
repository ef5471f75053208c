"""Which stack and which application a test is about: its mark, pytest's settings, ``[tool.vedette]``, in this order."""

from __future__ import annotations

import importlib
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.catalog.names import nearest
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["KEYS", "Settings", "application", "settings"]

KEYS = ("stack", "environment", "service", "app")
"""What a mark may say; pytest's settings have the same with ``vedette_`` before it."""

_SERVED = re.compile(r"(?:uvicorn|hypercorn|granian|gunicorn)\b.*?\s([A-Za-z_][\w.]*:[A-Za-z_][\w.]*)")


@dataclass(frozen=True, slots=True)
class Settings:
    """``stack`` and ``app`` are ``module:name``; what is empty is not given."""

    stack: str = ""
    environment: str = "local"
    service: str = ""
    app: str = ""


def settings(mark: Mapping[str, Any], ini: Mapping[str, str], root: Path) -> Settings:
    """What is said, the nearest word winning. An application that nobody names is the one that a server is started for.

    Args:
        mark: the arguments of ``@pytest.mark.vedette``, all of a test together.
        ini: pytest's settings, without ``vedette_``.
        root: the folder of pyproject.toml.

    Raises:
        ConfigError: the mark says what nobody knows, pyproject.toml cannot be read, or no stack is named.
    """
    for key in mark:
        if key not in KEYS:
            raise ConfigError(f"@pytest.mark.vedette has no {key!r}{nearest(key, KEYS)}; it has {', '.join(KEYS)}")
    # What pyproject.toml says is about the stack that it names.
    table = {} if mark.get("stack") or ini.get("stack") else _table(root)
    found = {key: str(mark.get(key) or ini.get(key) or table.get(key) or "") for key in KEYS}
    if not found["stack"]:
        raise ConfigError(
            'no stack is named; write in pyproject.toml, [tool.vedette]: stack = "module:name", or mark the test: '
            '@pytest.mark.vedette(stack="module:name")'
        )
    served = (_SERVED.search(str(line)) for line in table.get("run", ()))
    app = found["app"] or next((one[1] for one in served if one is not None), "")
    return Settings(found["stack"], found["environment"] or "local", found["service"], app)


def _table(root: Path) -> Mapping[str, Any]:
    path = root / "pyproject.toml"
    try:
        found: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("vedette", {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as TOML: {error}") from error
    return found


def application(reference: str) -> Any:
    """What ``module:name`` names.

    Raises:
        ConfigError: there is no such module or name.
    """
    module_name, _, name = reference.partition(":")
    try:
        found = importlib.import_module(module_name)
    except ModuleNotFoundError as problem:
        raise ConfigError(f"the application {reference!r} cannot be imported: {problem}") from problem
    for part in name.split("."):
        if not hasattr(found, part):
            raise ConfigError(f"{module_name} has no {name!r}{nearest(name, vars(found))}; it is named as application")
        found = getattr(found, part)
    return found
