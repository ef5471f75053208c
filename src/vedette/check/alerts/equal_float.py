"""A computed number is compared with ``==``: it will hardly ever be exactly that.

Rates, averages, quantiles and quotients are fractions: 0.1 is met by 0.1000000001 and missed. ``increase`` is
estimated too and gives 1.0345 where one thing happened. Zero is exact, and may be asked for.
https://prometheus.io/docs/prometheus/latest/querying/functions/#increase
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import Comparison, comparisons, quoted
from vedette.check.check import Check, Example
from vedette.promql.ast import Aggregate, Binary, Call, Expr, Paren, Unary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_ESTIMATED: Final = frozenset(
    ("rate", "irate", "increase", "delta", "deriv", "predict_linear", "histogram_quantile", "stddev_over_time")
)
_AVERAGED: Final = frozenset(("avg_over_time", "quantile_over_time", "avg", "quantile", "stddev"))


def find(facts: Facts) -> Iterator[Finding]:
    """Equality with what is estimated, and with a fraction of what is divided or averaged."""
    for alert in facts.alerts:
        for comparison in comparisons(alert.query.tree):
            if comparison.op in ("==", "!=") and comparison.number and _inexact(comparison.tested, comparison):
                result = "hardly ever true" if comparison.op == "==" else "nearly always true"
                yield CHECK.finding(
                    alert.query.at(comparison.node),
                    alert.subject,
                    f"{quoted(alert.query, comparison.node)} is {result}, as the left side is computed and comes close "
                    "to a number without being it",
                    "compare with > or <, or round it first",
                )


def _inexact(tested: Expr, comparison: Comparison) -> bool:
    whole = comparison.number == int(comparison.number) if abs(comparison.number) < 1e15 else True
    match tested:
        case Paren() | Unary():
            return _inexact(tested.expr, comparison)
        case Call():
            return tested.func in _ESTIMATED or (tested.func in _AVERAGED and not whole)
        case Aggregate(op="sum" | "min" | "max" | "topk" | "bottomk"):
            return _inexact(tested.expr, comparison)
        case Aggregate():
            return tested.op in _AVERAGED and not whole
        case Binary(op="/"):
            return not whole
        case Binary(op="+" | "-" | "*"):
            return _inexact(tested.lhs, comparison) or _inexact(tested.rhs, comparison)
        case _:
            return False


CHECK = Check(
    code="equal-float",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopRestarted
        expr: increase(shop_restarts_total[5m]) == 1  # <-
        labels: {severity: low}
        annotations: {summary: "{{ $labels.instance }} was started again"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopRestarted
        expr: increase(shop_restarts_total[5m]) > 0
        labels: {severity: low}
        annotations: {summary: "{{ $labels.instance }} was started again"}
""",
    ),
)
