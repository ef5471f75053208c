"""Event loops while they run: how late they are, and how much of their time they are busy.

A timer of the loop itself, due ten times a second, tells by how much it is late. A loop over a selector tells how long
it waits there, and the rest of its time is active. uvloop's waits in C and does not tell: there the loop is taken to be
active for as long as its thread used the processor or, on Linux, waited for it; or for as long as the timer was late,
where that is more.
"""

from __future__ import annotations

import os
import time
from functools import wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from vedette.instruments import clock, guard
from vedette.integrations.unhandled import count
from vedette.packs.runtime import loop_lag, loop_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

__all__ = ["INTERVAL", "WATCH", "patch_loop", "watch_running"]

INTERVAL = 0.1
"""Seconds between two looks at a loop."""

_watching = guard.shield("watching an event loop")
WATCH = "_vedette_watch"
"""A loop has its watch itself, so that both end together. One that brings its own, as a simulated loop, keeps it."""
_watched: WeakSet[Any] = WeakSet()


class _Watch:
    """Watches one loop, as often and as long as it runs."""

    __slots__ = (
        "_active",
        "_cpu",
        "_due",
        "_idle",
        "_idle_told",
        "_lag",
        "_last",
        "_loop_idle",
        "_patches",
        "_resumed",
        "_selector",
        "_timer",
    )

    def __init__(self, loop: Any, patches: Patches) -> None:
        self._patches = patches
        self._lag = loop_lag.labels()
        self._active, self._loop_idle = loop_time.labels("active"), loop_time.labels("idle")
        self._timer: Any = None
        self._due = self._last = self._resumed = self._cpu = 0.0
        self._idle = self._idle_told = 0.0
        self._selector = getattr(loop, "_selector", None)
        if self._selector is not None:
            self._time_selector()

    def begin(self, loop: Any) -> None:
        """The loop starts to run."""
        self._resumed = self._last = clock.perf()
        self._cpu = _processor_seconds()
        self._idle_told = self._idle
        if self._timer is None:
            self._plan(loop)

    def end(self) -> None:
        """The loop has stopped; it may run again, and the timer with it."""
        self._tell(clock.perf(), 0.0)

    def take_away(self) -> None:
        """Watch it no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._selector is not None:
            vars(self._selector).pop("select", None)

    def _plan(self, loop: Any) -> None:
        self._due = clock.perf() + INTERVAL
        self._timer = loop.call_later(INTERVAL, self._look, loop)

    def _look(self, loop: Any) -> None:
        self._timer = None
        if not self._patches.active:
            return
        with _watching:
            now = clock.perf()
            # While the loop did not run nobody waited for it.
            late = max(0.0, now - max(self._due, self._resumed))
            self._lag.observe(late)
            self._tell(now, late)
        self._plan(loop)

    def _tell(self, now: float, late: float) -> None:
        passed, self._last = max(0.0, now - self._last), now
        if self._selector is not None:
            idle, self._idle_told = self._idle - self._idle_told, self._idle
        else:
            cpu = _processor_seconds()
            idle = passed - max(cpu - self._cpu, late)
            self._cpu = cpu
        idle = min(max(idle, 0.0), passed)
        self._loop_idle.inc(idle)
        self._active.inc(passed - idle)

    def _time_selector(self) -> None:
        selector: Any = self._selector
        original = selector.select

        @wraps(original)
        def select(timeout: float | None = None) -> Any:
            if timeout is not None and timeout <= 0:  # there is something to do
                return original(timeout)
            began = clock.perf()
            try:
                return original(timeout)
            finally:
                self._idle += clock.perf() - began

        selector.select = select


def _processor_seconds() -> float:
    """Time that this thread has used the processor and, where the system tells, waited for it."""
    try:
        fd = os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, AttributeError):  # no Linux, or one that is not built to tell
        return time.thread_time()
    try:
        # https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
        used, waited = os.read(fd, 128).split()[:2]
    finally:
        os.close(fd)
    return (int(used) + int(waited)) / 1e9


def patch_loop(patches: Patches, kind: Any) -> None:
    """Watch every loop of a class while it runs, and count the exceptions that it is told of."""
    patches.replace(kind, "run_forever", lambda original: _run(patches, original))
    patches.replace(kind, "call_exception_handler", lambda original: _handler(patches, original))
    patches.also_undo(_take_away)


def watch_running(patches: Patches, loop: Any) -> None:
    """Watch a loop that runs already."""
    watch = _watch(patches, loop)
    if watch is not None:
        with _watching:
            watch.begin(loop)


def _run(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def run_forever(self: Any) -> Any:
        watch = _watch(patches, self) if patches.active else None
        if watch is None:
            return original(self)
        with _watching:
            if not self.is_closed() and not self.is_running():  # else it says so itself
                watch.begin(self)
        try:
            return original(self)
        finally:
            with _watching:
                watch.end()

    return run_forever


def _handler(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def call_exception_handler(self: Any, context: Any) -> Any:
        if patches.active:
            error = context.get("exception")
            count("asyncio", None if error is None else type(error))
        return original(self, context)

    return call_exception_handler


def _watch(patches: Patches, loop: Any) -> _Watch | None:
    with _watching:
        found: _Watch | None = getattr(loop, WATCH, None)
        if found is None:
            found = _Watch(loop, patches)
            setattr(loop, WATCH, found)
            _watched.add(loop)
        return found
    return None


def _take_away() -> None:
    for loop in list(_watched):
        watch = vars(loop).pop(WATCH, None)
        if watch is not None:
            watch.take_away()
    _watched.clear()
