"""Why a mutant is no other rule: reasons that hold for whatever is given, so that no case can be asked for."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Final

from vedette.build.derive import comparison
from vedette.formats.rules import AlertingRule, RecordingRule
from vedette.promql.ast import Aggregate, Binary, Call, Expr, Number, Paren, Unary, VectorSelector
from vedette.promql.flow import COUNT
from vedette.promql.parser import parse
from vedette.promql.walk import walk
from vedette.testing.bench import reads

if TYPE_CHECKING:
    from vedette.build.derive import Comparison
    from vedette.promql.flow import Series
    from vedette.promql.labels import Matcher
    from vedette.testing.bench import Bench

__all__ = ["always_matches", "folded", "number_of", "overruled", "same_for_whole"]

_ARITHMETIC: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_FOLDS: Final = frozenset({"sum", "max", "min"})
"""Of parts of parts the same as of all parts at once; and whole numbers of whole numbers."""
_COUNTS: Final = frozenset({"changes", "resets", "count_over_time"})
_EDGE: Final = {">": math.floor, "<=": math.floor, ">=": math.ceil, "<": math.ceil}
"""Comparison → the whole number that a threshold is for whole numbers."""


def folded(tree: Expr, node: Aggregate, label: str) -> str:
    """Why a label of an inner aggregation does not matter, where an outer one of the same kind drops it anyway."""
    for outer in walk(tree):
        if not isinstance(outer, Aggregate) or outer.without or node.without:
            continue
        inner = outer.expr
        while isinstance(inner, Paren):
            inner = inner.expr
        if inner is node and outer.op == node.op and node.op in _FOLDS and label not in outer.grouping:
            return f"{outer.op} of {node.op} by fewer labels gives the same"
    return ""


def always_matches(matcher: Matcher, series: Series | None) -> str:
    """Why a matcher leaves nothing out, where the label can only have values that match."""
    if series is None:
        return ""
    label = series.labels.get(matcher.name)
    values = set(label.values) if label.values is not None else None
    if label.state != "always" and values is not None:
        values.add("")
    if values is not None and all(map(matcher.matches, values)):
        return f"every value that {series.name} declares for {matcher.name} matches"
    return ""


def number_of(expr: Expr) -> float | None:
    """The value of a number, or of one that is computed from numbers."""
    match expr:
        case Number():
            return expr.value
        case Paren():
            return number_of(expr.expr)
        case Unary():
            value = number_of(expr.expr)
            return value if value is None or expr.op == "+" else -value
        case Binary() if expr.op in _ARITHMETIC:
            left, right = number_of(expr.lhs), number_of(expr.rhs)
            if left is None or right is None or (expr.op == "/" and right == 0):
                return None
            return float(_ARITHMETIC[expr.op](left, right))
        case _:
            return None


def same_for_whole(node: Binary, changed: Binary, bench: Bench) -> str:
    """Why another threshold is the same, where what is compared is always a whole number."""
    old, new = number_of(node.rhs), number_of(changed.rhs)
    edge = _EDGE.get(node.op)
    if old is None or new is None or edge is None or not (math.isfinite(old) and math.isfinite(new)):
        return ""
    if edge(old) == edge(new) and _whole(node.lhs, bench):
        return f"for whole numbers {node.op} {old:g} and {node.op} {new:g} are the same"
    return ""


def _whole(expr: Expr, bench: Bench) -> bool:
    """Whether every value is a count of things."""
    match expr:
        case Paren():
            return _whole(expr.expr, bench)
        case Aggregate():
            return expr.op in ("count", "group") or (expr.op in _FOLDS and _whole(expr.expr, bench))
        case Call():
            return expr.func in _COUNTS
        case VectorSelector():
            series = bench.known.get(expr.name)
            return series is not None and series.unit == COUNT and series.type in ("gauge", "counter")
        case _:
            return False


def overruled(tree: Expr, node: Binary, bench: Bench, alert: str) -> str:
    """Why a comparison at the root of a recording may let its threshold through: the alert wants more than that."""
    root = tree
    while isinstance(root, Paren):
        root = root.expr
    edge = number_of(node.rhs)
    if root is not node or edge is None:
        return ""
    rules = [rule for group in bench.needed(alert) for rule in group.rules]
    names = {rule.record for rule in rules if isinstance(rule, RecordingRule) and parse(rule.expr) == tree}
    readers = [rule for rule in rules if any(name in names for name in reads(rule))]
    for rule in readers:
        wanted = comparison(parse(rule.expr))
        once = sum(name in names for name in reads(rule)) == 1
        read = isinstance(wanted.expr, VectorSelector) and wanted.expr.name in names
        if not (isinstance(rule, AlertingRule) and once and read and _beyond(wanted, node.op, edge)):
            return ""
    return f"they differ at {edge:g} alone, which the alert does not want anyway" if readers else ""


def _beyond(wanted: Comparison, op: str, edge: float) -> bool:
    """Whether an alert fires only at values on the far side of an edge."""
    if op in (">", ">="):
        return wanted.op in (">", ">=") and (wanted.number > edge or (wanted.number == edge and wanted.op == ">"))
    return wanted.op in ("<", "<=") and (wanted.number < edge or (wanted.number == edge and wanted.op == "<"))
