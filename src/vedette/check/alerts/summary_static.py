"""The texts of an alert do not say of what: it fires once for each of several series, and all read the same.

A query by ``job`` fires once for every job that is ill. When no text names the label, five notifications arrive with
the same words, and whoever reads them must open each to learn which is which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import possible
from vedette.check.alerts._texts import annotation_texts, place_of
from vedette.check.check import Check, Example
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_MOST_NAMED: Final = 4


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts whose annotations use no label although their series have some that differ."""
    for alert in facts.alerts:
        if not alert.annotations:
            continue  # `missing-summary` tells
        written = list(annotation_texts(alert))
        if len(written) < len(alert.annotations):
            continue  # `template-syntax` tells of what cannot be read, which may well say it
        if any(one.uses.labels or one.uses.all_labels for one in written):
            continue
        names = _differing(alert)
        if names:
            key = "annotations.summary" if "summary" in alert.annotations else "annotations"
            shown = ", ".join(names[:_MOST_NAMED])
            yield CHECK.finding(
                place_of(alert, key),
                alert.subject,
                f"it fires once for each {shown}, and no text says which",
                f"name it in the summary: {{{{ $labels.{names[0]} }}}}",
            )


def _differing(alert: Alert) -> list[str]:
    """Labels that the query groups by, and that its matchers do not fix to one value."""
    found: dict[str, None] = {}
    for branch in possible(alert.query):
        if branch.always is not None or not branch.labels.closed:
            continue
        for name, label in branch.labels.named.items():
            one_value = label.values is not None and len(label.values) == 1
            if name != NAME and label.state != "never" and not one_value:
                found[name] = None
    return list(found)


CHECK = Check(
    code="summary-static",
    about="alerts",
    level="note",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: sum by (job) (rate(shop_errors_total[5m])) > 1
        for: 5m
        labels: {severity: high}
        annotations:
          summary: Orders fail  # <-
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
        annotations:
          summary: Orders of {{ $labels.job }} fail
""",
    ),
)
