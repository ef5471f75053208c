"""The last route of a list says ``continue: true``, and nothing comes after it.

It has no effect: an alert that a child has taken does not go to the route above as well. Mostly another route was meant
to follow, or the alerts were expected at the default receiver too; that needs a route of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.routing import at, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Last children that go on."""
    for routing in facts.routing:
        if routing.generated:
            continue
        for node in nodes(routing):
            last = node.children[-1] if node.children else None
            if last is not None and last.route.continue_:
                written = last.route.written.get("continue")
                plain = written is not None and written.text == "continue: true"
                yield CHECK.finding(
                    at(routing, last.route, "continue"),
                    last.name,
                    f"no route comes after it, so 'continue: true' does nothing; {node.receiver!r} does not get "
                    "its alerts either",
                    "remove it, or write the route that should get the alerts as well",
                    edit=Edit(written.place, written.text, "continue: false") if written and plain else None,
                )


CHECK = Check(
    code="continue-at-end",
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
      continue: true  # <-
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
  routes:
    - matchers: [severity="critical"]
      receiver: pager
      continue: true
    - receiver: team
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /etc/alertmanager/pagerduty}]
""",
    ),
)
