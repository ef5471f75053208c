"""An alert's name is not CamelCase, so it does not look like the others in lists, routes and silences.

Names of alerts are written ``ShopDown``: one word, capitals, no spaces. People type them into silences and matchers,
and runbooks are filed under them.
https://prometheus.io/docs/practices/alerting/#naming
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.alerts._texts import place_of
from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)


def find(facts: Facts) -> Iterator[Finding]:
    """Names that are not one word in CamelCase."""
    for alert in facts.alerts:
        if _NAME.fullmatch(alert.name) is None:
            yield CHECK.finding(
                place_of(alert, "alert"),
                alert.subject,
                f"the name {alert.name!r} is not CamelCase",
                f"call it {_camel(alert.name)!r}, and change silences and routes that name it",
            )


def _camel(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[0].upper() + word[1:] for word in words).lstrip("0123456789") or "ShopDown"


CHECK = Check(
    code="alert-name",
    about="alerts",
    level="note",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: shop is down  # <-
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
      - alert: ShopIsDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
""",
    ),
)
