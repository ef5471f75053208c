"""Connection pools of redis-py and valkey-py: what is in use, idle and allowed, who waits, and who waits in vain.

A pool is told once a client has used it. Pools of one name are told together: by default it is that of OpenTelemetry,
``host:port/database``.
"""

from __future__ import annotations

import os
import threading
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.packs.cache import connections, connections_max, pending_requests, timeouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["Told", "async_waiting", "forget_all", "known", "name_cache", "name_pool", "refused", "told", "waiting"]

_MARK = "_vedette"
_measuring = guard.shield("measuring a redis connection pool")
# redis-py's own way to say that there is no limit
_NO_LIMIT = 2**31


class Told:
    """What is known of one pool: under which name it is told, and what cache is behind it."""

    __slots__ = ("cache", "name")

    def __init__(self, name: str, cache: str = "") -> None:
        self.name = name
        self.cache = cache


_NO_POOL = Told("")
_groups: dict[str, weakref.WeakSet[Any]] = {}
"""Name → the pools that are told under it."""
# A pool may be collected while another one is added.
_lock = threading.RLock()


def _forked() -> None:
    """In the child of a fork nobody holds the lock."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)


def told(pool: Any) -> Told:
    """What is known of the pool; from now on it is told."""
    found: Told | None = getattr(pool, _MARK, None)
    if found is not None:
        return found
    with _lock:
        found = getattr(pool, _MARK, None)  # another thread may have been here first
        if found is None:
            found = Told(_default_name(pool))
            setattr(pool, _MARK, found)
            _add(pool, found.name)
    return found


def known(client: Any) -> Told:
    """What is known of the pool of a client."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:  # a cluster has a pool for each node, and itself the name of its cache
        return getattr(client, _MARK, _NO_POOL)
    return getattr(pool, _MARK, None) or told(pool)


def name_cache(client: Any, name: str) -> None:
    """Count hits and misses of what this client looks up as those of the cache ``name``.

    Args:
        client: a client, sync or async; those that share its connection pool share the name.
        name: of the cache, such as ``"sessions"``.
    """
    pool = getattr(client, "connection_pool", None)
    if pool is not None:
        told(pool).cache = name
    else:  # a cluster has a pool for each node
        setattr(client, _MARK, Told("", name))


def name_pool(client: Any, name: str) -> None:
    """Tell the connection pool of this client under ``name``.

    Args:
        client: a client, sync or async, or a pool.
        name: what tells its pool from those of others; pools of one name are told together.
    """
    pool = getattr(client, "connection_pool", client)
    with _lock:
        found: Told | None = getattr(pool, _MARK, None)
        if found is None:
            setattr(pool, _MARK, Told(name))
            _add(pool, name)
            return
        before, found.name = found.name, name
        _groups[before].discard(pool)
        _end_if_empty(before)
        _add(pool, name)


def forget_all(package: str) -> None:
    """Tell no pool of the package any more, and leave nothing on them."""
    with _lock:
        for name, group in list(_groups.items()):
            for pool in list(group):
                if any(kind.__module__.partition(".")[0] == package for kind in type(pool).__mro__):
                    delattr(pool, _MARK)
                    group.discard(pool)
            _end_if_empty(name)


def _default_name(pool: Any) -> str:
    options = pool.connection_kwargs
    where = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    return f"{getattr(pool, 'service_name', None) or where}/{options.get('db') or 0}"


def _add(pool: Any, name: str) -> None:
    weakref.finalize(pool, _end_if_empty, name).atexit = False
    if name in _groups:
        _groups[name].add(pool)
        return
    _groups[name] = group = weakref.WeakSet([pool])

    def ask(question: Callable[[Any], float]) -> Callable[[], float]:
        return lambda: sum(question(one) for one in list(group))

    timeouts.labels(name)
    pending_requests.labels(name)
    connections.set_function(ask(_idle), name, "idle")
    connections.set_function(ask(_used), name, "used")
    connections_max.set_function(ask(_limit), name)


def _end_if_empty(name: str) -> None:
    with _lock:
        group = _groups.get(name)
        if group is None or list(group):
            return
        del _groups[name]
        for state in ("idle", "used"):
            connections.remove(name, state)
        connections_max.remove(name)
        pending_requests.remove(name)


def _used(pool: Any) -> float:
    queue = getattr(pool, "pool", None)  # the kind that blocks keeps them, and places for more, in a queue
    return float(len(pool._in_use_connections) if queue is None else pool.max_connections - queue.qsize())  # noqa: SLF001 - there is no public way to ask


def _idle(pool: Any) -> float:
    if getattr(pool, "pool", None) is None:
        return float(len(pool._available_connections))  # noqa: SLF001
    return max(0.0, len(pool._connections) - _used(pool))  # noqa: SLF001


def _limit(pool: Any) -> float:
    return float("inf") if pool.max_connections >= _NO_LIMIT else float(pool.max_connections)


def refused(patches: Patches, counted: str) -> Make:
    """Counts who is refused at once by a pool that lets nobody wait; ``counted`` is what it has of connections."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def make_connection(self: Any, *args: Any, **options: Any) -> Any:
            try:
                connection = original(self, *args, **options)
            except Exception:
                with _measuring:
                    number = getattr(self, counted)
                    made = number if isinstance(number, int) else len(number)
                    if patches.active and made >= self.max_connections:
                        timeouts.inc(told(self).name)
                raise
            if getattr(self, _MARK, None) is None and patches.active:
                with _measuring:
                    told(self)  # a cluster uses the pools of its nodes without their clients
            return connection

        return make_connection

    return make


def waiting(patches: Patches) -> Make:
    """Counts who waits for a connection of a pool that blocks, and who waits in vain."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def get_connection(self: Any, *args: Any, **options: Any) -> Any:
            name = _begin_to_wait(self) if patches.active and _has_to_wait(self) else ""
            try:
                return original(self, *args, **options)
            except Exception as error:
                _in_vain(patches, self, type(error.__context__).__name__ == "Empty")  # of the queue behind the pool
                raise
            finally:
                _stop_waiting(name)

        return get_connection

    return make


def async_waiting(patches: Patches) -> Make:
    """The same of a pool for asyncio."""
    from inspect import iscoroutinefunction  # noqa: PLC0415 - loaded by the library anyway, never by importing this

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def wait(self: Any, connection: Any) -> Any:
            name = _begin_to_wait(self)
            try:
                return await connection
            except Exception as error:
                # of the wait: a connection that cannot be made in time is another error and has no cause
                _in_vain(patches, self, isinstance(error.__cause__, TimeoutError))
                raise
            finally:
                _stop_waiting(name)

        @wraps(original)
        def get_connection(self: Any, *args: Any, **options: Any) -> Any:
            connection = original(self, *args, **options)
            return wait(self, connection) if patches.active and _has_to_wait(self) else connection

        @wraps(original)
        async def get_connection_async(self: Any, *args: Any, **options: Any) -> Any:
            return await get_connection(self, *args, **options)

        return get_connection_async if iscoroutinefunction(original) else get_connection

    return make


def _has_to_wait(pool: Any) -> bool:
    """Whether it has no connection to give now."""
    with _measuring:
        queue = getattr(pool, "pool", None)
        return bool(queue.empty() if queue is not None else not pool.can_get_connection())
    return False


def _begin_to_wait(pool: Any) -> str:
    with _measuring:
        name = told(pool).name
        pending_requests.inc(name)
        return name
    return ""


def _stop_waiting(name: str) -> None:
    if name:
        with _measuring:
            pending_requests.dec(name)


def _in_vain(patches: Patches, pool: Any, because_of_waiting: bool) -> None:
    with _measuring:
        if patches.active and because_of_waiting:
            timeouts.inc(told(pool).name)
