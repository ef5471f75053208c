"""A route repeats notifications at a time that its groups never come by.

A group is looked at every ``group_interval``, and only then can it repeat. With ``repeat_interval: 1m`` and
``group_interval: 5m`` it repeats every five minutes; with 12m, after 15. Whoever wrote the number expects something
else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import at, nodes, timer
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Intervals of one route, what it inherits included, where it sets one of them."""
    for routing in facts.routing:
        if routing.generated:
            continue
        for node in nodes(routing):
            route = node.route
            if route.group_interval is None and route.repeat_interval is None:
                continue
            group, repeat = timer(node, "group_interval"), timer(node, "repeat_interval")
            if not group or not repeat or repeat % group == 0:
                continue
            after = -(-repeat // group) * group
            if after < 1.2 * repeat:
                continue  # nobody minds the 16th minute for the 15th
            real = format_duration(after)
            yield CHECK.finding(
                at(routing, route, "repeat_interval", "group_interval"),
                node.name,
                f"repeat_interval is {format_duration(repeat)}, and its groups are looked at every "
                f"{format_duration(group)}: it repeats every {real}",
                f"write repeat_interval: {real}, or another group_interval",
                level=None if repeat < group else "note",
            )


CHECK = Check(
    code="repeat-below-group",
    about="routes",
    level="warning",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  group_interval: 5m
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
  group_interval: 5m
  repeat_interval: 4h
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
