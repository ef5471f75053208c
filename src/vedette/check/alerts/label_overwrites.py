"""A label of the rule replaces one that the series have, so that alerts of several become one or name the wrong thing.

The labels of a rule win over those of its query. ``job: shop`` on a query by ``job`` makes every alert say shop;
where two series differ only in that label, Prometheus has the same alert twice and refuses to evaluate the rule.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.alerts._conditions import possible
from vedette.check.alerts._texts import label_texts
from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.alerts._texts import Written
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "find"]

_ON_EVERY_TARGET: Final = ("job", "instance")
"""Every series that is scraped has these, where no aggregation has dropped them."""


def find(facts: Facts) -> Iterator[Finding]:
    """Fixed labels of rules that the query has as well, with another value or several."""
    for alert in facts.alerts:
        branches = possible(alert.query)
        for written in label_texts(alert):
            value = written.text.value
            if any(use.name == written.name for use in written.uses.labels) or not value:
                continue
            known = _has(written, branches)
            if known is None:
                continue
            yield CHECK.finding(
                alert.places.get(f"labels.{written.name}", written.text.locate(0)),
                alert.subject,
                f"the label {written.name!r} of the rule, {value!r}, replaces the one that the query's series have",
                f"choose another name, or keep the series' own: {written.name}: '{{{{ $labels.{written.name} }}}}'",
                certain=known,
            )


def _has(written: Written, branches: Sequence[Branch]) -> bool | None:
    """Whether the query has the label for certain (True) or probably (False); None where nothing says so."""
    name, value = written.name, written.text.value
    found = [branch.labels.get(name) for branch in branches]
    if not found or any(label.values == frozenset({value}) for label in found):
        return None
    asked = any(branch.labels.closed and branch.labels.get(name).state != "never" for branch in branches)
    if asked or any(label.state == "always" for label in found):
        return True
    maybe = any(label.state == "maybe" for label in found)
    return False if maybe and name in _ON_EVERY_TARGET else None


CHECK = Check(
    code="label-overwrites",
    about="alerts",
    level="warning",
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
        labels:
          severity: high
          job: shop  # <-
        annotations: {summary: "Errors of {{ $labels.job }}"}
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
        labels:
          severity: high
          area: shop
        annotations: {summary: "Errors of {{ $labels.job }}"}
""",
    ),
)
