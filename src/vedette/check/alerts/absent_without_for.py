"""absent() fires at once when a single scrape fails, or when Prometheus itself has just started.

A series is gone as soon as one scrape of it fails, and none is there in the moments after a start. ``absent(…)``
without ``for`` turns each of these into an alert. With ``for: 5m``, or as ``absent_over_time(…[5m])``, it must be
missing for a while.
https://prometheus.io/docs/prometheus/latest/querying/functions/#absent
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import outcomes, quoted
from vedette.check.check import Check, Example
from vedette.promql.ast import Binary, Call, Paren

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts without ``for`` that consist of absent(), perhaps beside others."""
    for alert in facts.alerts:
        if alert.for_:
            continue
        for part in outcomes(alert.query.tree):
            call = absent_call(part)
            if call is not None:
                yield CHECK.finding(
                    alert.query.at(call),
                    alert.subject,
                    f"{quoted(alert.query, call)} without `for` fires on one scrape that fails, and at every start of "
                    "Prometheus",
                    "add for: 5m, or ask with absent_over_time(…[5m])",
                )
                break


def absent_call(part: Expr) -> Call | None:
    """The absent() that a part of a query is, perhaps compared with a number."""
    match part:
        case Call(func="absent"):
            return part
        case Paren():
            return absent_call(part.expr)
        case Binary(bool_=False):
            return absent_call(part.lhs) or absent_call(part.rhs)
        case _:
            return None


CHECK = Check(
    code="absent-without-for",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopGone
        expr: absent(up{job="shop"})  # <-
        labels: {severity: critical}
        annotations: {summary: "No instance of {{ $labels.job }} is known"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopGone
        expr: absent(up{job="shop"})
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "No instance of {{ $labels.job }} is known"}
""",
    ),
)
