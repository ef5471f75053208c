"""An alert fires all the time: one part of its query yields something whatever is stored.

``… or vector(0)`` is right on a graph, where it draws a line at zero; in an alert it is one more series, and each
series is an alert, its value notwithstanding. An alert that is only ``vector(1)`` is meant to fire for ever (a dead
man's switch) and is left alone.
https://prometheus.io/docs/practices/alerting/#metamonitoring
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import outcomes, quoted, value
from vedette.check.check import Check, Example
from vedette.promql.ast import Call, Paren

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Parts of alerts that are always there."""
    for alert in facts.alerts:
        if _switch(alert.query.tree) or not any(branch.always for branch in alert.query.flow.branches):
            continue
        for part in outcomes(alert.query.tree):
            always = next((one.always for one in alert.query.flow.of(part) if one.empty is None and one.always), None)
            if always is not None:
                yield CHECK.finding(
                    alert.query.at(part),
                    alert.subject,
                    f"{quoted(alert.query, part)} always yields something, so the alert never stops: {always.text}",
                    "take that part away, or compare the whole with a number",
                )


def _switch(tree: Expr) -> bool:
    """Whether a query is a number and nothing else."""
    match tree:
        case Paren():
            return _switch(tree.expr)
        case Call(func="vector"):
            return value(tree.args[0]) is not None
        case _:
            return value(tree) is not None


CHECK = Check(
    code="always-firing",
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
        expr: sum(rate(shop_errors_total[5m])) > 1 or vector(0)  # <-
        for: 5m
        labels: {severity: high}
        annotations: {summary: "The shop has errors"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: (sum(rate(shop_errors_total[5m])) or vector(0)) > 1
        for: 5m
        labels: {severity: high}
        annotations: {summary: "The shop has errors"}
""",
    ),
)
