"""A clock that stands still until somebody moves it, and stops on the way wherever something is due."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SimulatedClock"]

_MS = 1_000_000


class SimulatedClock:
    """Simulated time.

    Args:
        start: milliseconds since the epoch.
        next_due: the next moment at which something is to be observed, in milliseconds; None for never. Asked at the
            beginning, and again whenever something was observed.
        observe: called at each such moment, while the clock stands there.
    """

    def __init__(self, start: int, next_due: Callable[[], int | None], observe: Callable[[int], None]) -> None:
        self._start = self._ns = start * _MS
        self._next_due = next_due
        self._observe = observe
        self._observing = False
        # nanoseconds of the next moment: there are many more naps than moments
        self._due = self._ask()
        self._lock = threading.RLock()
        # Event loops that are there already have timers by the machine's clock.
        self._steady = time.monotonic_ns()

    @property
    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self._ns // _MS

    @property
    def ns(self) -> int:
        """Nanoseconds since the epoch."""
        return self._ns

    @property
    def steady_ns(self) -> int:
        """Nanoseconds of the clock that event loops go by."""
        return self._steady + self._ns - self._start

    @property
    def passed_ns(self) -> int:
        """Nanoseconds since the beginning: what durations are measured by, so that they are the same in every run."""
        return self._ns - self._start

    def seconds(self) -> float:
        """Seconds since the epoch."""
        return self._ns / 1e9

    def steady(self) -> float:
        """Seconds of the clock that event loops go by."""
        return (self._steady + self._ns - self._start) / 1e9

    def passed(self) -> float:
        """Seconds since the beginning."""
        return (self._ns - self._start) / 1e9

    def sleep(self, seconds: float) -> None:
        """Let time pass. What is observed meanwhile sees a program that sleeps.

        Raises:
            ValueError: less than nothing.
        """
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.advance_to(self._ns + round(seconds * 1e9))

    def advance_to(self, ns: int, *, waited: Callable[[int], None] | None = None) -> None:
        """Move to a time, in nanoseconds since the epoch; one that is past changes nothing.

        ``waited`` is told of each moment on the way, before anything is observed at it, and of the last.
        """
        with self._lock:
            if self._observing:  # what is asked while it is observed takes no time
                return
            while self._due <= ns:
                due = int(self._due)
                self._ns = max(self._ns, due)
                if waited is not None:
                    waited(self._ns)
                self._observing = True
                try:
                    self._observe(due // _MS)
                finally:
                    self._observing = False
                    self._due = self._ask()
            self._ns = max(self._ns, ns)
            if waited is not None:
                waited(self._ns)

    def _ask(self) -> float:
        due = self._next_due()
        return math.inf if due is None else due * _MS
