"""The same alert stands there twice: whoever is told is told twice, or a silence on one leaves the other.

Same name, same labels, same query. Within one group Prometheus refuses it; across groups and files it takes both. The
same name with another severity and another threshold is usual, and no duplicate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts that are equal to one before them."""
    first: dict[tuple[str, tuple[tuple[str, str], ...], Expr], Alert] = {}
    for alert in facts.alerts:
        labels = tuple(sorted((name, text.value) for name, text in alert.labels.items()))
        other = first.setdefault((alert.name, labels, alert.query.tree), alert)
        if other is not alert:
            yield CHECK.finding(
                alert.place,
                alert.subject,
                f"it is already defined with the same labels and the same query in {other.place}",
                "keep one of the two, or give them labels that tell them apart",
            )


CHECK = Check(
    code="duplicate-alert",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
  - name: more
    rules:
      - alert: ShopDown  # <-
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "The shop at {{ $labels.instance }} is down"}
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
        for: 1m
        labels: {severity: high}
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
  - name: more
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "The shop at {{ $labels.instance }} is down"}
""",
    ),
)
