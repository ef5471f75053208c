"""``deriv``, ``predict_linear`` and ``double_exponential_smoothing``.

These take the same steps in the same order as Prometheus: the formulas subtract sums that are nearly equal, and a
last digit lost in a sum can be the third one of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.grid import Floats, Ints, Rows, Scalars, columns
from vedette.promql.sums import Neumaier

if TYPE_CHECKING:
    from vedette.promql.windows import Kernel, Windows

__all__ = ["deriv", "predict_linear", "smoothing"]

Compute = Callable[[Floats], Floats]


def deriv(windows: Windows) -> Compute:
    """The slope of the least-squares line, per second."""
    origin = windows.timestamps[windows.low]
    return lambda values: _line(values, windows, origin)[0]


def predict_linear(seconds: Scalars, times: Ints) -> Kernel:
    """Where the least-squares line will be this long after the evaluation ``times`` (milliseconds)."""

    def kernel(windows: Windows) -> Compute:
        steps = slice(None) if windows.steps is None else windows.steps
        origin = times[steps]
        ahead = seconds[steps] if isinstance(seconds, np.ndarray) else seconds

        def compute(values: Floats) -> Floats:
            slope, intercept = _line(values, windows, origin)
            return slope * ahead + intercept

        return compute

    return kernel


def smoothing(data: Scalars, trend: Scalars) -> Kernel:
    """Double exponential smoothing with these two factors."""

    def kernel(windows: Windows) -> Compute:
        steps = slice(None) if windows.steps is None else windows.steps
        of_data = data[steps] if isinstance(data, np.ndarray) else np.full(len(windows.low), data)
        of_trend = trend[steps] if isinstance(trend, np.ndarray) else np.full(len(windows.low), trend)

        def compute(values: Floats) -> Floats:
            level = values.take(windows.low, axis=1)
            before = np.zeros(level.shape)
            slope = values.take(windows.low + 1, axis=1) - level
            for i, steps in _columns(windows):
                if not i:
                    continue
                x = of_data[steps] * values.take(windows.low[steps] + i, axis=1)
                now = level[:, steps]
                if i > 1:
                    slope[:, steps] = (
                        of_trend[steps] * (now - before[:, steps]) + (1 - of_trend[steps]) * slope[:, steps]
                    )
                y = (1 - of_data[steps]) * (now + slope[:, steps])
                before[:, steps] = now
                level[:, steps] = x + y
            return level

        return compute

    return kernel


def _columns(windows: Windows) -> Iterator[tuple[int, Rows | slice]]:
    """0, 1, 2… up to the longest window, each with the steps whose window has that many samples and one more."""
    shortest = int(windows.count.min())
    for i in range(int(windows.count.max())):
        yield i, slice(None) if i < shortest else np.flatnonzero(windows.count > i)


def _line(values: Floats, windows: Windows, origin: Ints) -> tuple[Floats, Floats]:
    """Slope, and value at ``origin``, of the line through each window's samples."""
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/functions.go, linearRegression
    shape = (len(values), len(windows.low))
    sum_x, sum_xx = Neumaier((1, shape[1])), Neumaier((1, shape[1]))
    sum_y, sum_xy = Neumaier(shape), Neumaier(shape)
    start = values.take(windows.low, axis=1)
    constant = np.ones(shape, np.bool_)
    for i, steps in _columns(windows):
        at = windows.low[steps] + i
        x = ((windows.timestamps[at] - origin[steps]) / 1000.0)[np.newaxis]
        y = columns(at)(values)
        if isinstance(steps, slice):
            sum_x.add(x)
            sum_xx.add(x * x)
            sum_y.add(y)
            sum_xy.add(x * y)
            constant &= y == start
        else:
            sum_x.add_some(x, steps)
            sum_xx.add_some(x * x, steps)
            sum_y.add_some(y, steps)
            sum_xy.add_some(x * y, steps)
            constant[:, steps] &= y == start[:, steps]
    count = windows.count.astype(np.float64)
    of_x, of_y, of_xx, of_xy = (sums.total() for sums in (sum_x, sum_y, sum_xx, sum_xy))
    slope = (of_xy - of_x * of_y / count) / (of_xx - of_x * of_x / count)
    intercept = of_y / count - slope * of_x / count
    slope[constant] = 0.0
    intercept[constant] = start[constant]
    endless = constant & np.isinf(start)
    slope[endless] = intercept[endless] = np.nan
    return slope, intercept
