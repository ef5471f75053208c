"""The series of one metric as one target would expose them, with made-up values for any stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.instruments.metrics.description import DEFAULT_BUCKETS
from vedette.instruments.metrics.numbers import format_bound
from vedette.promql.labels import NAME, labels
from vedette.testing.preview.gauges import Curves, gauge
from vedette.testing.preview.levels import MIDDLES, level, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vedette.instruments.metrics.description import Description
    from vedette.promql.labels import Labels
    from vedette.testing.preview.labels import Told
    from vedette.testing.preview.movement import Movement

    Times = NDArray[np.int64]
    Values = NDArray[np.float64]

__all__ = ["Series"]

_SPREAD: Final = 0.7
"""Of the logarithm of what a histogram observes."""
_SLOWER: Final = 5.0
"""So many times as slow, beside once, are answers in the incident."""
_OFTENER: Final = 40.0
"""So many times as often, beside once, do things go wrong in the incident."""
_FLOWS: Final = ("seconds_total", "bytes_total", "dollars_total", "euros_total", "value_total")
"""What counts no events, but as much as there was."""
_QUICK: Final = {"redis": 0.2, "valkey": 0.2, "memcached": 0.2}
"""What answers from memory, against others."""
_HISTORY: Final = 2 * 86_400.0
"""Seconds that a counter has counted already when the preview begins."""


class Series:
    """One metric of one target.

    Args:
        metric: what is declared.
        told: its label sets.
        target: the labels that scraping adds.
        movement: the curves that all values follow.
        rng: of this metric on this target alone, so that another metric more or less changes nothing here.
    """

    def __init__(
        self,
        metric: Description,
        told: Sequence[Told],
        target: Labels,
        movement: Movement,
        rng: np.random.Generator,
    ) -> None:
        self.metric = metric
        self._movement = movement
        self._rng = rng
        self._noise = movement.noise(len(told), rng)
        self._level = level(metric)
        self._told = told
        shares = [share(metric, at, one) for at, one in told]
        self._share = np.array([found for found, _ in shares])
        self._wrong = np.array([wrong for _, wrong in shares])
        self._inverse = np.array(
            [metric.type == "counter" and "idle" in (one.get("mode"), one.get("state")) for _, one in told]
        )
        self._flows = metric.type == "counter" and metric.name.endswith(_FLOWS)
        self._takes = metric.type == "counter" and metric.name.endswith("seconds_total")
        self._quick = np.array([_QUICK.get(one.get("db_system_name", ""), 1.0) for _, one in told])
        self._bounds = np.array([*(metric.buckets or DEFAULT_BUCKETS), np.inf]) if metric.type == "histogram" else None
        exposed = [part for _, one in told for part in self._exposed(one)]
        self.names: list[str] = [name for name, _ in exposed]
        """The name of each series."""
        self.exposed: list[dict[str, str]] = [one for _, one in exposed]
        """Its labels as the target says them."""
        self.labels: list[Labels] = [_stored(name, one, target) for name, one in exposed]
        """Its labels as they are stored."""
        self._counted: Values | None = None

    def _exposed(self, one: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
        name = self.metric.name
        if self._bounds is not None:
            buckets = [(f"{name}_bucket", {**one, "le": format_bound(bound)}) for bound in self._bounds.tolist()]
            return [*buckets, (f"{name}_sum", one), (f"{name}_count", one)]
        if self.metric.type == "summary":
            return [(f"{name}_sum", one), (f"{name}_count", one)]
        if self.metric.type == "stateset":
            return [(name, {**one, name: state}) for state in self.metric.states]
        return [(name, one)]

    def _curves(self, times: Times) -> Curves:
        movement = self._movement
        return Curves(
            times,
            movement.moment,
            movement.day(times)[None, :],
            movement.incident(times)[None, :],
            self._noise.at(times),
        )

    def values(self, times: Times, before: int) -> Values:
        """``[series, times]``; a counter goes on from the call before, which ended at ``before``."""
        seconds = np.diff(times, prepend=before) / 1000.0
        if self.metric.type in ("gauge", "info"):
            return gauge(self.metric, self._level, [at for at, _ in self._told], self._share, self._curves(times))
        if self.metric.type == "stateset":
            first = np.zeros((len(self.metric.states), 1))
            first[:1] = 1.0
            return np.tile(first, (len(self._told), len(times)))
        events = self._events(times, seconds)
        parts = events if self.metric.type in ("counter", "unknown") else self._observed(times, events)
        if self._counted is None:
            usual = parts.mean(axis=1) / max(1e-9, float(seconds.mean()))
            self._counted = np.floor(usual * _HISTORY)
        found: Values = self._counted[:, None] + np.cumsum(parts, axis=1)
        self._counted = found[:, -1]
        return found

    def _events(self, times: Times, seconds: Values) -> Values:
        """How much a counter, or what a histogram counts, grows until each of the times."""
        curves = self._curves(times)
        noise, incident, size = curves.noise, curves.incident, self._level.size
        busy = curves.day * np.maximum(0.05, 1 + 0.12 * noise)
        # there is less to do when things go wrong, and what there is takes more
        usual = size * busy * (1 + (0.7 if self._takes else -0.25) * incident)
        burst = size * _OFTENER if self._level.burst is None else self._level.burst
        wrong = np.maximum(0.1, 1 + 0.5 * noise) * (size + burst * incident)
        pace = np.where(self._wrong[:, None], wrong, usual)
        pace = np.where(self._inverse[:, None], np.maximum(0.05, 1 - 0.45 * busy * (1 + 0.6 * incident)), pace)
        mean = self._share[:, None] * pace * np.maximum(0.0, seconds)[None, :]
        return mean if self._flows else self._rng.poisson(mean).astype(np.float64)

    def _observed(self, times: Times, events: Values) -> Values:
        """What the buckets, the sum and the count of each grow by."""
        curves = self._curves(times)
        slower = 1 + (_SLOWER * curves.incident if self.metric.unit == "seconds" else 0.0)
        noise = 1 + 0.1 * curves.noise
        if self._bounds is None:
            sums = events * 0.02 * slower * noise
            return np.stack([sums, events], axis=1).reshape(-1, len(times))
        finite = self._bounds[:-1]
        usual = MIDDLES.get(self.metric.name, max(float(finite[int(0.3 * len(finite))]), 1e-6))
        at = np.array([at for at, _ in self._told])
        middle = usual * (self._quick * (1 + 0.6 * at))[:, None] * slower * noise
        with np.errstate(divide="ignore"):
            away = (np.log(np.maximum(self._bounds, 0.0))[None, :, None] - np.log(middle)[:, None, :]) / _SPREAD
        # the logistic curve is close to the normal one, and numpy has it
        below = 1 / (1 + np.exp(-1.702 * np.clip(away, -40, 40)))
        below = np.where(self._bounds[None, :, None] <= 0, 0.06, np.maximum(below, 0.06 * (finite[0] <= 0)))
        below[:, -1] = 1.0
        buckets = below * events[:, None, :]
        sums = events * middle * float(np.exp(_SPREAD**2 / 2))
        parts = np.concatenate([buckets, sums[:, None, :], events[:, None, :]], axis=1)
        found: Values = parts.reshape(-1, len(times))
        return found


def _stored(name: str, exposed: dict[str, str], target: Labels) -> Labels:
    """As scraping stores it: what the target says of a label of its own goes by another name."""
    own = {key for key, _ in target}
    said = {f"exported_{key}" if key in own else key: value for key, value in exposed.items()}
    return labels({**said, **dict(target), NAME: name})
