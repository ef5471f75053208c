"""One idle series makes the sum of all of them NaN.

In `sum(rate(a[5m]) / rate(b[5m]))` each series is divided on its own. One that had nothing to do in these minutes is
0 / 0, which is NaN, and a sum or mean with NaN in it is NaN. No comparison with NaN is true: the alert is silent for
all because one was idle.

Divide the sums, `sum(rate(a[5m])) / sum(rate(b[5m]))`, which also gives each request the same weight, or leave idle
series out: `rate(a[5m]) / (rate(b[5m]) > 0)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import bare, known, nodes, shown
from vedette.promql.ast import Aggregate, Binary, Call, Unary
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_SPOILT: Final = frozenset({"sum", "avg", "stddev", "stdvar"})
"""The others leave NaN out, as max and min do, or have it as one series among others."""

_IDLE: Final = frozenset({"rate", "increase", "irate"})
_THROUGH: Final = frozenset({"abs", "ceil", "floor", "round", "label_replace", "label_join"})


def find(facts: Facts) -> Iterator[Finding]:
    """Every sum or mean over quotients whose denominator can be zero."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Aggregate) or node.op not in _SPOILT:
                continue
            division = _division(node.expr)
            if division is None or not _can_be_zero(query, division.rhs):
                continue
            yield CHECK.finding(
                query.at(division),
                query.owner,
                f"{shown(query, division.rhs)} is 0 for a series that is idle, 0 / 0 is NaN, and one NaN makes the "
                f"{node.op} of all NaN",
                f"divide the sums, or leave idle series out: … / ({_short(query, division.rhs)} > 0)",
            )


def _division(node: Expr) -> Binary | None:
    """The division whose result goes into an aggregation as it is."""
    node = bare(node)
    match node:
        case Unary():
            return _division(node.expr)
        case Call() if node.func in _THROUGH:
            return _division(node.args[0])
        case Binary() if node.op == "/":
            return node if node.matching is not None else _division(node.lhs)
        case Binary() if node.op in ("*", "+", "-"):
            return _division(node.lhs) or _division(node.rhs)
        case _:
            return None


def _can_be_zero(query: Query, node: Expr) -> bool:
    """Whether it is how fast a counter rises, with nothing that keeps zeros out."""
    if any(isinstance(part, Binary) for part in walk(node)):
        return False
    rises = any(isinstance(part, Call) and part.func in _IDLE for part in walk(node))
    return rises and any(branch.low <= 0 for branch in known(query, node))


def _short(query: Query, node: Expr) -> str:
    return shown(query, node).strip("`")


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job:shop_errors:ratio_rate5m
        expr: {}{}
"""

CHECK = Check(
    code="nan-in-aggregation",
    about="queries",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        _FILE.format("avg by (job) (rate(shop_errors_total[5m]) / rate(shop_orders_total[5m]))", "  # <-"),
    ),
    good=Example(
        "rules.yml",
        _FILE.format("sum by (job) (rate(shop_errors_total[5m])) / sum by (job) (rate(shop_orders_total[5m]))", ""),
    ),
)
