"""``for`` is so short that it waits for nothing: the next look at the rule, or the same sample again, ends it.

A rule is looked at once in every evaluation interval. A ``for`` shorter than that is over at the next look, whatever
is written; one shorter than the scrape interval is over before a new sample has come, so that a single bad scrape is
enough. And a target that is scraped once a minute is missing for up to a minute after any scrape that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import outcomes
from vedette.check.alerts._texts import place_of
from vedette.check.alerts.absent_without_for import absent_call
from vedette.check.check import Check, Example
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Alerts whose ``for`` is above zero and below what could make it count."""
    for alert in facts.alerts:
        if not alert.for_:
            continue
        evaluation = alert.group.interval or facts.evaluation_interval
        scrape = facts.scrape_interval
        absent = any(absent_call(part) is not None for part in outcomes(alert.query.tree))
        if scrape is not None and absent and alert.for_ < 2 * scrape:
            told = f"one scrape that fails is enough for absent(), as scrapes are {format_duration(scrape)} apart"
            yield _finding(alert, told, 2 * scrape)
        elif scrape is not None and alert.for_ < scrape:
            told = f"it ends before the next scrape, {format_duration(scrape)} later: one bad sample is enough"
            yield _finding(alert, told, 2 * scrape)
        elif evaluation is not None and alert.for_ < evaluation:
            told = f"the rule is evaluated every {format_duration(evaluation)}, so it lasts as long as that"
            yield _finding(alert, told, evaluation)


def _finding(alert: Alert, why: str, least: int) -> Finding:
    return CHECK.finding(
        place_of(alert, "for"),
        alert.subject,
        f"for: {format_duration(alert.for_)} is too short: {why}",
        f"write {format_duration(least)} or more, or leave `for` out",
    )


CHECK = Check(
    code="for-below-interval",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    interval: 1m
    rules:
      - alert: QueueLong
        expr: shop_queue_length > 100
        for: 20s  # <-
        labels: {severity: high}
        annotations: {summary: "The queue of {{ $labels.instance }} is long"}
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    interval: 1m
    rules:
      - alert: QueueLong
        expr: shop_queue_length > 100
        for: 5m
        labels: {severity: high}
        annotations: {summary: "The queue of {{ $labels.instance }} is long"}
""",
    ),
)
