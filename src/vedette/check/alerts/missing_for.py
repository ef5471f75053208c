"""An alert fires on a single bad sample, as it has no ``for`` and looks at the latest sample only.

One scrape that fails, one restart, one peak, and somebody is woken for what is over before they look. ``for: 5m``
waits until it has lasted; a window (``avg_over_time(…[5m])``) does the same. Off unless you ask for it: what must
never happen even once needs no ``for``.
https://prometheus.io/docs/practices/alerting/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import comparisons, quoted
from vedette.check.check import Check, Example
from vedette.promql.ast import MatrixSelector, Subquery
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts without ``for`` whose query has a comparison and no range."""
    for alert in facts.alerts:
        if alert.for_ or any(isinstance(node, MatrixSelector | Subquery) for node in walk(alert.query.tree)):
            continue
        comparison = next(comparisons(alert.query.tree), None)
        if comparison is not None:
            yield CHECK.finding(
                alert.query.at(comparison.node),
                alert.subject,
                f"{quoted(alert.query, comparison.node)} looks at the latest sample, and without `for` one bad one is "
                "enough",
                "add for: 5m, or look at a window, as in avg_over_time(…[5m])",
                certain=False,
            )


CHECK = Check(
    code="missing-for",
    about="alerts",
    level="note",
    find=find,
    on=False,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: shop_queue_length > 100  # <-
        labels: {severity: high}
        annotations: {summary: "The queue of {{ $labels.instance }} is long"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: shop_queue_length > 100
        for: 5m
        labels: {severity: high}
        annotations: {summary: "The queue of {{ $labels.instance }} is long"}
""",
    ),
)
