"""A comparison that is always true: the alert fires for every series there is.

The rate of a counter is never negative, so ``>= 0`` holds back nothing; neither does ``<= 1`` on a share of a whole.
Mostly the sign is the wrong way round, or ``>`` was meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import Comparison, comparisons, outcomes, quoted, shown_range
from vedette.check.check import Check, Example
from vedette.promql.ast import Binary, Paren
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "find"]

_USUAL: Final = frozenset((NAME, "job", "instance"))
"""Matchers of these pick targets, not states."""


def find(facts: Facts) -> Iterator[Finding]:
    """Comparisons that an alert's own series come from, and that no possible value fails."""
    for alert in facts.alerts:
        query = alert.query
        own = {id(node) for part in outcomes(query.tree) for node in _deciding(part)}
        for comparison in comparisons(query.tree):
            if id(comparison.node) not in own:
                continue
            branches = [branch for branch in query.flow.of(comparison.tested) if branch.empty is None]
            if branches and all(_holds(comparison, branch) and not _chosen(branch) for branch in branches):
                one = branches[0]
                certain = all(branch.certain for branch in branches)
                yield CHECK.finding(
                    query.at(comparison.node),
                    alert.subject,
                    f"{quoted(query, comparison.node)} is always true: {quoted(query, comparison.tested)} is "
                    f"{shown_range(one.low, one.high)}",
                    _fix(comparison, one),
                    certain=certain,
                    level="error" if certain else "warning",
                )


def _deciding(part: Expr) -> Iterator[Expr]:
    """The comparison that a part is, and those it is made of one after another: ``a > 1 < 5``."""
    while isinstance(part, Paren):
        part = part.expr
    yield part
    if isinstance(part, Binary):
        for side in (part.lhs, part.rhs):
            if isinstance(side, Binary | Paren):
                yield from _deciding(side)


def _chosen(branch: Branch) -> bool:
    """Whether there being a series says something already: it was picked, or counts what was picked."""
    picked = any(matcher.name not in _USUAL for selector in branch.selectors for matcher in selector.matchers)
    return bool(branch.conditions) or branch.type == "info" or (picked and branch.low > 0)


def _holds(comparison: Comparison, branch: Branch) -> bool:
    number = comparison.number
    match comparison.op:
        case ">":
            return branch.low > number
        case ">=":
            return branch.low >= number
        case "<":
            return branch.high < number
        case "<=":
            return branch.high <= number
        case "==":
            return branch.low == branch.high == number
        case _:
            return not branch.low <= number <= branch.high


def _fix(comparison: Comparison, branch: Branch) -> str:
    if comparison.op == ">=" and comparison.number == branch.low:
        return f"write > {comparison.number:g}"
    if comparison.op == "<=" and comparison.number == branch.high:
        return f"write < {comparison.number:g}"
    return "turn the comparison round, or compare with a number that some values pass and others do not"


CHECK = Check(
    code="threshold-always-true",
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
        expr: sum by (job) (rate(shop_errors_total[5m])) >= 0  # <-
        for: 5m
        labels: {severity: high}
        annotations: {summary: "Errors of {{ $labels.job }}"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum by (job) (rate(shop_errors_total[5m])) > 0
        for: 5m
        labels: {severity: high}
        annotations: {summary: "Errors of {{ $labels.job }}"}
""",
    ),
)
