"""What sets a gauge to the seconds that something took the last time: for jobs too rare for a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from vedette.instruments import clock, guard
from vedette.instruments.metrics.timing import decorate

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.instruments.metrics.core import GaugeSeries

__all__ = ["LastDuration"]

F = TypeVar("F")

_measuring = guard.shield("measuring a block")


class LastDuration:
    """A context manager and decorator as `Scope` is."""

    __slots__ = ("_begun", "_series")

    def __init__(self, series: GaugeSeries) -> None:
        self._series = series
        self._begun: list[float] = []

    def begin(self) -> float:
        """Begin, and keep what is returned for `end`."""
        return clock.perf()

    def end(self, begun: float, _error: BaseException | None) -> None:
        """End what `begin` began."""
        with _measuring:
            self._series.set(max(0.0, clock.perf() - begun))

    def __enter__(self) -> Self:
        self._begun.append(self.begin())
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.end(self._begun.pop(), error)

    def __call__(self, function: F) -> F:
        """The function, measured at every call."""
        return decorate(cast("Any", self), function)

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A plain function, measured at every call."""

        def measured(*args: Any, **kwargs: Any) -> Any:
            begun = self.begin()
            try:
                return function(*args, **kwargs)
            finally:
                self.end(begun, None)

        return measured
