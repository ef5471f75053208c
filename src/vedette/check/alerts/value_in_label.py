"""A label of the alert holds the value, so every evaluation makes a new alert and forgets the one before.

An alert is known by its labels. When one of them is the value, it is another alert as soon as the value moves:
``for`` starts again and again and never ends, or everybody is notified anew each time. The value belongs into an
annotation.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#templating
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._texts import label_texts
from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Labels that print the value."""
    for alert in facts.alerts:
        for written in label_texts(alert):
            for use in written.uses.values[:1]:
                ends = "never reach its `for`" if alert.for_ else "be a new one"
                yield CHECK.finding(
                    written.text.locate(use.offset),
                    alert.subject,
                    f"{written} holds the value: whenever that changes it is another alert, and will {ends}",
                    f"move {written.name!r} to the annotations",
                )


CHECK = Check(
    code="value-in-label",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: shop_queue_length > 100
        for: 5m
        labels:
          severity: high
          length: "{{ $value }}"  # <-
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
        labels:
          severity: high
        annotations: {summary: "The queue of {{ $labels.instance }} has {{ $value }} entries"}
""",
    ),
)
