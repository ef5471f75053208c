"""Two receivers have the same name.

Alertmanager refuses the file, for it cannot know which one a route means. Nothing is merged: who wants both kinds of
message writes both lists below one name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.alertmanager import Receiver

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Receivers whose name another one has before them."""
    for routing in facts.routing:
        first: dict[str, Receiver] = {}
        for receiver in routing.value.receivers:
            other = first.setdefault(receiver.name, receiver)
            if other is not receiver and receiver.name:
                line = at(routing, other, "name").line
                yield CHECK.finding(
                    at(routing, receiver, "name"),
                    f"receiver {receiver.name}",
                    f"the name {receiver.name!r} is taken by the receiver in line {line}",
                    "move what stands below it to the first one, or rename one of them and the routes to it",
                )


CHECK = Check(
    code="duplicate-receiver",
    about="routes",
    level="error",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
  - name: team  # <-
    webhook_configs: [{url: "http://tickets.shop.example/new"}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route: {receiver: team}
receivers:
  - name: team
    webhook_configs:
      - url: http://chat.shop.example/team
      - url: http://tickets.shop.example/new
""",
    ),
)
