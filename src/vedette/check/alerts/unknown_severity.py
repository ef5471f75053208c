"""An alert has a severity that nobody else uses, so no route is waiting for it.

Vedette knows ``critical`` (page now), ``high`` (within 5 minutes), ``medium`` (within 15) and ``low`` (hourly
digest); ``page``, ``warning`` and ``info`` of other rule files are read as critical, high and low, and ``none`` as no
message at all. A typing mistake here is silent: the alert fires, and the default route takes it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from vedette.catalog import SEVERITIES
from vedette.check.check import Check, Example
from vedette.check.finding import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_FOREIGN: Final = ("page", "warning", "info", "none")


def find(facts: Facts) -> Iterator[Finding]:
    """Severities outside both lists. One that is nearly right is worth a warning."""
    known = (*SEVERITIES, *_FOREIGN)
    for alert in facts.alerts:
        text = alert.labels.get("severity")
        if text is None or "{{" in text.value or text.value in known:
            continue
        near = get_close_matches(text.value.lower(), known, n=1)
        place = text.locate(0)
        yield CHECK.finding(
            place,
            alert.subject,
            f"its severity {text.value!r} is none of {', '.join(SEVERITIES)}",
            f"write {near[0]!r}" if near else f"write one of {', '.join(SEVERITIES)}",
            level="warning" if near else None,
            edit=Edit(place, text.value, near[0]) if near else None,
        )


CHECK = Check(
    code="unknown-severity",
    about="alerts",
    level="note",
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
        labels:
          severity: critcal  # <-
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
        labels:
          severity: critical
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
""",
    ),
)
