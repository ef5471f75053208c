"""What a series can do beside being updated; the methods of both implementations' series call these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments import clock
from vedette.instruments.metrics.last_duration import LastDuration
from vedette.instruments.metrics.timing import counting

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.instruments.metrics.core import CounterSeries, GaugeSeries, Scope

__all__ = ["count", "set_function", "set_to_current_time", "time"]


def count(series: CounterSeries, exception: type[BaseException] | tuple[type[BaseException], ...] = Exception) -> Scope:
    """Count the exceptions that leave a block or a decorated function."""
    return counting(series, exception)


def set_to_current_time(series: GaugeSeries) -> None:
    """Set it to now, in seconds since the epoch."""
    series.set(clock.now())


def set_function(series: Any, function: Callable[[], float] | None) -> None:
    """Call ``function`` for the value before every scrape; see `Gauge.set_function`."""
    series.family.set_function(series.values, function)


def time(series: GaugeSeries) -> LastDuration:
    """Set it to the seconds that a block or a decorated function took."""
    return LastDuration(series)
