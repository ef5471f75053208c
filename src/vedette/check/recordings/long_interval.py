"""A group of rules runs so seldom that its series are gone between two evaluations.

A query looks back five minutes for the last sample. What is recorded every ten minutes is there for the first five
and missing for the next five: alerts on it are resolved and fire again, panels show gaps.

Use an interval of at most 5m. What is costly over a long range can be recorded in steps: a short rate often, and its
mean over days from that.
https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.facts import Recording
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Group
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_LOOK_BACK: Final = 300_000
"""Milliseconds; the default of ``--query.lookback-delta``."""


def find(facts: Facts) -> Iterator[Finding]:
    """Every group whose interval is longer than queries look back."""
    for group in facts.groups:
        interval = group.interval or facts.evaluation_interval
        if interval is None or interval <= _LOOK_BACK or not group.rules:
            continue
        names = [rule.name for rule in group.rules if isinstance(rule, Recording)]
        what = f"what it records ({_listed(names)}) is" if names else "what it writes, ALERTS, is"
        yield CHECK.finding(
            group.place,
            _subject(group),
            f"it runs every {format_duration(interval)}, and queries look back {format_duration(_LOOK_BACK)}: {what} "
            "missing between two evaluations",
            f"write interval: {format_duration(_LOOK_BACK)} or less",
            level="error" if names else "warning",
        )


def _subject(group: Group) -> str:
    return f"group {group.name}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


_FILE: Final = """groups:
  - name: shop{}
    interval: {}
    rules:
      - record: job:shop_orders:rate1h
        expr: sum by (job) (rate(shop_orders_total[1h]))
"""

CHECK = Check(
    code="long-interval",
    about="recordings",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("  # <-", "10m")),
    good=Example("rules.yml", _FILE.format("", "1m")),
)
