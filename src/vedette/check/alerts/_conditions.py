"""When an alert fires: its comparisons with numbers, and the parts of its query that come out as they are."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.promql.ast import Binary, Call, Number, Paren, Span, Unary
from vedette.promql.parser import COMPARISONS
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Branch

__all__ = ["Comparison", "comparisons", "in_queries", "outcomes", "possible", "quoted", "shown_range", "value"]

_FLIPPED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": operator.pow,
}  # fmt: skip
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Comparison:
    """``tested op number``, read in that order however it is written."""

    node: Binary
    tested: Expr
    op: str
    number: float
    written: Expr
    """The number as it stands there, perhaps a product of several."""


def in_queries(facts: Facts, find: Callable[[Facts, Query], Iterator[Finding]]) -> Iterator[Finding]:
    """What is found in all queries. A panel that is made from a rule does not repeat what is said of the rule."""
    told: set[str] = set()
    for group in facts.groups:
        for rule in group.rules:
            for finding in find(facts, rule.query):
                told.add(finding.message)
                yield finding
    rules = sum(len(group.rules) for group in facts.groups)
    for query in facts.queries[rules:]:
        yield from (finding for finding in find(facts, query) if finding.message not in told)


def comparisons(tree: Expr) -> Iterator[Comparison]:
    """All that keep or drop series by a number, in the order of the text; not those with ``bool``."""
    for node in walk(tree):
        if not isinstance(node, Binary) or node.op not in COMPARISONS or node.bool_:
            continue
        left, right = value(node.lhs), value(node.rhs)
        if right is not None and left is None:
            yield Comparison(node, node.lhs, node.op, right, node.rhs)
        elif left is not None and right is None:
            yield Comparison(node, node.rhs, _FLIPPED.get(node.op, node.op), left, node.lhs)


def value(expr: Expr) -> float | None:
    """The number that an expression of numbers comes to, None for any other."""
    match expr:
        case Number():
            return expr.value
        case Paren():
            return value(expr.expr)
        case Unary():
            inner = value(expr.expr)
            return None if inner is None else -inner if expr.op == "-" else inner
        case Binary() if expr.op in _ARITHMETIC:
            left, right = value(expr.lhs), value(expr.rhs)
            if left is None or right is None:
                return None
            try:
                return float(_ARITHMETIC[expr.op](left, right))
            except (ArithmeticError, ValueError, TypeError):
                return math.nan
        case _:
            return None


def outcomes(tree: Expr) -> Iterator[Expr]:
    """The parts whose series are the alert's: both sides of ``or``, the left side of ``and`` and ``unless``."""
    match tree:
        case Paren():
            yield from outcomes(tree.expr)
        case Binary(op="or"):
            yield from outcomes(tree.lhs)
            yield from outcomes(tree.rhs)
        case Binary(op="and" | "unless"):
            yield from outcomes(tree.lhs)
        case Call(func="sort" | "sort_desc" | "label_replace" | "label_join"):
            yield from outcomes(tree.args[0])
        case _:
            yield tree


def possible(query: Query) -> tuple[Branch, ...]:
    """The branches that can yield anything."""
    return tuple(branch for branch in query.flow.branches if branch.empty is None)


def quoted(query: Query, part: Expr | Span) -> str:
    """A part of the query as it is written, in one line, shortened in the middle: comparisons are at the end."""
    span = part if isinstance(part, Span) else part.span
    text = " ".join(query.text.value[span.start : span.end].split())
    return f"`{text}`" if len(text) <= _LONGEST else f"`{text[: _LONGEST - 24]} … {text[-21:]}`"


def shown_range(low: float, high: float) -> str:
    """Bounds in words."""
    if low == high:
        return f"always {low:g}"
    if math.isinf(high):
        return f"never less than {low:g}"
    return f"never more than {high:g}" if math.isinf(low) else f"between {low:g} and {high:g}"
