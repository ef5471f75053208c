"""Alerts of one severity have no route of their own and end at the root, while other severities do have one.

Then they share the timing and the receiver that were meant for the rest. Often the rules say ``page`` where the routes
say ``critical``, so that what should wake somebody goes to a mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.routing import ends, is_quoted, listed_names, tree
from vedette.formats.alertmanager import render_matcher
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Severities all of whose alerts stay at the root."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        root = tree(routing.value)
        values = {value for node in root.walk() if not node.dead for value in node.scope.get("severity").only or ()}
        meant = {value[1:-1] for value in values if is_quoted(value)}
        routed = sorted(value for value in values if value and not is_quoted(value))
        if not routed:
            continue
        at_root: dict[str, list[Alert]] = {}
        elsewhere: set[str] = set()
        for told in ends(facts, root):
            severity = told.alert.labels.get("severity")
            if severity is not None and severity.value and "{{" not in severity.value:
                if told.nodes == (root,):
                    at_root.setdefault(severity.value, []).append(told.alert)
                else:
                    elsewhere.add(severity.value)
        for severity_, alerts in at_root.items():
            if severity_ not in elsewhere | meant:
                near = nearest(severity_, routed)
                yield CHECK.finding(
                    alerts[0].labels["severity"].place,
                    alerts[0].subject,
                    f"no route is for the severity {severity_!r}, so what stays at the root is "
                    f"{listed_names(one.name for one in alerts)}; routes are for {', '.join(routed)}{near}",
                    f"write a route with {render_matcher(Matcher('severity', '=', severity_))}, "
                    "or a severity that has one",
                )


CHECK = Check(
    code="severity-without-route",
    about="routes",
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
          severity: page  # <-
""",
        beside=(
            Example(
                "alertmanager.yml",
                """\
route:
  receiver: mail
  routes:
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: mail
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
            ),
        ),
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
""",
        beside=(
            Example(
                "alertmanager.yml",
                """\
route:
  receiver: mail
  routes:
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: mail
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
            ),
        ),
    ),
)
