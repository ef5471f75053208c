"""A query looks at the state of an alert that nobody defines, so it finds nothing.

``ALERTS{alertname="…"}`` is how one rule or panel builds on another alert. When that is renamed or removed, nothing
complains: the query is empty from then on.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.promql.ast import VectorSelector
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_STATES: Final = ("ALERTS", "ALERTS_FOR_STATE")


def find(facts: Facts) -> Iterator[Finding]:
    """Matchers of ``alertname`` that no alert of the files satisfies."""
    names = {alert.name for alert in facts.alerts}
    for query in facts.queries:
        for node in walk(query.tree):
            if not isinstance(node, VectorSelector) or node.name not in _STATES:
                continue
            for matcher in node.matchers:
                positive = matcher.name == "alertname" and matcher.op in ("=", "=~")
                if positive and not any(matcher.matches(name) for name in names):
                    yield CHECK.finding(
                        query.at(node),
                        query.owner,
                        f"no alert satisfies {{{matcher}}}, so {node.name} has nothing to find",
                        f"name an alert that is defined{nearest(matcher.value, names)}",
                        certain=facts.complete,
                    )


CHECK = Check(
    code="unknown-alert",
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
        labels: {severity: high}
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
      - alert: ManyShopsDown
        expr: count(ALERTS{alertname="ShopIsDown", alertstate="firing"}) > 3  # <-
        labels: {severity: critical}
        annotations: {summary: "Many shops do not answer"}
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
        labels: {severity: high}
        annotations: {summary: "The shop at {{ $labels.instance }} does not answer"}
      - alert: ManyShopsDown
        expr: count(ALERTS{alertname="ShopDown", alertstate="firing"}) > 3
        labels: {severity: critical}
        annotations: {summary: "Many shops do not answer"}
""",
    ),
)
