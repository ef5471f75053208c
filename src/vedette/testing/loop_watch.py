"""Watches a simulated event loop as `vedette.integrations.event_loop` watches a real one: late, active, idle.

That one looks ten times a second, by a timer of the loop, and a simulated hour would be 36,000 turns of the loop in
which nothing happens. Here the looks are made up for whenever time has passed: where the loop waits, none is late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.integrations.event_loop import INTERVAL
from vedette.packs.runtime import loop_lag, loop_time

if TYPE_CHECKING:
    from vedette.testing.clock import SimulatedClock

__all__ = ["LoopWatch"]

_APART = round(INTERVAL * 1e9)


class LoopWatch:
    """The watch of one loop. It does nothing until the integration, where it is attached, tells it to begin."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._due: int | None = None
        """When the next look is, in nanoseconds of the clock; None where nobody watches."""
        self._told = self._resumed = 0
        self._runs = False

    def begin(self, _loop: Any) -> None:
        """The loop starts to run."""
        self._told = self._resumed = self._clock.ns
        self._runs = True
        if self._due is None:
            self._lag = loop_lag.labels()
            self._active, self._idle = loop_time.labels("active"), loop_time.labels("idle")
            self._due = self._clock.ns + _APART

    def end(self) -> None:
        """The loop has stopped; it may run again."""
        self.turn()
        self._runs = False

    def take_away(self) -> None:
        """Watch it no more."""
        self._due = None

    def turn(self) -> None:
        """The loop has its turn: the time since the last one went by in what it has called."""
        if self._due is None or not self._runs:
            return
        now = self._clock.ns
        if now == self._told:
            return
        self._active.inc((now - self._told) / 1e9)
        self._told = now
        if now >= self._due:
            self._lag.observe(max(0, now - max(self._due, self._resumed)) / 1e9)
            self._due = now + _APART

    def waited(self, now: int) -> None:
        """The loop has waited until now, in nanoseconds."""
        if self._due is None or not self._runs:
            return
        self._idle.inc((now - self._told) / 1e9)
        self._told = now
        for _ in range((now - self._due) // _APART + 1):
            self._lag.observe(0.0)
            self._due += _APART
