"""Made traffic of a service with a season of a week, and what can happen to it: what anomaly alerts are measured on.

Each scenario is a series of 16 weeks, a sample every five minutes. The first eleven weeks teach, the last five count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.labels import NAME, labels
from vedette.testing.backtest.incidents import Incident

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.testing.backtest import Batch

STEP = 300_000
DAY = 86_400_000
WEEK = 7 * DAY
WEEKS = 16
COUNTED = 11 * WEEK
END = WEEKS * WEEK - STEP
TIMES = STEP * np.arange(WEEKS * WEEK // STEP, dtype=np.int64)
DISK_STEP = 60_000


@dataclass(frozen=True)
class Scenario:
    """One series under the label ``job``."""

    name: str
    told: str
    """For the table in the documentation."""
    values: np.ndarray
    events: tuple[tuple[int, int], ...] = ()
    """Start and end of what should be noticed."""
    times: np.ndarray = field(default_factory=lambda: TIMES)

    @property
    def incidents(self) -> tuple[Incident, ...]:
        # what is noticed at the very end is still in time for the alert's 15 minutes
        return tuple(Incident(self.name, low, high + 1_200_000, {"job": self.name}) for low, high in self.events)


def usual(times: np.ndarray) -> np.ndarray:
    """Requests per second: little at night, most in the evening, less at weekends."""
    hour, day = times / 3_600_000 % 24, times // DAY % 7
    wave = 0.35 + 0.65 * np.clip(np.sin((hour - 7) / 24 * 2 * np.pi), -0.6, 1)
    evening = 0.25 * np.exp(-(((hour - 19) / 1.5) ** 2))
    return 100 * np.maximum(wave + evening, 0.08) * np.where(day >= 5, 0.6, 1.0)


def noisy(values: np.ndarray, generator: np.random.Generator, share: float = 0.06) -> np.ndarray:
    """With noise that lasts some ten minutes, and some from sample to sample."""
    slow = np.convolve(generator.normal(0, 1, len(values)), np.exp(-np.arange(12) / 4), "same")
    return values * np.exp(share * slow / slow.std() + 0.02 * generator.normal(0, 1, len(values)))


def _events(generator: np.random.Generator, minutes: int, count: int = 10) -> tuple[tuple[int, int], ...]:
    """By day, on different days of the weeks that count."""
    days = generator.choice(34, count, replace=False)
    starts = [COUNTED + int(day) * DAY + int(generator.integers(7 * 60, 20 * 60)) // 5 * STEP for day in sorted(days)]
    return tuple((start, start + minutes * 60_000) for start in starts)


def _during(events: Sequence[tuple[int, int]]) -> np.ndarray:
    found = np.zeros(len(TIMES), np.bool_)
    for low, high in events:
        found |= np.logical_and(low <= TIMES, high > TIMES)
    return found


def scenarios(seed: int) -> list[Scenario]:
    generator = np.random.default_rng(seed)

    def base(share: float = 0.06) -> np.ndarray:
        return noisy(usual(TIMES), generator, share)

    found = [
        Scenario("quiet", "nothing happens, noise of 6 %", base()),
        Scenario("noisy", "nothing happens, noise of 20 %", base(0.2)),
        Scenario("growing", "5 % more every week", base() * 1.05 ** (TIMES / WEEK)),
        Scenario("clocks", "clocks go forward", noisy(usual(TIMES + (TIMES >= COUNTED) * 3_600_000), generator)),
        Scenario("feast", "a feast day two weeks ago", base() * np.where(TIMES // DAY == COUNTED // DAY - 13, 0.3, 1)),
        Scenario("outage-before", "no data for a day, a week ago", *_without(base(), COUNTED - 6 * DAY, DAY)),
        Scenario("small", "at most 3 requests in 5 minutes", generator.poisson(usual(TIMES) / 100 * 3) / 300.0),
        Scenario("new", "known for four weeks only", *_without(base(), 0, COUNTED - 4 * WEEK)),
        Scenario("idle", "no traffic", np.zeros(len(TIMES))),
    ]
    for name, told, minutes, factor in (
        ("outages", "10 outages of half an hour, 90 % less", 30, 0.1),
        ("dips", "10 dips of an hour, 45 % less", 60, 0.55),
        ("slight", "10 slight dips of two hours, 25 % less", 120, 0.75),
        ("spikes", "10 spikes of half an hour, twice as much", 30, 2.0),
    ):
        events = _events(generator, minutes)
        found.append(Scenario(name, told, base() * np.where(_during(events), factor, 1.0), events))
    shift = COUNTED + WEEK
    found.append(
        Scenario(
            "step", "60 % more from one hour on", base() * np.where(shift <= TIMES, 1.6, 1), ((shift, shift + 6 * DAY),)
        )
    )
    return found


def _without(values: np.ndarray, start: int, length: int) -> tuple[np.ndarray, tuple[()], np.ndarray]:
    keep = (start > TIMES) | (start + length <= TIMES)
    return values[keep], (), TIMES[keep]


def batch(of: Sequence[Scenario]) -> Batch:
    """The series, and bounds for a static alert: a tenth beyond the least and most of the first eleven weeks."""
    found = {}
    for one in of:
        known = one.values[one.times < COUNTED]
        found[labels({NAME: "job:orders:rate5m", "job": one.name})] = one.times, one.values
        for name, value in (("least", 0.9 * known.min()), ("most", 1.1 * known.max())):
            found[labels({NAME: name, "job": one.name})] = TIMES, np.full(len(TIMES), value)
    return found
