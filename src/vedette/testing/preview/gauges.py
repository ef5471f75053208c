"""Made-up values of gauges, by the shape that each kind has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.testing.preview.movement import INCIDENT, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from vedette.instruments.metrics.description import Description
    from vedette.testing.preview.levels import Level

    Times = NDArray[np.int64]
    Values = NDArray[np.float64]

__all__ = ["Curves", "gauge"]

_PERIODS: Final = (1.0, 1.4, 0.7)
"""Not everything that is regular happens at the same times."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What all values follow, at these times."""

    times: Times
    moment: int
    day: Values
    incident: Values
    noise: Values
    """``[series, times]``."""


@dataclass(frozen=True, slots=True)
class _Gauge:
    level: Level
    at: NDArray[np.int64]
    """Of each series, which of the things it tells of."""
    size: Values
    """The level of each, ``[series, 1]``."""
    curves: Curves

    def all_alike(self, values: Values | float) -> Values:
        """The same for each series, or at each time."""
        return np.broadcast_to(values, (len(self.at), len(self.curves.times))).astype(np.float64)


def gauge(metric: Description, level: Level, at: Sequence[int], share: Values, curves: Curves) -> Values:
    """``[series, times]``."""
    told = _Gauge(level, np.array(at), level.size * share[:, None], curves)
    found: Values = np.maximum(_SHAPES[level.shape](told), 0.0)
    if metric.unit == "ratio" or metric.name.endswith("_ratio"):
        found = np.minimum(found, 1.0)
    elif level.size >= _WHOLE or level.shape == "trouble":
        found = np.round(found)
    return found


_WHOLE: Final = 5
"""From this size on a gauge that is no ratio shows whole numbers."""


def _wave(of: _Gauge) -> Values:
    curves = of.curves
    found: Values = of.size * (0.5 + 0.5 * curves.day) * (1 + 0.1 * curves.noise) * (1 + 0.8 * curves.incident)
    return found


def _sinking(of: _Gauge) -> Values:
    curves = of.curves
    gone = ((curves.times - curves.moment) / (9 * 1440 * MINUTE) + 0.6) % 1.0
    found: Values = of.size * (1 - 0.3 * gone[None, :] + 0.01 * curves.noise) * (1 - 0.25 * curves.incident)
    return found


def _growing(of: _Gauge) -> Values:
    days = (of.curves.times - of.curves.moment)[None, :] / (1440 * MINUTE)
    found: Values = of.size * (1 + 0.004 * days)
    return found


def _trouble(of: _Gauge) -> Values:
    curves = of.curves
    quiet = 0.03 * curves.day * (1 + curves.noise)
    found: Values = of.size * (quiet + curves.incident * (1 + 0.2 * curves.noise))
    return found


def _constant(of: _Gauge) -> Values:
    return of.all_alike(of.level.size if of.level.size == 1 else of.size)


def _chosen(of: _Gauge) -> Values:
    return of.all_alike(of.size)


def _flag(of: _Gauge) -> Values:
    dips = (of.at == 0) & (len(of.at) > 1)
    return np.where(dips[:, None] & (of.curves.incident > 0.5), 0.0, 1.0)


def _fault(of: _Gauge) -> Values:
    return 1 - _flag(of)


def _zero(of: _Gauge) -> Values:
    return of.all_alike(0.0)


def _periods(of: _Gauge) -> Values:
    """Milliseconds between the events of each series."""
    return of.level.period * 1000 * np.array(_PERIODS)[of.at % len(_PERIODS)][:, None]


def _last(of: _Gauge) -> Values:
    """The time of the last event; of the first thing nothing happens during the incident."""
    times, moment, period = of.curves.times[None, :], of.curves.moment, _periods(of)
    start, end = (moment + part for part in INCIDENT)
    began = moment - period / 3
    last = np.floor((times - began) / period) * period + began
    before = np.floor((start - began) / period) * period + began
    missed = (of.at == 0)[:, None] & (last > start) & (last < end)
    found: Values = np.where(missed, before, last) / 1000
    return found


def _next(of: _Gauge) -> Values:
    return _last(of) + _periods(of) / 1000


def _working(of: _Gauge) -> Values:
    """1 for a twentieth of the time, a quarter of an hour at most."""
    since = of.curves.times[None, :] - 1000 * _last(of)
    return (since < np.clip(0.05 * _periods(of), MINUTE, 15 * MINUTE)).astype(np.float64)


def _began(of: _Gauge) -> Values:
    ages = np.array([of.level.period * (1 + 0.3 * at) for at in of.at.tolist()])
    return of.all_alike(of.curves.moment / 1000 - ages[:, None])


def _replaced(of: _Gauge) -> Values:
    """The third was started anew a few minutes ago."""
    anew = of.curves.moment - 8 * MINUTE
    fresh = (of.at == 2)[:, None] & (of.curves.times >= anew)[None, :]
    return np.where(fresh, anew / 1000, _began(of))


def _now(of: _Gauge) -> Values:
    return of.all_alike(of.curves.times[None, :] / 1000)


_SHAPES: Final[Mapping[str, Callable[[_Gauge], Values]]] = {
    "wave": _wave,
    "growing": _growing,
    "sinking": _sinking,
    "trouble": _trouble,
    "constant": _constant,
    "chosen": _chosen,
    "flag": _flag,
    "fault": _fault,
    "zero": _zero,
    "last": _last,
    "next": _next,
    "working": _working,
    "began": _began,
    "replaced": _replaced,
    "now": _now,
}
