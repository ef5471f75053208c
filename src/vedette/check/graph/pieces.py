"""A query in pieces, the innermost first: each with what it yields, and why labels are gone after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.promql.ast import MatrixSelector, Number, Paren, String, VectorSelector
from vedette.promql.flow import COUNT
from vedette.promql.flow.outcome import joined
from vedette.promql.labels import NAME
from vedette.promql.walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Query
    from vedette.place import Place
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Flow, Label, Labels, Unit

__all__ = ["Piece", "label_words", "pieces_of", "range_words", "unit_words"]

_FIRST: Final = 0x2460
"""The circled 1."""
_CIRCLED: Final = 20
_MOST_VALUES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a query."""

    number: int
    source: str
    """As it is written."""
    short: str
    """With the numbers of the pieces in it: ``sum by (job) (②)``."""
    place: Place
    type: str
    unit: str
    """Empty where nobody knows."""
    range: str
    labels: tuple[str, ...]
    """The labels that its series can have."""
    open: bool
    """Whether others are possible, too."""
    dropped: tuple[str, ...]
    """Labels that the pieces in it can have, and it cannot."""
    why: str
    """Why they are gone."""
    empty: str
    """Why it never yields anything; empty where it can."""


def pieces_of(query: Query) -> tuple[Piece, ...]:
    """The pieces of a query; plain numbers and texts are none."""
    numbers: dict[int, int] = {}
    found: list[Piece] = []
    for node in _inside_out(query.tree):
        numbers[id(node)] = len(found) + 1
        found.append(_piece(query, node, len(found) + 1, numbers))
    return tuple(found)


def mark(number: int) -> str:
    """A number that is not taken for one of the query's."""
    return chr(_FIRST + number - 1) if number <= _CIRCLED else f"«{number}»"


def _inside_out(node: Expr) -> Iterator[Expr]:
    match node:
        case Number() | String():
            return
        case Paren():
            yield from _inside_out(node.expr)
        case MatrixSelector() | VectorSelector():
            yield node
        case _:
            for child in children(node):
                yield from _inside_out(child)
            yield node


def _inner(node: Expr) -> Iterator[Expr]:
    """The pieces directly within one."""
    if isinstance(node, MatrixSelector):
        return
    for child in children(node):
        bare = child
        while isinstance(bare, Paren):
            bare = bare.expr
        if not isinstance(bare, Number | String):
            yield bare


def _piece(query: Query, node: Expr, number: int, numbers: dict[int, int]) -> Piece:
    flow = query.flow.of(node)
    alive = tuple(branch for branch in flow if branch.empty is None) or flow
    labels = joined(alive)
    dropped, why = _dropped(query, node, labels)
    units = dict.fromkeys(branch.unit for branch in alive)
    empty = next((branch.empty.text for branch in flow if branch.empty is not None), "")
    return Piece(
        number=number,
        source=_source(query, node),
        short=_short(query, node, numbers),
        place=query.at(node),
        type=" or ".join(dict.fromkeys(branch.type for branch in alive)),
        unit=unit_words(next(iter(units))) if len(units) == 1 else "",
        range=range_words(min(branch.low for branch in alive), max(branch.high for branch in alive)),
        labels=tuple(_named(labels)),
        open=not labels.closed,
        dropped=dropped,
        why=why,
        empty=empty if all(branch.empty is not None for branch in flow) else "",
    )


def _named(labels: Labels) -> Iterator[str]:
    return (name for name in sorted(labels.named) if name != NAME and labels.get(name).state != "never")


def _dropped(query: Query, node: Expr, labels: Labels) -> tuple[tuple[str, ...], str]:
    before = {name for inner in _inner(node) for name in _named(joined(_alive(query.flow.of(inner))))}
    gone = sorted(name for name in before if labels.get(name).state == "never")
    reasons = (labels.get(name).why for name in gone)
    return tuple(gone), next((reason.text for reason in reasons if reason is not None), "")


def _alive(flow: Flow) -> Flow:
    return tuple(branch for branch in flow if branch.empty is None) or flow


def _source(query: Query, node: Expr) -> str:
    return " ".join(query.text.value[node.span.start : node.span.end].split())


def _short(query: Query, node: Expr, numbers: dict[int, int]) -> str:
    text, at, parts = query.text.value, node.span.start, []
    for inner in sorted(_inner(node), key=lambda one: one.span.start):
        parts += [text[at : inner.span.start], mark(numbers[id(inner)])]
        at = inner.span.end
    parts.append(text[at : node.span.end])
    return " ".join("".join(parts).split())


def unit_words(unit: Unit | None) -> str:
    """A unit for people, empty where it is not known."""
    if unit is None:
        return ""
    return str(unit).replace("count", "things") if unit != COUNT else "things"


def range_words(low: float, high: float) -> str:
    """Bounds for people; empty where there are none."""
    if low == high:
        return f"always {low:g}"
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f"{low:g} or more"
    return f"{high:g} or less" if math.isinf(low) else f"{low:g} to {high:g}"


def label_words(label: Label) -> str:
    """The values of a label for people."""
    if label.values is None:
        return "any value"
    shown = sorted(label.values, key=lambda value: (value.startswith("_"), value))  # what stands for others is last
    more = f" and {len(shown) - _MOST_VALUES} more" if len(shown) > _MOST_VALUES else ""
    return ", ".join(shown[:_MOST_VALUES]) + more
