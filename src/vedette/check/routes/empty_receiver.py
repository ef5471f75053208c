"""A receiver gets alerts and has nothing to send them with: nobody is told.

A name alone is a receiver to Alertmanager. Alerts that end there show on its page and nowhere else. That is fine where
it is meant, and then the name should say so (``null``, ``blackhole``); a ``default`` or ``critical`` of this kind is a
hole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import at, integrations, is_meant_for_nobody, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.routing import Node

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Receivers without integrations at the end of a route that can get something."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        empty = {one.name for one in routing.value.receivers if not integrations(one)}
        getting: dict[str, Node] = {}
        for node in nodes(routing):
            below = [child.route.matchers for child in node.children]
            if node.receiver in empty and not node.dead and not node.scope.covered(below):
                getting.setdefault(node.receiver, node)
        for receiver in routing.value.receivers:
            node_of = getting.get(receiver.name)
            if node_of is not None and not is_meant_for_nobody(receiver.name):
                yield CHECK.finding(
                    at(routing, receiver, "name"),
                    f"receiver {receiver.name}",
                    f"{node_of.name} sends alerts to {receiver.name!r}, which has no integration: nobody is told",
                    "write how it tells, such as 'email_configs:'; if nobody should be told, call it 'null'",
                )


CHECK = Check(
    code="empty-receiver",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: default
receivers:
  - name: default  # <-
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: default
  routes:
    - matchers: [alertname="Watchdog"]
      receiver: "null"
receivers:
  - name: default
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: "null"
""",
    ),
)
