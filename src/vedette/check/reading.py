"""How the checks read a query: its parts with what stands around them, its words as written, what its names are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from vedette.promql.ast import Aggregate, Binary, Call, Expr, MatrixSelector, Paren, Subquery, VectorSelector
from vedette.promql.flow.selectors import metric_name
from vedette.promql.walk import children, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Query
    from vedette.promql.flow import Branch, Flow

__all__ = [
    "COUNTER_FUNCTIONS", "SELECTING", "bare", "constant", "known", "nodes", "raw_counter", "selectors",
    "selectors_in", "shown", "source", "whence",
]  # fmt: skip

COUNTER_FUNCTIONS: Final = frozenset({"rate", "increase", "irate", "resets"})
"""What reads every fall of a value as a restart."""

SELECTING: Final = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
"""Aggregations that pick series and leave them as they are."""

_LONGEST: Final = 90

Nodes = tuple[tuple[Expr, tuple[Expr, ...]], ...]

_READ: WeakKeyDictionary[Query, Nodes] = WeakKeyDictionary()
"""Each check goes over every query; the way is made once."""


def nodes(query: Query) -> Nodes:
    """Every part of a query, parents first, with what stands around it, outermost first."""
    found = _READ.get(query)
    if found is None:
        found = _READ[query] = tuple(_within(query.tree))
    return found


def _within(tree: Expr) -> Iterator[tuple[Expr, tuple[Expr, ...]]]:
    waiting: list[tuple[Expr, tuple[Expr, ...]]] = [(tree, ())]
    while waiting:
        node, around = waiting.pop()
        yield node, around
        waiting.extend((child, (*around, node)) for child in reversed(children(node)))


def bare(node: Expr) -> Expr:
    """A part without the parentheses around it."""
    while isinstance(node, Paren):
        node = node.expr
    return node


def constant(query: Query, node: Expr) -> float | None:
    """The number that a part always is, None where it is none."""
    branch = query.flow.of(node)[0]
    return branch.low if branch.type == "scalar" and branch.low == branch.high else None


def source(query: Query, node: Expr) -> str:
    """A part as it is written."""
    return query.text.value[node.span.start : node.span.end]


def shown(query: Query, node: Expr) -> str:
    """A part in back quotes, on one line, and shortened in the middle."""
    text = " ".join(source(query, node).split())
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 30]} … {text[-25:]}"
    return f"`{text}`"


def known(query: Query, node: Expr) -> Flow:
    """What a part can yield, without what never yields anything."""
    return tuple(branch for branch in query.flow.of(node) if branch.empty is None)


def whence(branch: Branch) -> str:
    """In brackets, where the type of a series is known from; nothing where nobody says."""
    told = next((series.why for series in branch.series if series.why), "")
    return f" ({told})" if told else ""


def raw_counter(query: Query, node: Expr) -> VectorSelector | None:
    """A counter in this part whose value passes through as it is, None where none does.

    Without types it is any series outside of ``x[5m]``: what stands under `rate` is meant to be a counter.
    """
    for part, around in _within(node):
        if not isinstance(part, VectorSelector) or any(_stops(one, part, around) for one in around):
            continue
        branch = query.flow.of(part)[0]
        if branch.type in ("counter", "bucket") or (branch.type == "unknown" and metric_name(part)):
            return part
    return None


def _stops(outer: Expr, part: Expr, around: tuple[Expr, ...]) -> bool:
    """Whether something around a series makes another value of it, or only asks whether it is there."""
    match outer:
        case MatrixSelector() | Subquery() | Call():
            return True
        case Aggregate():
            return outer.op in ("count", "group")
        case Binary() if outer.op in ("and", "unless"):
            return outer.rhs is part or any(outer.rhs is one for one in around)
        case _:
            return False


def selectors(query: Query) -> Iterator[VectorSelector]:
    """Every selector of a query, in the order of its text."""
    return (node for node, _ in nodes(query) if isinstance(node, VectorSelector))


def selectors_in(tree: Expr) -> Iterator[VectorSelector]:
    """Every selector of a tree that is no query of the facts."""
    return (node for node in walk(tree) if isinstance(node, VectorSelector))
