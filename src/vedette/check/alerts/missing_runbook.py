"""An alert does not say what to do: it has no link to a runbook.

At night nobody remembers. A runbook says what the alert means, what its users notice, where to look and what helps;
the annotation ``runbook_url`` puts it one click away. Off unless you ask for it, as most rule files have none.
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
    """Alerts without an annotation that begins with ``runbook``, and without a runbook of their name."""
    written = {runbook.alert for runbook in facts.runbooks if runbook.written}
    for alert in facts.alerts:
        if alert.name in written or (
            not facts.runbooks and any(key.startswith("runbook") for key in alert.annotations)
        ):
            continue
        yield CHECK.finding(
            alert.place,
            alert.subject,
            "nobody has written a runbook for it",
            "write one, and name it in the alert: runbook= in a declaration, the annotation 'runbook_url' in a file",
        )


CHECK = Check(
    code="missing-runbook",
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
          runbook_url: https://wiki.example.com/shop-down
""",
    ),
)
