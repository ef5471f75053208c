"""A route waits for alerts that no rule makes: none has these labels.

Either the route is misspelt (``databse``) and its alerts go elsewhere, or what it was for is gone. Where all alerts are
declared this is certain; among files it says only that none of the given ones fits, so give all rule files. Labels that
Prometheus adds to all alerts (``external_labels``) count as there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.routing import at, is_quoted, listed_names, nodes, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Routing
    from vedette.check.finding import Finding
    from vedette.check.matching import Scope
    from vedette.check.routing import Node

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Routes that could get an alert, though none of those that are known."""
    known = [scope for alert in facts.alerts for scope in scopes(facts, alert)]
    if not known:
        return
    for routing in facts.routing:
        empty: set[Node] = set()
        for node in nodes(routing):
            if node.parent in empty:
                empty.add(node)
            elif any(is_quoted(one.value) for one in node.route.matchers):
                empty.add(node)  # `quoted-matcher` tells
            elif not node.dead and all(scope.and_(node.scope).clash for scope in known):
                empty.add(node)
                yield from _found(facts, routing, node, known)


def _found(facts: Facts, routing: Routing, node: Node, known: list[Scope]) -> Iterator[Finding]:
    label = next(
        (one.name for one in node.route.matchers if all(scope.and_(node.scope).get(one.name).none for scope in known)),
        "",
    )
    values = {value for scope in known for value in scope.get(label).only or () if value} if label else set()
    wanted = next((one.value for one in node.route.matchers if one.name == label), "")
    near = nearest(wanted, values) if wanted else ""
    sure = facts.complete
    if not sure and not near and label in ("", "alertname", "severity"):
        return  # the rules of others, which are not among these files, may well make such alerts
    has = f"{label!r} is one of {listed_names(sorted(values), 5)}" if values else f"none has the label {label!r}"
    why = has if label else "none has all these labels at once"
    yield CHECK.finding(
        at(routing, node.route, "matchers", "match", "match_re"),
        node.name,
        f"no alert that is known can come here: {why}{near}",
        "correct the matcher, or remove the route",
        certain=sure,
        level=None if sure or near else "note",
    )


CHECK = Check(
    code="route-matches-nothing",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="crtical"]  # <-
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
        beside=(
            Example(
                "rules.yml",
                """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
""",
            ),
        ),
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
        beside=(
            Example(
                "rules.yml",
                """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
""",
            ),
        ),
    ),
)
