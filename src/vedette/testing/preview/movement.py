"""How made-up values move in time: with the hour of the day, with noise, and during one incident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.int64]
    Values = NDArray[np.float64]

__all__ = ["INCIDENT", "MINUTE", "Movement", "Noise"]

MINUTE: Final = 60_000
"""Milliseconds."""
DAY: Final = 86_400_000
INCIDENT: Final = (-40 * MINUTE, -18 * MINUTE)
"""From when to when, in milliseconds from the moment that the preview is made for: over, and still on every panel."""
_RAMP: Final = 3 * MINUTE
# Milliseconds that the slow waves of the noise take; no two have a common multiple that shows.
_WAVES: Final = np.array([7.3, 23.0, 97.0, 311.0]) * MINUTE
_SIZES: Final = np.array([0.3, 0.35, 0.4, 0.3])


@dataclass(frozen=True, slots=True)
class Movement:
    """Curves around one moment, in milliseconds since the epoch.

    That moment is an afternoon, whatever the clock says there: pictures are alike at any hour.
    """

    moment: int

    def day(self, times: Times) -> Values:
        """Near 1 in the afternoon, a third of it at night, less at the weekend."""
        since = (times - self.moment) / DAY
        found: Values = 0.66 + 0.34 * np.cos(2 * np.pi * since + 0.35) + 0.06 * np.cos(4 * np.pi * since + 1.1)
        weekend = np.isin(np.floor(since + 0.6).astype(np.int64) % 7, (4, 5))
        return np.where(weekend, 0.75, 1.0) * np.maximum(found, 0.2)

    def incident(self, times: Times) -> Values:
        """0, and 1 during the incident."""
        start, end = (self.moment + part for part in INCIDENT)
        rising, falling = (times - start) / _RAMP, (end - times) / _RAMP
        found: Values = np.clip(np.minimum(rising, falling), 0.0, 1.0)
        return found

    def noise(self, rows: int, rng: np.random.Generator) -> Noise:
        """Something of its own for each of so many series."""
        return Noise(self.moment, rng.uniform(0, 2 * np.pi, (rows, len(_WAVES))))


@dataclass(frozen=True, slots=True)
class Noise:
    """Slow waves, each series with its own phases, around 0."""

    moment: int
    phases: NDArray[np.float64]

    def at(self, times: Times) -> Values:
        """``[series, times]``, mostly between -1 and 1."""
        angles = 2 * np.pi * ((times - self.moment)[None, :] / _WAVES[:, None])
        found = np.zeros((len(self.phases), len(times)))
        for wave, size in enumerate(_SIZES):
            found += size * np.sin(angles[wave][None, :] + self.phases[:, wave, None])
        return found
