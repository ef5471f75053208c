"""A route sends the same message again within five minutes, as long as the alert lasts.

A night of an incident is then a hundred equal messages, and the one that is new drowns among them. A reminder is for
who has forgotten: hours, not minutes. New and resolved alerts of a group are told at ``group_interval`` anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.routing import at, nodes, timer
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_FEW: Final = 5 * 60_000


def find(facts: Facts) -> Iterator[Finding]:
    """Routes whose repeats really come that fast."""
    for routing in facts.routing:
        if routing.generated:
            continue
        for node in nodes(routing):
            repeat, group = timer(node, "repeat_interval"), timer(node, "group_interval")
            if node.route.repeat_interval is None or not repeat or not group or max(repeat, group) >= _FEW:
                continue
            yield CHECK.finding(
                at(routing, node.route, "repeat_interval"),
                node.name,
                f"it says the same again every {format_duration(repeat)}",
                "write repeat_interval: 4h, or 30m where somebody must be reminded",
            )


CHECK = Check(
    code="short-repeat",
    about="routes",
    level="note",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  group_interval: 1m
  repeat_interval: 1m  # <-
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
    good=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  group_interval: 1m
  repeat_interval: 4h
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
