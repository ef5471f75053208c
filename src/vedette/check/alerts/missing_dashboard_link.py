"""An alert does not say where to look: it has no link to a dashboard.

The first thing anybody does on an alert is to look at the graph behind it. The annotation ``dashboard_url``, with the
alert's labels as variables, opens the right one at once. Off unless you ask for it, as most rule files have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts without an annotation that begins with ``dashboard`` or ``grafana``."""
    for alert in facts.alerts:
        if any(name.startswith(("dashboard", "grafana", "panel")) for name in alert.annotations):
            continue
        yield CHECK.finding(
            alert.place,
            alert.subject,
            "it has no link to a dashboard",
            "add the annotation 'dashboard_url', with labels as variables: …/d/shop?var-job={{ $labels.job }}",
        )


CHECK = Check(
    code="missing-dashboard-link",
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
      - alert: ShopDown  # <-
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations:
          summary: "The shop at {{ $labels.instance }} does not answer"
          dashboard_url: https://grafana.example.com/d/shop
""",
    ),
)
