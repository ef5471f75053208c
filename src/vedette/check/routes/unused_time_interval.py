"""A time interval is defined, and no route is muted or active in it.

Whoever wrote it believes that the nights are quiet, and they are not. Routes do not inherit intervals: each names its
own, also below a route that has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routing import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Time intervals that no route names."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        used = {
            name
            for node in nodes(routing)
            for name in (*node.route.mute_time_intervals, *node.route.active_time_intervals)
        }
        for interval in routing.value.time_intervals:
            if interval.name not in used:
                yield CHECK.finding(
                    interval.place or routing.place,
                    f"time interval {interval.name}",
                    f"no route is muted or active in {interval.name!r}",
                    f"write 'mute_time_intervals: [{interval.name}]' in a route, or remove it",
                )


CHECK = Check(
    code="unused-time-interval",
    about="routes",
    level="note",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
time_intervals:
  - name: nights  # <-
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}]
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
  routes:
    - matchers: [severity="low"]
      mute_time_intervals: [nights]
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
