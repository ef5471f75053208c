"""The rate family: differences over a window, extrapolated to its ends as Prometheus does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from vedette.promql.grid import Floats, Rows, columns

if TYPE_CHECKING:
    from vedette.promql.windows import Windows

__all__ = ["changes", "delta", "idelta", "increase", "irate", "rate", "resets"]

Compute = Callable[[Floats], Floats]


def rate(windows: Windows) -> Compute:
    """Per-second increase of a counter."""
    return _extrapolated(windows, counter=True, per_second=True)


def increase(windows: Windows) -> Compute:
    """Increase of a counter."""
    return _extrapolated(windows, counter=True, per_second=False)


def delta(windows: Windows) -> Compute:
    """Difference of a gauge."""
    return _extrapolated(windows, counter=False, per_second=False)


def irate(windows: Windows) -> Compute:
    """Per-second increase between the last two samples of a counter."""
    last = windows.high - 1
    seconds = (windows.timestamps[last] - windows.timestamps[last - 1]) / 1000.0
    at_last, at_previous = columns(last), columns(last - 1)

    def compute(values: Floats) -> Floats:
        newest, before = at_last(values), at_previous(values)
        result: Floats = np.where(newest < before, newest, newest - before) / seconds
        return result

    return compute


def idelta(windows: Windows) -> Compute:
    """Difference between the last two samples of a gauge."""
    at_last, at_previous = columns(windows.high - 1), columns(windows.high - 2)
    return lambda values: at_last(values) - at_previous(values)


def changes(windows: Windows) -> Compute:
    """How often a value differs from the one before it; NaN does not differ from NaN."""

    def compute(values: Floats) -> Floats:
        now, before = values[:, 1:], values[:, :-1]
        return _occurrences((now != before) & ~(np.isnan(now) & np.isnan(before)), windows)

    return compute


def resets(windows: Windows) -> Compute:
    """How often a value is lower than the one before it."""
    return lambda values: _occurrences(values[:, 1:] < values[:, :-1], windows)


def _occurrences(events: np.ndarray[tuple[int, int], np.dtype[np.bool_]], windows: Windows) -> Floats:
    """Event ``i`` lies between samples ``i`` and ``i + 1``; whole numbers, so that differences of sums are exact."""
    total = np.zeros((events.shape[0], events.shape[1] + 1), np.int64)
    np.cumsum(events, axis=1, out=total[:, 1:])
    counted: Floats = (total[:, windows.high - 1] - total[:, windows.low]).astype(np.float64)
    return counted


def _extrapolated(windows: Windows, *, counter: bool, per_second: bool) -> Compute:
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/functions.go, extrapolatedRate
    times = windows.timestamps
    low: Any = windows.low
    last: Any = windows.high - 1
    start: Any = windows.starts
    end: Any = windows.ends
    first_time: Any = times[low]
    last_time: Any = times[last]
    at_first, at_last = columns(low), columns(last)
    if windows.single:  # as plain numbers: an instant query has no arrays to amortise a ufunc over
        low, last, start, end = int(low[0]), int(last[0]), int(start[0]), int(end[0])
        first_time, last_time = int(first_time[0]), int(last_time[0])
    sampled = (last_time - first_time) / 1000.0
    average = sampled / (last - low)
    to_start = _reach((first_time - start) / 1000.0, average)
    to_end = _reach((end - last_time) / 1000.0, average)
    seconds = windows.range / 1000.0
    plain = (sampled + to_start + to_end) / sampled
    if per_second:
        plain = plain / seconds

    def compute(values: Floats) -> Floats:
        first = at_first(values)
        result: Floats = at_last(values) - first
        if not counter:
            result *= plain
            return result
        _add_resets(values, windows, result)
        # a counter cannot have been below zero: extrapolate no further back than to where it would have been zero
        to_zero = first / result
        to_zero *= sampled
        nearer = to_zero < to_start
        nearer &= result > 0
        nearer &= first >= 0
        if nearer.any():
            factor = (sampled + np.where(nearer, to_zero, to_start) + to_end) / sampled
            if per_second:
                factor /= seconds
            result *= factor
        else:
            result *= plain
        return result

    return compute


def _reach(distance: Any, average: Any) -> Any:
    """How far to extrapolate: to the window's end, or half the average step where that is further than a step."""
    threshold, half = average * 1.1, average / 2.0
    if isinstance(distance, float):
        return half if distance >= threshold else distance
    return np.where(distance >= threshold, half, distance)


def _add_resets(values: Floats, windows: Windows, result: Floats) -> None:
    """Add to each window's difference the values that its counter had before each reset inside it."""
    drops = values[:, 1:] < values[:, :-1]
    if not drops.any():
        return
    rows, before = np.nonzero(drops)
    lost = values[rows, before]
    # sample `before + 1` is the reset: windows that hold it and the one before it are neighbours, as bounds only rise
    start: Rows = windows.high.searchsorted(before + 1, "right")
    stop: Rows = windows.low.searchsorted(before, "right")
    times = np.maximum(stop - start, 0)
    total = int(times.sum())
    if not total:
        return
    offset = np.arange(total) - np.repeat(times.cumsum() - times, times)
    np.add.at(result, (np.repeat(rows, times), np.repeat(start, times) + offset), np.repeat(lost, times))
