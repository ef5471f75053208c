"""Made levels of something that can fill, four weeks of each: what exhaustion alerts are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.labels import NAME, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.testing.backtest import Batch

STEP = 60_000
DAYS = 28
COUNT = DAYS * 1440
TIMES = STEP * np.arange(COUNT, dtype=np.int64)
END = int(TIMES[-1])
START_OF_FILLS = tuple(day * 1440 + 600 for day in range(3, 27, 3))


@dataclass(frozen=True)
class Level:
    """One series under the label ``job``; the limit is 100."""

    name: str
    told: str
    values: np.ndarray
    full: tuple[int, ...] = ()
    """The minutes at which it is full."""


def levels(seed: int) -> list[Level]:
    generator = np.random.default_rng(seed)
    minutes = np.arange(COUNT)
    hour = minutes / 60 % 24

    def noise(size: float) -> np.ndarray:
        return generator.normal(0, size, COUNT)

    bursts = 60 + noise(0.2)
    for at in generator.choice(COUNT - 400, 20, replace=False):
        bursts[at : at + 60] += 25
    found = [
        Level("steady", "steady at 70 %", 70 + noise(0.3)),
        Level("daily", "50 % by night, 80 % by day", 65 + 15 * np.sin(hour / 24 * 2 * np.pi) + noise(0.3)),
        Level("rotated", "logs that are rotated at 85 %, twice a day", 30 + 55 * (minutes % 720 / 720) + noise(0.5)),
        Level(
            "collected", "memory that is collected every half hour, at 85 %", 40 + 45 * (minutes % 30 / 30) + noise(1)
        ),
        Level("wanders", "a random walk", np.clip(50 + np.cumsum(generator.normal(0, 0.05, COUNT)), 0, 99)),
        Level("bursts", "20 files of 25 % that live for an hour", bursts),
    ]
    for name, told, last in (
        ("fills", "8 times full within ten hours", 600),
        ("fills-fast", "8 times full within three hours", 180),
    ):
        values = 50 + noise(0.3)
        for at in START_OF_FILLS:
            values[at : at + last] += np.arange(last) * 50 / last
            values[at + last : at + last + 60] = 100
        found.append(Level(name, told, np.minimum(values, 100), tuple(at + last for at in START_OF_FILLS)))
    return found


def batch(of: Sequence[Level]) -> Batch:
    """The series with their limits."""
    found = {}
    for one in of:
        found[labels({NAME: "disk_used", "job": one.name})] = TIMES, one.values
        found[labels({NAME: "disk_size", "job": one.name})] = TIMES, np.full(COUNT, 100.0)
    return found
