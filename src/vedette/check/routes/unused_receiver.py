"""A receiver is defined, and no route sends anything to it.

Whoever wrote it believes that somebody is told; nobody is. Mostly its route was removed or renamed, or was never
written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import at, is_meant_for_nobody, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Receivers that no route names."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        used = {node.receiver for node in nodes(routing)}
        for receiver in routing.value.receivers:
            if receiver.name not in used and not is_meant_for_nobody(receiver.name):
                yield CHECK.finding(
                    at(routing, receiver, "name"),
                    f"receiver {receiver.name}",
                    f"no route names the receiver {receiver.name!r}, so it never gets an alert",
                    f"write a route with 'receiver: {receiver.name}', or remove it",
                )


CHECK = Check(
    code="unused-receiver",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager  # <-
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
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
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
)
