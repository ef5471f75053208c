"""An alert has no summary: whoever is woken by it reads its name and has to guess the rest.

The summary is the one line that notifications, phones and lists show. It says what is wrong, of what, in the words of
the service: "Half of the checkouts of shop fail", not "High error rate detected".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_INSTEAD = ("description", "message", "title")


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts without the annotation; with a description in its place it is worth a note."""
    for alert in facts.alerts:
        if "summary" in alert.annotations and alert.annotations["summary"].value.strip():
            continue
        instead = next((name for name in _INSTEAD if name in alert.annotations), None)
        yield CHECK.finding(
            alert.place,
            alert.subject,
            "it has no summary" if instead is None else f"it has no summary, only the annotation {instead!r}",
            "add the annotation 'summary': one line that says what is wrong, and of what",
            level=None if instead is None else "note",
        )


CHECK = Check(
    code="missing-summary",
    about="alerts",
    level="warning",
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
        labels: {severity: critical}
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
