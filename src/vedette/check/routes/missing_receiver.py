"""A route sends alerts to a receiver that is not defined.

Alertmanager refuses such a file as a whole: at a restart it does not come up, at a reload it goes on with the old one
and says so only in its log. It comes to be when a receiver is renamed in one of the two places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.routing import at, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Names of receivers that no receiver has."""
    for routing in facts.routing:
        known = list(dict.fromkeys(one.name for one in routing.value.receivers))
        if not known and not routing.value.complete:
            continue  # the receivers could not be read
        for node in nodes(routing):
            name = node.route.receiver
            if name and name not in known:
                near = nearest(name, known)
                yield CHECK.finding(
                    at(routing, node.route, "receiver"),
                    node.name,
                    f"there is no receiver {name!r}; defined: {', '.join(known) or 'none'}",
                    f"define it below 'receivers:', or name one that is there{near}",
                )


CHECK = Check(
    code="missing-receiver",
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
      receiver: pagr  # <-
receivers:
  - name: team
    email_configs: [{to: team@shop.example, from: am@shop.example, smarthost: "mail.shop.example:25"}]
  - name: pager
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
    email_configs: [{to: team@shop.example, from: am@shop.example, smarthost: "mail.shop.example:25"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
)
