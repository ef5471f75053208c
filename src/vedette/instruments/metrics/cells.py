"""Where values live: one cell a series, private to the process. Updates and reads are safe from any thread.

A cell's lock can be taken again by the thread that holds it: a finaliser that counts something may run in the middle
of an update, and must not hang there.
"""

from __future__ import annotations

from bisect import bisect_left
from math import isnan
from threading import RLock
from typing import TYPE_CHECKING

from vedette.instruments import guard

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CounterCell", "GaugeCell", "HistogramCell", "InfoCell", "StateSetCell", "SummaryCell"]


class CounterCell:
    """A number that only grows."""

    __slots__ = ("_lock", "_name", "_value", "labels")

    def __init__(self, name: str, labels: str) -> None:
        self.labels = labels
        self._name = name
        self._lock = RLock()
        self._value: float = 0

    def inc(self, amount: float = 1) -> None:
        """Add ``amount``, which is not negative."""
        if not amount >= 0:
            self._refuse(amount)
            return
        with self._lock:
            self._value += amount

    def mirror(self, total: float) -> None:
        """Take over the total of whoever counts; a smaller one means that it started anew."""
        if not total >= 0:
            self._refuse(total)
            return
        self._value = total

    def _refuse(self, amount: float) -> None:
        guard.mistake(
            (self._name, "amount"), ValueError(f"{self._name} counts upwards only; {amount!r} was ignored: use a Gauge")
        )

    def read(self) -> float:
        """The total."""
        return self._value


class GaugeCell:
    """A number that is set, or rises and falls; or a function that knows it."""

    __slots__ = ("_function", "_lock", "_name", "_value", "labels")

    def __init__(self, name: str, labels: str) -> None:
        self.labels = labels
        self._name = name
        self._lock = RLock()
        self._value: float = 0
        self._function: Callable[[], float] | None = None

    def inc(self, amount: float = 1) -> None:
        """Add ``amount``."""
        with self._lock:
            self._value += amount

    def dec(self, amount: float = 1) -> None:
        """Subtract ``amount``."""
        with self._lock:
            self._value -= amount

    def set(self, value: float) -> None:
        """Replace the value."""
        self._value = value

    def set_function(self, function: Callable[[], float] | None) -> None:
        """Ask ``function`` at every scrape from now on; None returns to the value."""
        self._function = function

    def read(self) -> float | None:
        """The value; None where the function that knows it failed."""
        if self._function is None:
            return self._value
        with guard.shield(f"the function of the gauge {self._name}{{{self.labels}}}"):
            return float(self._function())
        return None


class HistogramCell:
    """How many observations fell at or below each bound, and their sum; never read half-updated."""

    __slots__ = ("_bounds", "_counts", "_floor", "_lock", "_name", "_sum", "labels")

    def __init__(self, name: str, labels: str, bounds: tuple[float, ...]) -> None:
        self.labels = labels
        self._name = name
        self._lock = RLock()
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum: float = 0
        # A sum that can fall is not a counter any more, so values below zero need a bucket that says they are meant.
        self._floor = float("-inf") if bounds[0] < 0 else 0.0

    def observe(self, value: float) -> None:
        """Count ``value`` in its bucket."""
        if not value >= self._floor:
            _refuse(self._name, value)
            return
        index = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[index] += 1
            self._sum += value

    def read(self) -> tuple[list[int], float]:
        """Observations in each bucket alone (the last is above all bounds), and the sum."""
        with self._lock:
            return self._counts.copy(), self._sum


class SummaryCell:
    """How many observations there were, and their sum."""

    __slots__ = ("_count", "_lock", "_name", "_sum", "labels")

    def __init__(self, name: str, labels: str) -> None:
        self.labels = labels
        self._name = name
        self._lock = RLock()
        self._count = 0
        self._sum: float = 0

    def observe(self, value: float) -> None:
        """Count ``value``."""
        if not value >= 0:
            _refuse(self._name, value)
            return
        with self._lock:
            self._count += 1
            self._sum += value

    def read(self) -> tuple[int, float]:
        """Count and sum."""
        with self._lock:
            return self._count, self._sum


class InfoCell:
    """A fact, told by its labels."""

    __slots__ = ("labels",)

    def __init__(self, _name: str, labels: str) -> None:
        self.labels = labels

    def read(self) -> float:
        """Always 1."""
        return 1


class StateSetCell:
    """Which of some states hold."""

    __slots__ = ("_lock", "_name", "_on", "_states", "labels")

    def __init__(self, name: str, labels: str, states: tuple[str, ...]) -> None:
        self.labels = labels
        self._name = name
        self._lock = RLock()
        self._states = states
        self._on: frozenset[str] = frozenset()

    def set(self, state: str) -> None:
        """This state alone holds."""
        if self._known(state):
            self._on = frozenset((state,))

    def switch(self, state: str, on: bool) -> None:
        """This state holds, or does not; the others stay as they are."""
        if self._known(state):
            with self._lock:
                self._on = self._on | {state} if on else self._on - {state}

    def _known(self, state: str) -> bool:
        if state in self._states:
            return True
        guard.mistake(
            (self._name, "state"),
            ValueError(f"{self._name} has no state {state!r}; its states: {', '.join(self._states)}"),
        )
        return False

    def read(self) -> frozenset[str]:
        """The states that hold."""
        return self._on


def _refuse(name: str, value: float) -> None:
    why = "is not a number" if isnan(value) else "is below zero and no bucket is"
    guard.mistake((name, "value"), ValueError(f"{name}: the observation {value!r} {why}; it was ignored"))
