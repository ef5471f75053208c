"""An alert does not say how urgent it is, so routes cannot tell whether to wake somebody.

Routes send by the label ``severity``. An alert without it falls through to the default receiver, which is often a
channel that nobody reads at night, or the opposite: everybody's phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog import SEVERITIES
from vedette.check.alerts._conditions import possible
from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts where neither the rule nor the query sets the label."""
    for alert in facts.alerts:
        if "severity" in alert.labels:
            continue
        branches = possible(alert.query)
        if branches and all(branch.labels.get("severity").state == "always" for branch in branches):
            continue
        yield CHECK.finding(
            alert.place,
            alert.subject,
            "it has no label 'severity'",
            f"add the label 'severity' with one of {', '.join(SEVERITIES)}",
        )


CHECK = Check(
    code="missing-severity",
    about="alerts",
    level="note",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown  # <-
        expr: up{job="shop"} == 0
        for: 5m
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
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
""",
    ),
)
