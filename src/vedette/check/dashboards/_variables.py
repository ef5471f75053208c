"""How texts of a dashboard use its variables: ``$name``, ``${name:format}`` and ``[[name]]``."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.formats.grafana import Dashboard, Variable

__all__ = ["Use", "defined", "is_built_in", "query_text", "strings", "uses"]

# https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
_USE = re.compile(r"\$(\w+)|\$\{(\w+)(?:\.[^:}]+)?(?::[^}]*)?\}|\[\[(\w+)(?:[.:]\w+)?\]\]", re.ASCII)
_BUILT_IN = frozenset({"timeFilter", "timeGroup", "interval", "dashboard", "org", "user"})


@dataclass(frozen=True, slots=True)
class Use:
    """A variable's name in a text, and where it stands there."""

    name: str
    start: int
    end: int


def uses(text: str) -> tuple[Use, ...]:
    """The variables in a text. ``$1`` is none: it is a group of a regular expression."""
    if "$" not in text and "[[" not in text:
        return ()
    found = []
    for match in _USE.finditer(text):
        name = next(group for group in match.groups() if group is not None)
        if not name[0].isdigit():
            found.append(Use(name, match.start(), match.end()))
    return tuple(found)


def is_built_in(name: str) -> bool:
    """Whether Grafana itself gives the variable its value."""
    return name.startswith("__") or name in _BUILT_IN


def defined(dashboard: Dashboard) -> frozenset[str]:
    """The names that mean something: variables, and inputs that whoever imports the dashboard is asked for."""
    inputs = dashboard.other.get("__inputs")
    asked = (one.get("name") for one in inputs if isinstance(one, dict)) if isinstance(inputs, list) else ()
    return frozenset([*(one.name for one in dashboard.variables), *(name for name in asked if isinstance(name, str))])


def query_text(variable: Variable) -> str:
    """What a variable asks its data source, where that is a text."""
    query = variable.query if isinstance(variable.query, str) else variable.query.get("query")
    return query if isinstance(query, str) else ""


def strings(value: Any) -> Iterator[str]:
    """Every text within a value of `vedette.formats.grafana`, wherever it stands; not the names of keys."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)
        elif one is not None and not isinstance(one, int | float):
            waiting.extend(getattr(one, name) for name in _fields(one))


_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields(value: Any) -> tuple[str, ...]:
    """The names of what a value holds, which are those of its class."""
    kind = type(value)
    found = _FIELDS.get(kind)
    if found is None:
        found = _FIELDS[kind] = tuple(item.name for item in fields(kind)) if is_dataclass(kind) else ()
    return found
