"""The life of each alert, read back from the ``ALERTS`` series that its rule wrote: pending, firing, over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.promql.labels import NAME, Labels, Matcher, get, without
from vedette.promql.source import is_stale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from vedette.promql.source import Block
    from vedette.testing.backtest.store import Layer

__all__ = ["Episode", "Episodes"]

_ALERTS: Final = (Matcher(NAME, "=", "ALERTS"),)
_OVER, _PENDING, _FIRING = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that an alert was there. Times are evaluations, in milliseconds since the epoch."""

    labels: Labels
    """With ``alertname``."""
    active_at: int
    """Its first evaluation."""
    fired_at: int | None = None
    """When it began to fire; None where it was only pending."""
    ended_at: int | None = None
    """The first evaluation without it; None where it was there to the end."""

    @property
    def alert(self) -> str:
        """The alert's name."""
        return get(self.labels, "alertname")

    @property
    def severity(self) -> str:
        """Its label ``severity``, ``""`` where it has none."""
        return get(self.labels, "severity")

    def firing(self, start: int, end: int) -> int:
        """Milliseconds that it fired between ``start`` and ``end``."""
        if self.fired_at is None:
            return 0
        return max(0, min(end, end if self.ended_at is None else self.ended_at) - max(start, self.fired_at))


class Episodes:
    """Collects episodes window after window."""

    def __init__(self) -> None:
        self._open: dict[Labels, Episode] = {}
        self._closed: list[Episode] = []
        self._read: dict[Labels, int] = {}

    def take(self, layer: Layer, start: int, end: int) -> None:
        """Read what the rules wrote in ``[start, end]`` (milliseconds). Windows follow one another, and may overlap."""
        for of, times, states in _states(layer.written(_ALERTS, start, end), start, end):
            first = int(times.searchsorted(self._read.get(of, start - 1), "right"))
            self._read[of] = int(times[-1])
            changes = first + np.flatnonzero(np.diff(states[first:], prepend=-1))
            for at, state in zip(times[changes].tolist(), states[changes].tolist(), strict=True):
                self._change(of, at, state)

    def _change(self, of: Labels, at: int, state: int) -> None:
        known = self._open.get(of)
        if state == _OVER:
            if known is not None:
                self._closed.append(replace(self._open.pop(of), ended_at=at))
        elif known is None:
            self._open[of] = Episode(of, at, at if state == _FIRING else None)
        elif state == _FIRING and known.fired_at is None:
            self._open[of] = replace(known, fired_at=at)

    def all(self, start: int) -> tuple[Episode, ...]:
        """Those that had not ended at ``start``, by time."""
        every = (*self._closed, *self._open.values())
        kept = (one for one in every if one.ended_at is None or one.ended_at > start)
        return tuple(sorted(kept, key=lambda one: (one.active_at, one.labels)))


def _states(
    blocks: Iterable[Block], start: int, end: int
) -> Iterable[tuple[Labels, NDArray[np.int64], NDArray[np.int8]]]:
    """Each alert's times with a sample or an end marker, and its state at them."""
    rows: dict[Labels, list[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]] = {}
    for block in blocks:
        low, high = (int(x) for x in np.searchsorted(block.timestamps, [start, end + 1]))
        times = block.timestamps[low:high]
        for row, series in enumerate(block.labels):
            held = np.flatnonzero(block.present[row, low:high])
            if len(held):
                state = _FIRING if get(series, "alertstate") == "firing" else _PENDING
                active = ~is_stale(block.values[row, low:high][held])
                rows.setdefault(without(series, NAME, "alertstate"), []).append((state, times[held], active))
    for of, parts in rows.items():
        every = np.unique(np.concatenate([times for _, times, _ in parts]))
        states = np.zeros(len(every), np.int8)
        for state, times, active in parts:
            states[every.searchsorted(times[active])] = state
        yield of, every, states
