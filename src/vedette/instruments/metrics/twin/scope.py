"""What is measured while a block or a function runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self, cast

from vedette.instruments import guard

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Scope", "perf", "set_clock"]

perf: Callable[[], float] = time.perf_counter
"""Seconds that only ever grow; read it through the module, it can be replaced."""


def set_clock(now: Callable[[], float] | None, given: Callable[[], float] | None) -> None:  # noqa: ARG001 - see clock
    """Measure durations by this clock; None is the machine's own. The time of day is asked of `clock` itself."""
    global perf
    perf = given or time.perf_counter


Begun = tuple[float, Any]
"""When it was, and where the gauge's series stood then."""


class Scope:
    """How long (a series of a histogram or summary), how many at once (of a gauge), what fails (a callable)."""

    __slots__ = ("_active", "_begun", "_latency", "_on_error")

    def __init__(self, latency: Any = None, active: Any = None, on_error: Any = None) -> None:
        self._latency = latency
        self._active = active
        self._on_error = on_error
        self._begun: list[Begun] = []

    def begin(self) -> Begun:
        """Begin, and keep what is returned for `end`."""
        series = None
        if self._active is not None:
            with _measuring:
                self._active.inc()
                series = self._active.entry, self._active.life
        return (perf() if self._latency is not None else 0.0), series

    def end(self, begun: Begun, error: BaseException | None) -> None:
        """End what `begin` began; ``error`` is None if it went well."""
        started, series = begun
        if self._latency is not None:
            with _measuring:
                self._latency.observe(max(0.0, perf() - started))
        # What has been dropped meanwhile has begun anew, without this one.
        if self._active is not None and self._active.alive and series == (self._active.entry, self._active.life):
            with _measuring:
                self._active.dec()
        if error is not None and self._on_error is not None:
            with _measuring:
                self._on_error(error)

    def __enter__(self) -> Self:
        self._begun.append(self.begin())
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.end(self._begun.pop(), error)

    def __call__(self, function: Any) -> Any:
        """The function, measured at every call."""
        from vedette.instruments.metrics.timing import decorate  # noqa: PLC0415 - it imports this

        return decorate(cast("Any", self), function)

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A plain function, measured at every call."""
        begin, end = self.begin, self.end

        def measured(*args: Any, **kwargs: Any) -> Any:
            begun = begin()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                end(begun, error)
                raise
            end(begun, None)
            return result

        return measured


_measuring = guard.shield("measuring a block")
