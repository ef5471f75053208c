"""The ``*_over_time`` family: each window of samples reduced to one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vedette.promql.grid import Flags, Floats, Rows, Scalars, columns
from vedette.promql.quantiles import quantiles, sliding_quantiles
from vedette.promql.sums import Neumaier, mend_means, one_sign

if TYPE_CHECKING:
    from vedette.promql.windows import Kernel, Windows

__all__ = [
    "average", "count", "deviation", "extreme", "first", "last", "mad", "one", "quantile", "time_of_edge",
    "time_of_extreme", "total", "variance",
]  # fmt: skip

Compute = Callable[[Floats], Floats]

_OVERLAP: Final = 64
"""From so many windows for a sample on, ranks are quicker than sorting each: measured."""


def first(windows: Windows) -> Compute:
    """The oldest sample."""
    return columns(windows.low)


def last(windows: Windows) -> Compute:
    """The newest sample."""
    return columns(windows.high - 1)


def count(windows: Windows) -> Compute:
    """How many samples."""
    counts = windows.count.astype(np.float64)
    return lambda values: np.broadcast_to(counts, (len(values), len(counts)))


def one(windows: Windows) -> Compute:
    """1 where there is a sample."""
    return lambda values: np.ones((len(values), len(windows.low)))


def total(windows: Windows) -> Compute:
    """The sum."""
    return lambda values: _plain(values, windows) if one_sign(values) else _compensated(values, windows).total()


def average(windows: Windows) -> Compute:
    """The mean."""

    def compute(values: Floats) -> Floats:
        if one_sign(values):
            mean = _plain(values, windows) / windows.count
        else:
            sums = _compensated(values, windows)
            mean = np.where(np.isfinite(sums.sum), sums.sum / windows.count + sums.lost / windows.count, sums.sum)
        if not np.isfinite(mean).all():
            undefined = _any(np.isnan(values), windows)
            mend_means(mean, undefined, lambda row, at: values[row, windows.low[at] : windows.high[at]].tolist())
        return mean

    return compute


def extreme(reduce: np.ufunc) -> Kernel:
    """The least (``np.fmin``) or greatest (``np.fmax``) sample, NaN only where all are."""

    def kernel(windows: Windows) -> Compute:
        return lambda values: _reduced(values, windows, reduce)

    return kernel


def variance(windows: Windows) -> Compute:
    """The population variance."""

    def compute(values: Floats) -> Floats:
        result = np.empty((len(values), len(windows.low)))
        for steps, cube in _cubes(values, windows):
            result[:, steps] = _variance(cube)
        return result

    return compute


def deviation(windows: Windows) -> Compute:
    """The population standard deviation."""
    compute = variance(windows)
    return lambda values: np.sqrt(compute(values))


def quantile(at: Scalars) -> Kernel:
    """The quantile ``at`` (one for all steps or one a step), interpolated; NaN counts as the least value."""

    def kernel(windows: Windows) -> Compute:
        chosen = at if windows.steps is None or not isinstance(at, np.ndarray) else at[windows.steps]

        def compute(values: Floats) -> Floats:
            # sorted once for every window, its samples would be moved as often as there are windows
            if int(windows.count.sum()) > _OVERLAP * (values.shape[1] + len(windows.low)):
                return sliding_quantiles(values, windows.low, windows.high, chosen)
            result = np.empty((len(values), len(windows.low)))
            for steps, cube in _cubes(values, windows):
                result[:, steps] = quantiles(cube, chosen[steps] if isinstance(chosen, np.ndarray) else chosen)
            return result

        return compute

    return kernel


def mad(windows: Windows) -> Compute:
    """The median absolute deviation; NaN where a sample is."""

    def compute(values: Floats) -> Floats:
        result = np.empty((len(values), len(windows.low)))
        for steps, cube in _cubes(values, windows):
            median = np.median(cube, axis=2, keepdims=True)
            result[:, steps] = np.median(np.abs(cube - median), axis=2)
        return result

    return compute


def time_of_edge(windows: Windows, *, newest: bool) -> Compute:
    """When the oldest or newest sample was taken, in seconds."""
    times = windows.timestamps[windows.high - 1 if newest else windows.low] / 1000.0
    return lambda values: np.broadcast_to(times, (len(values), len(times)))


def time_of_extreme(sign: float) -> Kernel:
    """When the greatest (1.0) or least (-1.0) sample was taken, in seconds; the last of equal ones."""

    def kernel(windows: Windows) -> Compute:
        def compute(values: Floats) -> Floats:
            result = np.empty((len(values), len(windows.low)))
            for steps, cube in _cubes(np.where(np.isnan(values), -np.inf, values * sign), windows):
                back = cube[:, :, ::-1].argmax(axis=2)
                result[:, steps] = windows.timestamps[windows.high[steps] - 1 - back] / 1000.0
            return result

        return compute

    return kernel


def _variance(cube: Floats) -> Floats:
    """Along the last axis: two passes about the mean, from the first value so that equal ones give exactly zero."""
    size = cube.shape[-1]
    away = cube - cube[..., :1]
    away -= away.sum(axis=-1, keepdims=True) / size
    rest = away.sum(axis=-1)
    away *= away
    spread: Floats = (away.sum(axis=-1) - rest * rest / size) / size
    return np.maximum(spread, 0.0, out=spread)


def _cubes(values: Floats, windows: Windows) -> Iterator[tuple[Rows, Floats]]:
    """The samples of all windows of equal length, with their steps: R x steps x length."""
    for length in np.unique(windows.count):
        steps = np.flatnonzero(windows.count == length)
        yield steps, sliding_window_view(values, int(length), axis=1)[:, windows.low[steps]]


def _any(events: Flags, windows: Windows) -> Flags:
    """Which windows hold an event."""
    sums = np.zeros((events.shape[0], events.shape[1] + 1), np.int64)
    np.cumsum(events, axis=1, out=sums[:, 1:])
    found: Flags = sums[:, windows.high] > sums[:, windows.low]
    return found


def _compensated(values: Floats, windows: Windows) -> Neumaier:
    """Each window's samples added one by one, in order."""
    sums = Neumaier((len(values), len(windows.low)))
    shortest = int(windows.count.min())
    for i in range(int(windows.count.max())):
        if i < shortest:
            sums.add(columns(windows.low + i)(values))
        else:
            steps = np.flatnonzero(windows.count > i)
            sums.add_some(values.take(windows.low[steps] + i, axis=1), steps)
    return sums


def _plain(values: Floats, windows: Windows) -> Floats:
    """Sums of windows from sums of runs of 1, 2, 4, 8… samples: few roundings, and few passes."""
    if windows.single or _sparse(values, windows):
        return _direct(values, windows, np.add)
    counts = windows.count
    result = np.zeros((len(values), len(counts)))
    at = windows.low.copy()
    level, size, longest = values, 1, int(counts.max())
    while True:
        steps = np.flatnonzero(counts & size)
        if len(steps) == len(counts):
            result += columns(at)(level)
            at += size
        elif len(steps):
            result[:, steps] += level.take(at[steps], axis=1)
            at[steps] += size
        if size * 2 > longest:
            return result
        level = level[:, :-size] + level[:, size:]
        size *= 2


def _reduced(values: Floats, windows: Windows, reduce: np.ufunc) -> Floats:
    """The same for an operation that may count a sample twice: two overlapping runs make a window."""
    if windows.single or _sparse(values, windows):
        return _direct(values, windows, reduce)
    counts = windows.count
    sizes = np.left_shift(1, np.frexp(counts)[1] - 1)
    result = np.empty((len(values), len(counts)))
    level, size, longest = values, 1, int(counts.max())
    while True:
        steps = np.flatnonzero(sizes == size)
        if len(steps):
            tail = windows.high[steps] - size
            found = reduce(columns(windows.low[steps])(level), columns(tail)(level))
            if len(steps) == len(counts):
                return found  # type: ignore[no-any-return]
            result[:, steps] = found
        if size * 2 > longest:
            return result
        level = reduce(level[:, :-size], level[:, size:])
        size *= 2


def _sparse(values: Floats, windows: Windows) -> bool:
    """Whether the windows together hold fewer samples than passes over all of them would touch."""
    total: int = windows.count.sum()
    return bool(total < 4 * values.shape[1])


def _direct(values: Floats, windows: Windows, reduce: np.ufunc) -> Floats:
    if windows.single:
        low, high = windows.single
        return reduce.reduce(values[:, low:high], axis=1, keepdims=True)  # type: ignore[no-any-return]
    bounds = np.stack([windows.low, windows.high], axis=1).ravel()
    if windows.high[-1] == values.shape[1]:  # a segment may not begin past the end
        values = np.concatenate([values, values[:, :1]], axis=1)
    return reduce.reduceat(values, bounds, axis=1)[:, ::2]
