"""The functions every Go template has: comparison, indexing, printing and escaping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from vedette.formats.gotemplate.printf import sprint, sprintf, sprintln, text
from vedette.formats.gotemplate.values import StringMap, is_true, kind, length, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BUILTINS", "escape_html", "query_escape"]

_HTML = str.maketrans({"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_JS = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
}  # fmt: skip
_BASIC = frozenset(("bool", "int", "float", "string"))


def escape_html(value: str) -> str:
    """``template.HTMLEscapeString``."""
    return value.translate(_HTML)


def query_escape(value: str) -> str:
    """``url.QueryEscape``: a space becomes ``+``."""
    return quote_plus(value, safe="~")


def _joined(values: tuple[Any, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return sprint(values)


def _html(*values: Any) -> str:
    return escape_html(_joined(values))


def _js(*values: Any) -> str:
    def escaped(char: str) -> str:
        if char in _JS:
            return _JS[char]
        code = ord(char)
        return f"\\u{code:04X}" if code < 0x20 or not char.isprintable() else char

    return "".join(map(escaped, _joined(values)))


def _urlquery(*values: Any) -> str:
    return query_escape(_joined(values))


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise ValueError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def _same(one: Any, other: Any) -> bool:
    kinds = kind(one), kind(other)
    if "nil" in kinds:
        return kinds == ("nil", "nil")
    if kinds[0] != kinds[1]:
        raise ValueError("incompatible types for comparison")
    if kinds[0] in ("slice", "map"):
        raise ValueError(f"non-comparable type {type_name(one)}: {text(one)}")
    return bool(one == other)


def _ne(one: Any, other: Any) -> bool:
    return not _same(one, other)


def _lt(one: Any, other: Any) -> bool:
    kinds = kind(one), kind(other)
    if not _BASIC.issuperset(kinds):
        raise ValueError("invalid type for comparison")
    if kinds[0] != kinds[1]:
        hint = " (write 0.0 to compare with a float)" if set(kinds) == {"int", "float"} else ""
        raise ValueError(f"incompatible types for comparison{hint}")
    if kinds[0] == "bool":
        raise ValueError("invalid type for comparison")
    return bool(one.encode() < other.encode()) if kinds[0] == "string" else bool(one < other)


def _le(one: Any, other: Any) -> bool:
    return _lt(one, other) or _same(one, other)


def _gt(one: Any, other: Any) -> bool:
    return not _le(one, other)


def _ge(one: Any, other: Any) -> bool:
    return not _lt(one, other)


def _not(value: Any) -> bool:
    return not is_true(value)


def _len(value: Any) -> int:
    found = length(value)
    if found is None:
        raise ValueError("len of nil pointer" if value is None else f"len of type {type_name(value)}")
    return found


def _index(value: Any, *indexes: Any) -> Any:
    for at in indexes:
        match kind(value):
            case "nil":
                raise ValueError("index of untyped nil")
            case "map":
                if not isinstance(at, str):
                    raise TypeError(f"value has type {type_name(at)}; should be string")
                value = value.get(at, "" if isinstance(value, StringMap) else None)
            case "slice" | "string":
                items = value.encode() if isinstance(value, str) else value
                value = items[_position(at, len(items) - 1)]
            case _:
                raise ValueError(f"can't index item of type {type_name(value)}")
    return value


def _position(at: Any, last: int) -> int:
    if at is None:
        raise ValueError("cannot index slice/array with nil")
    if not isinstance(at, int) or isinstance(at, bool):
        raise TypeError(f"cannot index slice/array with type {type_name(at)}")
    if not 0 <= at <= last:
        raise ValueError(f"index out of range: {at}")
    return at


def _slice(value: Any, *bounds: Any) -> Any:
    found = kind(value)
    if found not in ("string", "slice"):
        raise ValueError("slice of untyped nil" if value is None else f"can't slice item of type {type_name(value)}")
    if len(bounds) > (2 if found == "string" else 3):
        few = "cannot 3-index slice a string" if found == "string" else f"too many slice indexes: {len(bounds)}"
        raise ValueError(few)
    items = value.encode() if found == "string" else value
    start, *ends = [_position(at, len(items)) for at in bounds] or [0]
    end = ends[0] if ends else len(items)
    if start > end:
        raise ValueError(f"invalid slice index: {start} > {end}")
    part = items[start:end]
    return part.decode(errors="replace") if found == "string" else part


def _call(function: Any, *values: Any) -> Any:
    if not callable(function):
        raise TypeError("call of nil" if function is None else f"non-function of type {type_name(function)}")
    return function(*values)


def _printf(form: str, *values: Any) -> str:
    return sprintf(form, values)


# `and` and `or` are evaluated by the executor, which stops at the first argument that decides.
BUILTINS: Mapping[str, Callable[..., Any]] = {
    "and": lambda first, *rest: next(
        (value for value in (first, *rest[:-1]) if not is_true(value)), (first, *rest)[-1]
    ),
    "call": _call,
    "eq": _eq,
    "ge": _ge,
    "gt": _gt,
    "html": _html,
    "index": _index,
    "js": _js,
    "le": _le,
    "len": _len,
    "lt": _lt,
    "ne": _ne,
    "not": _not,
    "or": lambda first, *rest: next((value for value in (first, *rest[:-1]) if is_true(value)), (first, *rest)[-1]),
    "print": lambda *values: sprint(values),
    "printf": _printf,
    "println": lambda *values: sprintln(values),
    "slice": _slice,
    "urlquery": _urlquery,
}
