"""How Python values stand for Go's: kinds, truth, zero values, type names.

``str`` is string, ``bool`` bool, ``int`` int, ``float`` float64, ``None`` nil, a list or tuple a slice, a mapping
``map[string]any``, `StringMap` ``map[string]string``, a dataclass or a `GoNamed` object a struct.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

__all__ = ["GoNamed", "SafeHtml", "StringMap", "is_true", "kind", "length", "type_name"]


class StringMap(dict[str, str]):
    """A ``map[string]string``: where missing keys are zero, one reads as the empty string."""


class SafeHtml(str):
    """Text that is HTML already and is not escaped again in HTML mode."""

    __slots__ = ()


@runtime_checkable
class GoNamed(Protocol):
    """An object with fields and methods of a Go type: ``go_names`` maps ``StartsAt`` to ``starts_at``."""

    go_names: ClassVar[Mapping[str, str]]


def kind(value: object) -> str:
    """``bool``, ``int``, ``float``, ``string``, ``nil``, ``slice``, ``map`` or ``struct``."""
    match value:
        case None:
            return "nil"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
        case Mapping():
            return "map"
        case list() | tuple():
            return "slice"
        case _:
            return "struct"


def type_name(value: object) -> str:
    """The type as Go's messages print it: ``float64``, ``map[string]string``."""
    named = getattr(type(value), "go_type", None)
    if isinstance(named, str):
        return named
    if isinstance(value, StringMap):
        return "map[string]string"
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return "[]string"
    names = {
        "nil": "<nil>",
        "float": "float64",
        "slice": "[]interface {}",
        "map": "map[string]interface {}",
        "struct": type(value).__name__,
    }
    found = kind(value)
    return names.get(found, found)


def is_true(value: object) -> bool:
    """Go's truth: not the zero number, not empty, not nil; a struct is always true."""
    match kind(value):
        case "nil":
            return False
        case "struct":
            return True
        case _:
            return bool(value)


def length(value: Any) -> int | None:
    """Go's ``len``: bytes of a string, items of a slice or map; None for anything else."""
    match kind(value):
        case "string":
            return len(value.encode())
        case "slice" | "map":
            return len(value)
        case _:
            return None


def fields(value: object) -> Sequence[tuple[str, Any]]:
    """The struct's fields in order, for printing."""
    if dataclasses.is_dataclass(value):
        return [(item.name, getattr(value, item.name)) for item in dataclasses.fields(value) if item.repr]
    return []
