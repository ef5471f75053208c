"""An alert uses irate(), which looks at the last two samples only: one quiet scrape resets ``for``.

``irate`` is for graphs of what moves fast. In an alert a short dip makes the pending alert start from the beginning,
and a short peak makes it fire; ``rate`` over the same window sees all samples.
https://prometheus.io/docs/prometheus/latest/querying/functions/#irate
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import quoted
from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.promql.ast import Call
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Calls of irate() in alerts."""
    for alert in facts.alerts:
        for node in walk(alert.query.tree):
            if isinstance(node, Call) and node.func == "irate":
                place = alert.query.at(node)
                yield CHECK.finding(
                    place,
                    alert.subject,
                    f"{quoted(alert.query, node)} looks at two samples only, so one quiet scrape "
                    f"{'starts `for` again' if alert.for_ else 'ends the alert'}",
                    "write rate in place of irate",
                    edit=Edit(place, "irate", "rate"),
                )


CHECK = Check(
    code="irate-in-alert",
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
        expr: sum by (job) (irate(shop_errors_total[5m])) > 1  # <-
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
