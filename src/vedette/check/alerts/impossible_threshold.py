"""A comparison that can never be true: the alert is there, is green, and cannot fire.

A share of a whole is never above 1, so ``> 5`` for "five per cent" never happens; ``up`` is 0 or 1; a quantile is
never above the largest bucket of its histogram, however slow the service is. Nobody notices an alert that is silent
until it is missed.
https://prometheus.io/docs/practices/histograms/#errors-of-quantile-estimation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import Comparison, comparisons, in_queries, quoted, shown_range
from vedette.check.alerts.unreachable_burn_rate import burn_factors
from vedette.check.check import Check, Example
from vedette.check.reading import source
from vedette.promql.ast import Aggregate, Paren
from vedette.promql.flow import RATIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "excludes", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Comparisons with a number that what is known of the values excludes."""
    yield from in_queries(facts, _query)


def _query(_facts: Facts, query: Query) -> Iterator[Finding]:
    for comparison in comparisons(query.tree):
        if burn_factors(comparison) is not None:
            continue  # `unreachable-burn-rate` tells
        branches = [branch for branch in query.flow.of(comparison.tested) if branch.empty is None]
        never = [branch for branch in branches if excludes(comparison, branch)]
        if not branches or len(never) < len(branches):
            continue
        certain = all(branch.certain for branch in never)
        yield CHECK.finding(
            query.at(comparison.node),
            query.owner,
            f"{quoted(query, comparison.node)} is never true: {_why(query, comparison, never[0])}",
            _fix(query, comparison, never[0]),
            certain=certain,
            level="error" if certain else "warning",
        )


def excludes(comparison: Comparison, branch: Branch) -> bool:
    """Whether no value of the branch satisfies it."""
    number = comparison.number
    match comparison.op:
        case ">":
            return branch.high <= number
        case ">=":
            return branch.high < number
        case "<":
            return branch.low >= number
        case "<=":
            return branch.low > number
        case "==":
            return not branch.low <= number <= branch.high
        case _:
            return branch.low == branch.high == number


def _why(query: Query, comparison: Comparison, branch: Branch) -> str:
    told = f"{quoted(query, comparison.tested)} is {shown_range(branch.low, branch.high)}"
    if branch.bounds and branch.high == branch.bounds[-1]:
        return f"{told}, as the largest bucket ends there"
    if branch.unit == RATIO and (branch.low, branch.high) == (0.0, 1.0):
        return f"{told}, as it is a share of a whole"
    known = next((one.why for one in branch.series if one.why), "")
    return f"{told} ({known})" if known and len(branch.series) == 1 else told


def _fix(query: Query, comparison: Comparison, branch: Branch) -> str:
    number, tested = comparison.number, comparison.tested
    while isinstance(tested, Paren):
        tested = tested.expr
    if isinstance(tested, Aggregate) and tested.op in ("count", "group"):
        return f"where nothing is there, nothing is counted: write absent({source(query, tested.expr)})"
    if branch.low == branch.high:
        instead = "count the series with count(…)" if isinstance(tested, Aggregate) else "leave the comparison away"
        return f"its values are all {branch.low:g}: {instead}"
    if branch.bounds and number >= branch.bounds[-1]:
        return f"compare with less than {branch.bounds[-1]:g}, or give the histogram larger buckets"
    if (branch.low, branch.high) == (0.0, 1.0) and 1 < number <= 100:
        return f"write {number / 100:g} for {number:g} %"
    return f"compare with what it can be: it is {shown_range(branch.low, branch.high)}"


CHECK = Check(
    code="impossible-threshold",
    about="alerts",
    level="error",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum(rate(shop_orders_total{result="failed"}[5m])) / sum(rate(shop_orders_total[5m])) > 5  # <-
        for: 5m
        labels: {severity: high}
        annotations: {summary: "More than 5 % of the orders fail"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum(rate(shop_orders_total{result="failed"}[5m])) / sum(rate(shop_orders_total[5m])) > 0.05
        for: 5m
        labels: {severity: high}
        annotations: {summary: "More than 5 % of the orders fail"}
""",
    ),
)
