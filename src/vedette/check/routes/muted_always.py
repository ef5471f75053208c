"""A route is muted at all times: its alerts are never told.

An item of a time interval that says nothing (``{}``) holds all time; one that asks for 31 February holds none. Muted in
the first, or active only in the second, a route is silent for good. So is one that is muted in the very interval in
which it is active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.routes._times import always, never
from vedette.check.routing import at, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Routes that no instant lets through."""
    for routing in facts.routing:
        if routing.generated or not routing.value.complete:
            continue
        intervals = {one.name: one for one in routing.value.time_intervals}
        for node in nodes(routing):
            muted = [intervals[name] for name in node.route.mute_time_intervals if name in intervals]
            active = [intervals[name] for name in node.route.active_time_intervals if name in intervals]
            whole = next((one for one in muted if always(one)), None)
            if whole is not None:
                why, key = f"it is muted in {whole.name!r}, which holds all time", "mute_time_intervals"
            elif active and len(active) == len(node.route.active_time_intervals) and all(map(never, active)):
                names = " and ".join(repr(one.name) for one in active)
                why, key = f"it is active only in {names}, which holds no time at all", "active_time_intervals"
            elif active and all(one in muted for one in active):
                why, key = f"it is muted whenever it is active, in {active[0].name!r}", "mute_time_intervals"
            else:
                continue
            yield CHECK.finding(
                at(routing, node.route, key),
                node.name,
                f"{why}, so nobody is ever told",
                "correct the times of the interval; if nobody should be told, send it to a receiver named 'null'",
            )


CHECK = Check(
    code="muted-always",
    about="routes",
    level="error",
    find=find,
    bad=Example(
        "alertmanager.yml",
        """\
route:
  receiver: team
  routes:
    - matchers: [severity="low"]
      mute_time_intervals: [quiet]  # <-
time_intervals:
  - name: quiet
    time_intervals:
      - weekdays: [saturday, sunday]
      - weekdays: ["monday:friday"]
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
      mute_time_intervals: [quiet]
time_intervals:
  - name: quiet
    time_intervals:
      - weekdays: [saturday, sunday]
      - weekdays: ["monday:friday"]
        times: [{start_time: "00:00", end_time: "07:00"}]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
