"""What differs between two queries: nothing that they mean, some of their numbers, or more than that."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from vedette.duration import format_duration
from vedette.promql.ast import Binary, MatrixSelector, Number, Paren, Subquery, VectorSelector
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as printed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Differing", "compare"]

What = Literal["threshold", "number", "range", "query"]

_COMPARISONS: Final = frozenset({"==", "!=", ">", "<", ">=", "<="})
_TIMES: Final = frozenset({"range", "step", "offset"})


@dataclass(frozen=True, slots=True)
class Differing:
    """One thing: a threshold, another number, a range, or the whole query."""

    what: What
    old: str
    new: str


class _OtherError(Exception):
    """They are built differently."""


def compare(old: str, new: str) -> list[Differing]:
    """Nothing where both mean the same, however they are written; their numbers where only those differ."""
    whole = [Differing("query", old, new)]
    if old == new:
        return []
    try:
        one, other = parse(old), parse(new)
    except ParseError:  # Grafana's variables in a place where only a number can be
        return whole
    if printed(one) == printed(other):
        return []
    try:
        found = list(dict.fromkeys(_walk(one, other, compared=False)))
    except _OtherError:
        return whole
    return found if len(found) <= 2 else whole


def _walk(old: Any, new: Any, *, compared: bool) -> Iterator[Differing]:
    old, new = _bare(old), _bare(new)
    if type(old) is not type(new):
        raise _OtherError
    if isinstance(old, Number):
        if old != new:
            yield Differing("threshold" if compared else "number", printed(old), printed(new))
    elif isinstance(old, tuple):
        if len(old) != len(new):
            raise _OtherError
        for one, other in zip(old, new, strict=True):
            yield from _walk(one, other, compared=compared)
    elif is_dataclass(old):
        sides = isinstance(old, Binary) and old.op in _COMPARISONS
        times = isinstance(old, MatrixSelector | Subquery | VectorSelector)
        for one in fields(old):
            if not one.compare:
                continue
            before, after = getattr(old, one.name), getattr(new, one.name)
            if times and one.name in _TIMES:
                if before != after:
                    yield Differing("range", format_duration(abs(before)), format_duration(abs(after)))
            else:
                yield from _walk(before, after, compared=sides)
    elif old != new:
        raise _OtherError


def _bare(node: Any) -> Any:
    while isinstance(node, Paren):
        node = node.expr
    return node
