"""An alert fires for every series there is, whatever its value: its query compares nothing.

An alert fires for each series that its query yields, zero or not. ``shop_errors`` yields one for every instance all
the time; ``shop_errors > 0`` yields those that have errors. Series that exist only while something is wrong need no
comparison, but then say so to the next reader: compare with ``> 0``.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import outcomes, quoted
from vedette.check.check import Check, Example
from vedette.promql.ast import Aggregate, Binary, VectorSelector
from vedette.promql.labels import NAME
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_ALERTS: Final = ("ALERTS", "ALERTS_FOR_STATE")
_USUAL: Final = (NAME, "job", "instance")
"""Matchers of these pick targets; one of another label may pick what is there only while something is wrong."""


def find(facts: Facts) -> Iterator[Finding]:
    """Parts of alerts that come out with nothing to hold any series back."""
    for alert in facts.alerts:
        for part in outcomes(alert.query.tree):
            if not _bare(alert.query, part):
                continue
            plain = isinstance(part, VectorSelector)
            picked = plain and not facts.complete and _picked(part)
            yield CHECK.finding(
                alert.query.at(part),
                alert.subject,
                f"{quoted(alert.query, part)} is compared with nothing, so it fires for every series there is, "
                "a zero too",
                "compare it: … > 0",
                certain=not plain or facts.complete,
                level="note" if picked else None,
            )


def _picked(part: Expr) -> bool:
    return isinstance(part, VectorSelector) and any(one.name not in _USUAL for one in part.matchers)


def _bare(query: Query, part: Expr) -> bool:
    """Whether nothing in it keeps some series and drops others."""
    if any(isinstance(node, Binary) and node.bool_ for node in walk(part)):
        return False  # `bool-comparison` tells
    if any(isinstance(node, VectorSelector) and node.name in _ALERTS for node in walk(part)):
        return False
    if any(isinstance(node, Aggregate) and node.op in ("topk", "bottomk", "limitk") for node in walk(part)):
        return False
    for branch in query.flow.of(part):
        information = branch.type == "info" and isinstance(part, VectorSelector) and len(part.matchers) > 1
        if branch.empty is None and branch.always is None and not branch.conditions and not information:
            return _unconditioned(query, part)
    return False


def _unconditioned(query: Query, part: Expr) -> bool:
    """Whether it is not held back by an ``and`` or ``unless`` around it."""
    around = (node for node in walk(query.tree) if isinstance(node, Binary) and node.op in ("and", "unless"))
    return not any(node.lhs.span.start <= part.span.start and part.span.end <= node.lhs.span.end for node in around)


CHECK = Check(
    code="no-comparison",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum by (job) (rate(shop_errors_total[5m]))  # <-
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
        expr: sum by (job) (rate(shop_errors_total[5m])) > 1
        for: 5m
        labels: {severity: high}
        annotations: {summary: "Errors of {{ $labels.job }}"}
""",
    ),
)
