"""Pools of database connections as the database pack tells them, whatever library has them.

A pool is named as OpenTelemetry has it, ``host:port/database``, or as the application calls it where its library lets
it have a name. Pools of one name are told together; a name that the application has given belongs to the last one. A
connection that has been out for longer than the limit of `leaks_after`, five minutes by default, is told as a leak
while it is; one that is garbage-collected without having been returned is counted as lost.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, NamedTuple

from vedette.duration import milliseconds
from vedette.instruments import clock, guard
from vedette.instruments.metrics import OVERFLOW
from vedette.integrations.operations import operations_of
from vedette.packs.database import (
    connections,
    connections_lost,
    connections_max,
    connections_overdue,
    create_time,
    pending_requests,
    timeouts,
    use_time,
    wait_time,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.duration import Duration

__all__ = ["Reading", "WatchedPool", "leaks_after"]

# An application that has a database, and so a pool, for each tenant must not fill the pages with their names.
_NAMES = 100

_measuring = guard.shield("measuring a pool of database connections")
# A pool may be collected while another one is added.
_lock = threading.RLock()
_groups: dict[str, list[weakref.ref[WatchedPool]]] = {}
_limit = 300.0


class Reading(NamedTuple):
    """How it stands with a pool."""

    idle: float = 0
    used: float = 0
    most: float = 0
    """Connections that it may open."""


class WatchedPool:
    """What is known of one pool. It lives as long as somebody keeps it, best the pool itself.

    Args:
        name: under which it is told.
        system: its database, as ``db_system_name`` has it.
        read: tells how it stands, None if it cannot any more; None if it never can. It must not keep the pool.
        alone: it takes the name over from those that have it.
    """

    __slots__ = (
        "__weakref__",
        "create_time",
        "lends",
        "loans",
        "lost",
        "name",
        "operations",
        "pending",
        "read",
        "system",
        "timeouts",
        "use_time",
        "wait_time",
    )

    def __init__(
        self, name: str, system: str, read: Callable[[], Reading | None] | None, *, alone: bool = False
    ) -> None:
        self.system = system
        self.operations = operations_of(system)
        self.read = read
        self.lends = True
        """Whether a connection is lent to one at a time."""
        self.loans: dict[int, tuple[float, object]] = {}
        """By the identity of what is lent: since when, and what tells that it was lost."""
        self._take(name, alone=alone)

    def rename(self, name: str) -> None:
        """Tell it under a name that is its own from now on, and nothing under the one before."""
        with _lock:
            before = self.name
            self.end()
            if before not in _groups:
                for metric in (timeouts, connections_lost, wait_time, use_time, create_time):
                    metric.remove(before)
            self._take(name, alone=True)

    def _take(self, name: str, *, alone: bool) -> None:
        with _lock:
            self.name = name if name in _groups or len(_groups) < _NAMES else OVERFLOW
            _join(self, alone=alone)
        self.pending = pending_requests.labels(self.name)
        self.timeouts = timeouts.labels(self.name)
        self.lost = connections_lost.labels(self.name)
        # there from the start, so that the first of each is seen as a rise
        self.wait_time = wait_time.labels(self.name)
        self.use_time = use_time.labels(self.name)
        self.create_time = create_time.labels(self.name)

    def lend(self, what: object, began: float, watched: object = None) -> None:
        """A connection is out, for which somebody has waited since ``began``.

        Args:
            what: by which it is known when it comes back; it is not kept.
            began: by `clock.perf`.
            watched: whose end without return means that the connection is lost.
        """
        now = clock.perf()
        self.wait_time.observe(now - began if now > began else 0.0)
        self.loans[id(what)] = now, None if watched is None else weakref.ref(watched, self._lose)

    def take_back(self, what: object) -> None:
        """It is back."""
        loan = self.loans.pop(id(what), None)
        if loan is not None:
            seconds = clock.perf() - loan[0]
            self.use_time.observe(seconds if seconds > 0 else 0.0)

    def forget(self, what: object) -> None:
        """It no longer belongs to the pool."""
        self.loans.pop(id(what), None)

    def overdue(self) -> int:
        """How many are out for longer than the limit."""
        since = clock.perf() - _limit
        return sum(began < since for began, _ in self.loans.copy().values())

    def end(self) -> None:
        """Tell it no more."""
        with _lock:
            group = _groups.get(self.name, [])
            group[:] = [one for one in group if one() is not self]
            _end_if_empty(self.name)

    def _lose(self, reference: object) -> None:
        with _measuring:
            self.lost.inc()
            for key, (_, known) in self.loans.copy().items():
                if known is reference:
                    self.loans.pop(key, None)


def leaks_after(limit: Duration) -> None:
    """How long a connection may be out before it is told as a leak, such as ``"10m"``."""
    global _limit  # noqa: PLW0603 - one for the process
    _limit = milliseconds(limit) / 1000


def _join(pool: WatchedPool, *, alone: bool) -> None:
    name = pool.name
    group = _groups.setdefault(name, [])
    if alone:
        group.clear()
    group.append(weakref.ref(pool, lambda _: _collected(name)))

    def alive() -> list[WatchedPool]:
        return [pool for one in tuple(group) if (pool := one()) is not None]

    def ask(question: Callable[[Reading], float]) -> Callable[[], float]:
        return lambda: sum(question(reading) for pool in alive() if pool.read and (reading := pool.read()) is not None)

    connections_overdue.set_function(lambda: sum(pool.overdue() for pool in alive()), name)
    if pool.read is None:
        return
    connections.set_function(ask(lambda reading: reading.idle), name, "idle")
    connections.set_function(ask(lambda reading: reading.used), name, "used")
    connections_max.set_function(ask(lambda reading: reading.most), name)


def _collected(name: str) -> None:
    # Collecting may interrupt anything: it must not wait for who holds the lock, and the next pool cleans up after it.
    if _lock.acquire(blocking=False):
        try:
            _end_if_empty(name)
        finally:
            _lock.release()


def _end_if_empty(name: str) -> None:
    group = _groups.get(name)
    if group is None:
        return
    group[:] = [one for one in group if one() is not None]
    if group:
        return
    del _groups[name]
    for state in ("idle", "used"):
        connections.remove(name, state)
    connections_max.remove(name)
    connections_overdue.remove(name)
    pending_requests.remove(name)
