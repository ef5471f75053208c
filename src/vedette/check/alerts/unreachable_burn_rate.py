"""A burn rate asks for more errors than there are requests: the alert of this objective can never fire.

An alert on a budget fires when errors come ``factor`` times as fast as the budget allows: ``error ratio > factor * (1
- objective)``. With an objective of 90 % the usual factor 14.4 asks for 144 % errors. The lower the objective, the
smaller the factor must be.
https://sre.google/workbook/alerting-on-slos/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import Comparison, comparisons, quoted, value
from vedette.check.check import Check, Example
from vedette.promql.ast import Binary, Expr, Paren
from vedette.promql.flow import RATIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "burn_factors", "find"]

_LARGEST_BUDGET: Final = 0.5
_LARGEST_FACTOR: Final = 100.0
"""Ten times more than anybody burns: what is beyond is a product of another kind."""


def find(facts: Facts) -> Iterator[Finding]:
    """Ratios compared with a product above 1."""
    for alert in facts.alerts:
        for comparison in comparisons(alert.query.tree):
            factors = burn_factors(comparison)
            if factors is None or comparison.number <= 1:
                continue
            branches = [one for one in alert.query.flow.of(comparison.tested) if one.empty is None]
            if not branches or not all(_is_share(branch) for branch in branches):
                continue
            certain = all(branch.certain and branch.high <= 1 for branch in branches)
            factor, budget = factors
            yield CHECK.finding(
                alert.query.at(comparison.node),
                alert.subject,
                f"{quoted(alert.query, comparison.written)} is {comparison.number:g}, and no more than all requests "
                f"can fail, so it never fires: with a budget of {budget:g} the factor is less than {1 / budget:.3g}",
                f"take a smaller factor than {factor:g}, with a longer window, or raise the objective",
                certain=certain,
                level="error" if certain else "warning",
            )


def _is_share(branch: Branch) -> bool:
    """Whether its values are shares of a whole, as far as bounds, units and names tell."""
    if branch.high <= 1 or branch.unit == RATIO:
        return True
    names = " ".join(selector.name for selector in branch.selectors)
    return branch.unit is None and re.search(r"ratio|error_rate|error_share|slo|sli", names) is not None


def burn_factors(comparison: Comparison) -> tuple[float, float] | None:
    """Factor and budget, where a threshold is a product of both: ``14.4 * (1 - 0.9)``."""
    written: Expr = comparison.written
    while isinstance(written, Paren):
        written = written.expr
    if not isinstance(written, Binary) or written.op != "*" or comparison.op not in (">", ">="):
        return None
    numbers = sorted(number for side in (written.lhs, written.rhs) if (number := value(side)) is not None)
    if len(numbers) != 2 or not 0 < numbers[0] <= _LARGEST_BUDGET or not 1 < numbers[1] <= _LARGEST_FACTOR:
        return None
    return numbers[1], numbers[0]


CHECK = Check(
    code="unreachable-burn-rate",
    about="alerts",
    level="error",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrorBudgetBurn
        expr: shop:failed_orders:ratio_rate1h > 14.4 * (1 - 0.9)  # <-
        labels: {severity: critical}
        annotations: {summary: "The shop's errors use up its budget"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrorBudgetBurn
        expr: shop:failed_orders:ratio_rate1h > 14.4 * (1 - 0.999)
        labels: {severity: critical}
        annotations: {summary: "The shop's errors use up its budget"}
""",
    ),
)
