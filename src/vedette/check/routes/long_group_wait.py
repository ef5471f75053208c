"""A route for critical alerts holds the first message for ten minutes or more.

``group_wait`` is how long a new group waits for others to come, before anybody hears of it. It adds to the ``for`` of
the alert. What should wake somebody waits seconds; minutes are for what is read in the morning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.routing import at, integrations, nodes, timer
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_LONG: Final = 10 * 60_000
_URGENT: Final = frozenset({"critical", "page", "pager", "emergency", "disaster"})
_PAGERS: Final = frozenset({"pagerduty_configs", "opsgenie_configs", "victorops_configs", "incidentio_configs"})


def find(facts: Facts) -> Iterator[Finding]:
    """Routes that take nothing but critical alerts, or page."""
    for routing in facts.routing:
        if routing.generated:
            continue
        paging = {one.name for one in routing.value.receivers if not _PAGERS.isdisjoint(integrations(one))}
        for node in nodes(routing):
            wait = timer(node, "group_wait")
            severities = node.scope.get("severity").only or frozenset()
            urgent = bool(severities) and severities <= _URGENT
            if wait < _LONG or node.dead or not (urgent or node.receiver in paging):
                continue
            what = f"severity {', '.join(sorted(severities))}" if urgent else f"the pager {node.receiver!r}"
            yield CHECK.finding(
                at(routing, node.route, "group_wait"),
                node.name,
                f"what goes to {what} waits {format_duration(wait)} before anybody hears of it",
                "write group_wait: 10s for this route",
            )


CHECK = Check(
    code="long-group-wait",
    about="routes",
    level="note",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="critical"]
      receiver: pager
      group_wait: 15m  # <-
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  group_wait: 15m
  routes:
    - matchers: [severity="critical"]
      receiver: pager
      group_wait: 10s
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
)
