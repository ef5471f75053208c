"""The checks of a process and what is known of them: called when they are due, told at once, waited for at first."""

from __future__ import annotations

import os
import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from vedette.errors import DeclarationError
from vedette.health import told
from vedette.health.call import Call, running_loop
from vedette.health.check import Check, seconds
from vedette.health.report import Known, Report, report
from vedette.health.state import (
    Plan,
    State,
    begun,
    ended,
    expired,
    is_due,
    is_settled,
    left_out,
    next_moment,
    wanted_now,
)
from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT as REGISTRY

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterable, Iterator

    from vedette.health.check import Level, Run
    from vedette.health.outcome import Outcome

__all__ = ["Health"]

R = TypeVar("R", bound="Run")

# Seconds after which nobody asks any more, and checks are not called until somebody does: at least so long, and for
# checks that are called seldom twice their interval. Nobody waits longer between two probes or scrapes.
_IDLE = 120.0
# What a wait takes above a check's timeout where the thread that tells of it comes late, and where none comes at all.
_LATE = 0.002
_LATEST = 5.0
_keeping = guard.shield("checking health")

_all: weakref.WeakSet[Health] = weakref.WeakSet()


class Health:
    """The checks of a process, and what their last calls have found.

    Nothing is called until somebody asks. From then on each check is called once in its interval, in the background, as
    long as somebody asks now and then; whoever asks is told what is known, and waits only for what is not.

    Args:
        checks: what must work.

    Raises:
        DeclarationError: two checks have one name.

    Example:
        >>> from vedette.health import Check, Health
        >>> health = Health(Check("disk", lambda: None))
        >>> health.wait().status
        'pass'
    """

    def __init__(self, *checks: Check) -> None:
        self._checks: dict[str, tuple[Check, Plan]] = {}
        self._states: dict[str, State] = {}
        self._started = False
        self._draining = False
        self._watched = False
        self._begin_anew()
        for check in checks:
            self.add(check)
        _all.add(self)

    def _begin_anew(self) -> None:
        """Know nothing, and have nothing running: so a process begins, one that was forked too."""
        self._states = {name: State() for name in self._checks}
        self._calls: dict[str, Call] = {}
        # Held for a few assignments at a time, never while a check is called.
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        """Held while the metrics are set, so that nobody tells what he read before another has told of a change."""
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting: list[Callable[[], object]] = []
        self._loop: AbstractEventLoop | None = None
        self._asked = float("-inf")
        self._origin: float | None = None

    # What there is to check

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks, in the order in which they were added."""
        return tuple(check for check, _ in self._checks.values())

    def add(self, check: Check) -> None:
        """Check this, too. The same check again changes nothing.

        Raises:
            DeclarationError: another check has the name.
        """
        every, breaker = seconds(check.every), check.breaker
        plan = Plan(
            timeout=seconds(check.timeout),
            every=every,
            grace=seconds(check.grace),
            opens_after=0 if breaker is None else breaker.failures,
            pause=3 * every if breaker is None or breaker.pause is None else seconds(breaker.pause),
        )
        with self._lock:
            there = self._checks.get(check.name)
            if there is not None and there[0] != check:
                raise DeclarationError(f"there are two checks {check.name!r}; give one of them another name")
            if there is None:
                # Other dictionaries, since others may be reading those there were.
                self._states = {**self._states, check.name: State()}
                self._checks = {**self._checks, check.name: (check, plan)}
        self._wake.set()

    def check(self, name: str, **settings: Any) -> Callable[[R], R]:
        """Register a function, synchronous or not, as a check; the settings are those of `Check`.

        Example:
            >>> health = Health()
            >>> @health.check("payments", level="warning", timeout="2s")
            ... def payments():
            ...     pass
        """

        def register(run: R) -> R:
            self.add(Check(name, run, **settings))
            return run

        return register

    # What is known

    def report(self, *, level: Level | None = None, only: str | None = None) -> Report:
        """What is known now, without waiting.

        Args:
            level: of the checks of this level alone.
            only: of the check of this name alone.
        """
        now, checks, states = clock.perf(), self._checks, self._states
        known = {name: Known(check, plan, states[name]) for name, (check, plan) in checks.items()}
        origin = now if self._origin is None else self._origin
        return report(known, self._names(level, only), now=now, origin=origin)

    def wait(self, *, level: Level | None = None, only: str | None = None) -> Report:
        """What is known now; of a check without a result this waits for it, as long as the check may take."""
        names = self._names(level, only)
        if not self.ask(names):
            for left in self._waits(names):
                arrived = threading.Event()
                self._when_told(arrived.set)
                if not self.ask(names):
                    arrived.wait(left)
        return self.report(level=level, only=only)

    async def wait_async(self, *, level: Level | None = None, only: str | None = None) -> Report:
        """The same on asyncio's loop, without blocking it; on another's it does not wait."""
        names = self._names(level, only)
        loop = running_loop()
        self._on_loop(loop)
        if not self.ask(names) and loop is not None:
            import asyncio  # noqa: PLC0415 - whose loop runs has loaded it

            for left in self._waits(names):
                arrived = asyncio.Event()
                self._when_told(partial(loop.call_soon_threadsafe, arrived.set))
                if not self.ask(names):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(arrived.wait(), left)
        return self.report(level=level, only=only)

    def ask(self, names: Iterable[str] | None = None) -> bool:
        """Have checks called, now where they are due and in the background from now on; whether all have a result."""
        now, states = clock.perf(), self._states
        self._asked = now
        if self._origin is None:
            self._origin = now
        waiting = [state for name in (states if names is None else names) if not is_settled(state := states[name], now)]
        thread = self._thread
        if thread is None or not thread.is_alive() or not all(state.running for state in waiting):
            with _keeping:
                self._keep_checking()
        return not waiting

    def watch(self, loop: AbstractEventLoop | None = None) -> None:
        """This process is asked for its health: from now on whoever scrapes it asks, too.

        Args:
            loop: the application's, which asynchronous checks are to be awaited on.
        """
        self._on_loop(loop)
        self._watched = True
        REGISTRY.before_scrape(_before_scrape)

    # What the process says of itself

    @property
    def is_started(self) -> bool:
        """Whether `started` was called, or every critical check has passed once."""
        if not self._started:
            checks, states = self._checks, self._states
            self._started = all(states[name].works for name, (check, _) in checks.items() if check.level == "critical")
        return self._started

    @property
    def is_draining(self) -> bool:
        """Whether `draining` was called."""
        return self._draining

    @property
    def is_ready(self) -> bool:
        """Whether it takes requests, as far as is known."""
        return self.is_started and not self._draining and self.report(level="critical").status != "fail"

    def started(self) -> None:
        """The process has started, whatever the checks say."""
        self._started = True

    def draining(self) -> None:
        """The process is about to end and takes no new requests: it is not ready from now on."""
        # Nothing else: a signal's handler calls this, and whoever was interrupted may hold any lock.
        self._draining = True

    # How it comes to be known

    def step(self) -> float | None:
        """Call what is due, and judge what takes too long; the seconds until there is something to do, None for never.

        The background does so. Whoever has a clock of his own may do so himself.
        """
        self._judge()
        now = clock.perf()
        since = now - self._asked
        begin: list[Call] = []
        moments: list[float] = []
        with self._lock:
            for name, (check, plan) in self._checks.items():
                state = self._states[name]
                wanted = since <= max(_IDLE, 2 * plan.every)
                if wanted and is_due(state, now):
                    self._states[name] = state = begun(state, plan, now)
                    self._calls[name] = call = Call(
                        name, check.run, loop=self._loop, timeout=plan.timeout, done=partial(self._ended, name)
                    )
                    begin.append(call)
                moment = next_moment(state, plan) if wanted or state.running else None
                if moment is not None:
                    moments.append(moment)
        for call in begin:
            call.begin()
        return max(min(moments) - now, 0.0) if moments else None

    def _judge(self) -> None:
        """What takes too long has failed."""
        now, wall = clock.perf(), clock.now()
        judged: list[tuple[str, State]] = []
        with self._lock:
            for name, (_, plan) in self._checks.items():
                before = self._states[name]
                state = expired(before, plan, now, wall)
                if state is not before:
                    self._states[name] = state
                    judged.append((name, state))
        for name, _ in judged:
            self._calls[name].cancel()
        self._tell(judged)

    def _ended(self, name: str, outcome: Outcome | None) -> None:
        """A call has ended, in whatever thread."""
        now, wall = clock.perf(), clock.now()
        with self._lock:
            before, (_, plan) = self._states[name], self._checks[name]
            state = left_out(before, plan, now) if outcome is None else ended(before, plan, outcome, now, wall)
            self._states[name] = state
        self._wake.set()
        self._tell([] if before.judged or outcome is None else [(name, state)])

    def _on_loop(self, loop: AbstractEventLoop | None) -> None:
        """The application has this loop. What had to be left out on one that has ended can be called again."""
        if loop is None or loop is self._loop:
            return
        now = clock.perf()
        with self._lock:
            self._loop = loop
            for name, state in self._states.items():
                self._states[name] = wanted_now(state, now)

    def _tell(self, judged: list[tuple[str, State]]) -> None:
        """There are results."""
        if not judged:
            return
        try:
            for name, state in judged:
                told.tell_call(name, state)
            self._tell_now()
        finally:
            with self._lock:
                waiting, self._waiting = self._waiting, []
            for arrived in waiting:
                with suppress(RuntimeError):  # its loop is closed
                    arrived()

    def _tell_now(self) -> None:
        with self._telling:
            told.tell_found(self.report().found)
            told.tell_ready(self.is_ready)

    def _when_told(self, arrived: Callable[[], object]) -> None:
        """Call ``arrived`` at the next result."""
        with self._lock:
            self._waiting.append(arrived)

    def _before_scrape(self) -> None:
        """Whoever reads the metrics asks, too."""
        if self._watched:
            self.ask()
            self._tell_now()

    def _keep_checking(self) -> None:
        if not self._watched:
            self.watch()
        self._wake.set()
        with self._lock:
            if self._checks and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._keep, name="vedette-health", daemon=True)
                self._thread.start()

    def _keep(self) -> None:
        while True:
            pause: float | None = 1.0
            with _keeping:
                pause = self.step()
            if pause is None:
                with self._lock:
                    idle = clock.perf() - self._asked > _IDLE
                    if idle and not any(state.running for state in self._states.values()):
                        self._thread = None
                        return
                pause = _IDLE
            self._wake.wait(pause)
            self._wake.clear()

    def _waits(self, names: tuple[str, ...]) -> Iterator[float]:
        """How long to wait at most, again and again, until there is a result of all."""
        longest = max(self._checks[name][1].timeout for name in names)
        until = time.monotonic() + longest + _LATEST
        while not self.ask(names) and time.monotonic() < until:
            now, states = clock.perf(), self._states
            left = [
                states[name].began + self._checks[name][1].timeout - now if states[name].running else longest
                for name in names
                if not is_settled(states[name], now)
            ]
            yield max([0.0, *left]) + _LATE
            self._judge()  # in case that nobody else has come to it

    def _names(self, level: Level | None, only: str | None) -> tuple[str, ...]:
        return tuple(
            name
            for name, (check, _) in self._checks.items()
            if (level is None or check.level == level) and (only is None or name == only)
        )


def _before_scrape() -> None:
    for health in tuple(_all):
        health._before_scrape()  # noqa: SLF001 - our own


def _forked() -> None:
    for health in tuple(_all):
        health._begin_anew()  # noqa: SLF001 - our own


if hasattr(os, "register_at_fork"):  # there is none on Windows
    os.register_at_fork(after_in_child=_forked)
