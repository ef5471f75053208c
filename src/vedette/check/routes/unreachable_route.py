"""No alert can satisfy a route: its matchers contradict each other, or those of a route above it.

An alert comes to a route only through all those above it, so it must satisfy all their matchers too. ``severity="low"``
below ``severity="critical"`` never gets anything. It comes to be when routes are moved, or indented too far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.matching import Scope
from vedette.check.routing import at, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.routing import Node
    from vedette.promql.labels import Matcher

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Routes whose scope is empty while that of the route above is not."""
    for routing in facts.routing:
        for node in nodes(routing):
            label = node.scope.clash
            if not label or (node.parent is not None and node.parent.dead):
                continue
            shown = [str(one) for one in _matchers(node, label)]
            above = node.route.matchers and not Scope().narrowed(node.route.matchers).clash
            where = "with the routes above it, " if above else ""
            yield CHECK.finding(
                at(routing, node.route, "matchers", "match", "match_re"),
                node.name,
                f"{where}it asks for {' and '.join(shown)}, which no alert is at once",
                "move it out of the route above" if above else f"correct what it asks of the label {label!r}",
            )


def _matchers(node: Node, label: str) -> list[Matcher]:
    """What is asked of a label on the way from the root to here."""
    above = _matchers(node.parent, label) if node.parent else []
    return list(dict.fromkeys([*above, *(one for one in node.route.matchers if one.name == label)]))


CHECK = Check(
    code="unreachable-route",
    about="routes",
    level="error",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical"]
      receiver: pager
      routes:
        - matchers: [severity="low"]  # <-
          receiver: digest
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
  - name: digest
    webhook_configs: [{url: "http://chat.shop.example/digest"}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical"]
      receiver: pager
    - matchers: [severity="low"]
      receiver: digest
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
  - name: digest
    webhook_configs: [{url: "http://chat.shop.example/digest"}]
""",
    ),
)
