"""Pools of psycopg 3, sync and async, as the database pack declares them: what is idle, in use and allowed, who waits.

A pool is told under the name that it was given, ``ConnectionPool(…, name="orders")``, else under the one that it has
given itself, such as ``pool-1``. One that lets nobody wait any more, with ``max_waiting=``, refuses as if time were up.
"""

from __future__ import annotations

import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations.pools import Reading, WatchedPool
from vedette.integrations.psycopg_statement import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["patch_pools"]

_MARK = "_vedette"
_measuring = guard.shield("measuring a pool of psycopg")
_marked: weakref.WeakSet[Any] = weakref.WeakSet()


def patch_pools(patches: Patches) -> None:
    """Measure every pool."""
    from psycopg_pool import (  # noqa: PLC0415 - loaded by who attaches
        AsyncConnectionPool,
        ConnectionPool,
        PoolTimeout,
        TooManyRequests,
    )

    in_vain = (PoolTimeout, TooManyRequests)
    patches.replace(ConnectionPool, "getconn", _lending(patches, in_vain))
    patches.replace(AsyncConnectionPool, "getconn", _lending_async(patches, in_vain))
    patches.replace(ConnectionPool, "putconn", _returning(patches))
    patches.replace(AsyncConnectionPool, "putconn", _returning_async(patches))
    patches.replace(ConnectionPool, "_connect", _making(patches))
    patches.replace(AsyncConnectionPool, "_connect", _making_async(patches))
    patches.also_undo(_forget_all)


def _forget_all() -> None:
    for pool in list(_marked):
        vars(pool).pop(_MARK).end()
    _marked.clear()


def _watched(patches: Patches, pool: Any) -> WatchedPool | None:
    """What is known of a pool."""
    if not patches.active:
        return None
    found: WatchedPool | None = getattr(pool, _MARK, None)
    if found is None:
        with _measuring:
            found = WatchedPool(pool.name, SYSTEM, _reader(pool))
            setattr(pool, _MARK, found)
            _marked.add(pool)
    return found


def _reader(pool: Any) -> Callable[[], Reading | None]:
    # The metrics outlive the pool, which stops its workers when nobody keeps it.
    reference = weakref.ref(pool)

    def read() -> Reading | None:
        alive = reference()
        if alive is None or alive.closed:
            return None
        stats = alive.get_stats()
        # what it counts as connections are also those that are only being made
        watched = getattr(alive, _MARK, None)
        used = len(watched.loans) if watched is not None else 0
        return Reading(stats["pool_available"], used, stats["pool_max"] or float("inf"))

    return read


def _begin(watched: WatchedPool) -> float:
    watched.pending.inc()
    return clock.perf()


def _refuse(watched: WatchedPool, error: BaseException, in_vain: tuple[type[Exception], ...]) -> None:
    with _measuring:
        if isinstance(error, in_vain):
            watched.timeouts.inc()


def _lend(watched: WatchedPool, connection: Any, began: float) -> None:
    try:
        watched.lend(connection, began, connection)
    except Exception:  # guarding every call costs more than what is guarded
        with _measuring:
            raise


def _lending(patches: Patches, in_vain: tuple[type[Exception], ...]) -> Make:
    """Tells who waits for a connection of a pool, for how long, and in vain."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def getconn(self: Any, *args: Any, **named: Any) -> Any:
            watched = _watched(patches, self)
            if watched is None:
                return original(self, *args, **named)
            began = _begin(watched)
            try:
                connection = original(self, *args, **named)
            except BaseException as error:
                _refuse(watched, error, in_vain)
                raise
            finally:
                watched.pending.dec()
            _lend(watched, connection, began)
            return connection

        return getconn

    return make


def _lending_async(patches: Patches, in_vain: tuple[type[Exception], ...]) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def getconn(self: Any, *args: Any, **named: Any) -> Any:
            watched = _watched(patches, self)
            if watched is None:
                return await original(self, *args, **named)
            began = _begin(watched)
            try:
                connection = await original(self, *args, **named)
            except BaseException as error:
                _refuse(watched, error, in_vain)
                raise
            finally:
                watched.pending.dec()
            _lend(watched, connection, began)
            return connection

        return getconn

    return make


def _take_back(patches: Patches, pool: Any, connection: Any) -> None:
    try:
        watched = getattr(pool, _MARK, None)
        if patches.active and watched is not None:
            watched.take_back(connection)
    except Exception:
        with _measuring:
            raise


def _returning(patches: Patches) -> Make:
    """Tells that a connection is back in its pool."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def putconn(self: Any, conn: Any) -> Any:
            _take_back(patches, self, conn)
            return original(self, conn)

        return putconn

    return make


def _returning_async(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def putconn(self: Any, conn: Any) -> Any:
            _take_back(patches, self, conn)
            return await original(self, conn)

        return putconn

    return make


def _made(patches: Patches, pool: Any, began: float) -> None:
    with _measuring:
        watched = _watched(patches, pool)
        if watched is not None:
            watched.create_time.observe(max(0.0, clock.perf() - began))


def _making(patches: Patches) -> Make:
    """Times the making of a connection of a pool."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def connect(self: Any, *args: Any, **named: Any) -> Any:
            began = clock.perf()
            connection = original(self, *args, **named)
            _made(patches, self, began)
            return connection

        return connect

    return make


def _making_async(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def connect(self: Any, *args: Any, **named: Any) -> Any:
            began = clock.perf()
            connection = await original(self, *args, **named)
            _made(patches, self, began)
            return connection

        return connect

    return make
