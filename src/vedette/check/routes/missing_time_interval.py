"""A route is muted or active in a time interval that is not defined.

Alertmanager refuses the whole file, as it does where a receiver is missing. It comes to be when an interval is renamed,
or stands in a file that is not there any more.
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
    """Names of time intervals that none has."""
    for routing in facts.routing:
        known = [one.name for one in routing.value.time_intervals]
        if not known and not routing.value.complete:
            continue
        for node in nodes(routing):
            for key in ("mute_time_intervals", "active_time_intervals"):
                for index, name in enumerate(getattr(node.route, key)):
                    if name not in known:
                        near = nearest(name, known)
                        yield CHECK.finding(
                            at(routing, node.route, f"{key}[{index}]", key),
                            node.name,
                            f"there is no time interval {name!r}; defined: {', '.join(known) or 'none'}",
                            f"define it below 'time_intervals:', or name one that is there{near}",
                        )


CHECK = Check(
    code="missing-time-interval",
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
      mute_time_intervals: [night]  # <-
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "07:00"}]
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
      - times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "07:00"}]
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.example/team"}]
""",
    ),
)
