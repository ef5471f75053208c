"""What the watch tells of itself: it updates the metrics of the pack ``watch``, which the page's port serves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vedette.alerting.delivery import Delivered, Retry
from vedette.packs.watch import (
    active_alerts,
    deliveries,
    deliveries_waiting,
    evaluation_duration,
    findings,
    rules,
    scrapes,
    series,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.alerting.delivery import Delivery, Outcome
    from vedette.server.watch import Watch

__all__ = ["attach", "delivered", "found", "judged", "scraped"]


def attach(watch: Watch) -> None:
    """From now on a scrape tells the state of this watch."""
    series.set_function(lambda: watch.head.stats().series)
    deliveries_waiting.set_function(lambda: watch.alerting.counts()["waiting"])
    for health in ("ok", "err", "unknown"):
        rules.labels(health).set_function(partial(_rules, watch, health))
    for state in ("pending", "firing"):
        active_alerts.labels(state).set_function(partial(_alerts, watch, state))
    scrapes.initialise()


def _rules(watch: Watch, health: str) -> int:
    return watch.rules.health()[health]


def _alerts(watch: Watch, state: str) -> int:
    return sum(found == state for _, found in watch.rules.states())


def scraped(*, success: bool) -> None:
    """A target was scraped."""
    scrapes.inc("success" if success else "failure")


def judged(seconds: float) -> None:
    """The rules that were due have been evaluated."""
    evaluation_duration.observe(seconds)


def delivered(delivery: Delivery, outcome: Outcome) -> None:
    """A delivery was attempted."""
    name = "delivered" if isinstance(outcome, Delivered) else "retry" if isinstance(outcome, Retry) else "failed"
    deliveries.inc(delivery.channel, name)


def found(by_level: Mapping[str, int]) -> None:
    """What the check of the files found, by level."""
    for level in ("error", "warning", "note"):
        findings.set(by_level.get(level, 0), level)
