"""Engines of SQLAlchemy and their pools: which are measured, under which name, and what their pools lend."""

from __future__ import annotations

import threading
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import clock, guard
from vedette.integrations.operations import connecting, cover, fail_to_connect
from vedette.integrations.pools import Reading, WatchedPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine, Pool

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = [
    "MARK",
    "cover_record",
    "everywhere",
    "given_names",
    "lock",
    "marked",
    "measuring",
    "patch_pools",
    "root_of",
    "system_of",
    "unmark",
    "watch",
    "watched_of",
]

# Where the dialect has another name: https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-system-name
_SYSTEMS = {"oracle": "oracle.db", "mssql": "microsoft.sql_server"}
MARK = "_vedette"
measuring = guard.shield("measuring a database operation")
lock = threading.RLock()
given_names: weakref.WeakKeyDictionary[Engine, str] = weakref.WeakKeyDictionary()
"""The engines that the application has named."""
marked: weakref.WeakSet[Pool] = weakref.WeakSet()
"""The pools that are told."""
everywhere: set[Patches] = set()
"""The patches by which every engine is measured; without any, only those that are named."""


def patch_pools(patches: Patches) -> None:
    """Measure the pools."""
    from sqlalchemy import Engine  # noqa: PLC0415 - loaded by who attaches, never by importing this
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError  # noqa: PLC0415
    from sqlalchemy.pool import base  # noqa: PLC0415

    record: Any = base._ConnectionRecord  # noqa: SLF001 - there is no public way in
    patches.replace(Engine, "raw_connection", _lending(patches, PoolTimeoutError))
    patches.replace(Engine, "dispose", _disposing(patches))
    patches.replace(record, "_ConnectionRecord__connect", _connecting(patches))
    patches.replace(record, "checkin", _returning(patches))
    patches.replace(base._ConnectionFairy, "detach", _detaching(patches))  # noqa: SLF001


def watched_of(engine: Engine) -> WatchedPool | None:
    """What is known of the pool of an engine; None for one that is not to be measured."""
    pool = engine.pool
    found: WatchedPool | None = getattr(pool, MARK, None)
    return found if found is not None else watch(engine, pool)


def watch(engine: Engine, pool: Pool) -> WatchedPool | None:
    """Tell the pool of an engine from now on, if the engine is to be measured."""
    from sqlalchemy.pool import SingletonThreadPool, StaticPool  # noqa: PLC0415 - see patch_pools

    with measuring, lock:
        found: WatchedPool | None = getattr(pool, MARK, None)
        if found is None:
            root = root_of(engine)
            given = given_names.get(root)
            if given is None and not everywhere:
                return None
            name = _name_of(root) if given is None else given
            found = WatchedPool(name, system_of(engine.dialect), _reader(root, pool), alone=given is not None)
            # these two lend one connection to several at once
            found.lends = not isinstance(pool, SingletonThreadPool | StaticPool)
            setattr(pool, MARK, found)
            marked.add(pool)
        return found
    return None


def unmark(pool: Pool) -> None:
    """Tell it no more, and leave nothing on it."""
    found: WatchedPool | None = vars(pool).pop(MARK, None)
    marked.discard(pool)
    if found is not None:
        found.end()


def root_of(engine: Any) -> Engine:
    """The engine itself of one with execution options, which has its pool from it."""
    while hasattr(engine, "_proxied"):
        engine = engine._proxied  # noqa: SLF001 - there is no public way to ask
    return cast("Engine", engine)


def system_of(dialect: Any) -> str:
    """Its database, as ``db_system_name`` has it."""
    name = str(dialect.name)
    return _SYSTEMS.get(name, name)


def _name_of(engine: Engine) -> str:
    given = getattr(engine.pool, "logging_name", None)
    if given:
        return str(given)
    url = engine.url
    where = f"{url.host}:{url.port}" if url.port else url.host or system_of(engine.dialect)
    # of a file its name: where it is says too much
    return f"{where}/{(url.database or '').rpartition('/')[2] or 'default'}"


def _reader(engine: Engine, pool: Pool) -> Callable[[], Reading | None] | None:
    """Asks a pool that can tell itself, as SQLAlchemy's `QueuePool` can, while the engine has it."""
    if not hasattr(pool, "checkedout"):
        return None
    # The metrics outlive both: they must not keep them.
    engines, pools = weakref.ref(engine), weakref.ref(pool)

    def read() -> Reading | None:
        engine: Any = engines()
        pool: Any = pools()
        if engine is None or pool is None or engine.pool is not pool:
            return None
        overflow = getattr(pool, "_max_overflow", 0)  # there is no public way to ask
        most = float("inf") if overflow < 0 else float(pool.size() + overflow)
        return Reading(pool.checkedin(), pool.checkedout(), most)

    return read


def _lending(patches: Patches, timeout: type[Exception]) -> Make:
    """Tells who waits for a connection of the pool, for how long, and in vain."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def raw_connection(self: Any) -> Any:
            watched = watched_of(self) if patches.active else None
            if watched is None:
                return original(self)
            began = clock.perf()
            watched.pending.inc()
            before = connecting.get()
            connecting.set(True)
            try:
                fairy = original(self)
            except BaseException as error:
                with measuring:
                    if isinstance(error, timeout):
                        watched.timeouts.inc()
                    elif not isinstance(error, self.dialect.loaded_dbapi.Error):  # those are told by _refused
                        fail_to_connect(watched.system, error)
                raise
            finally:
                connecting.set(before)
                watched.pending.dec()
            try:
                record = fairy._connection_record  # noqa: SLF001 - what comes back is the record
                if watched.lends:
                    watched.lend(record, began, fairy)
                if getattr(record, MARK, None) is not patches:
                    cover_record(patches, record)
            except Exception:
                with measuring:
                    raise
            return fairy

        return raw_connection

    return make


def _disposing(patches: Patches) -> Make:
    """Tells the pool that an engine has made in the place of the one that is disposed of."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def dispose(self: Any, *details: Any, **named: Any) -> Any:
            answer = original(self, *details, **named)
            if patches.active:
                watched_of(self)
            return answer

        return dispose

    return make


def cover_record(patches: Patches, record: Any) -> None:
    """What goes over the connection is told here, not by what its driver's integration sees."""
    with measuring:
        setattr(record, MARK, patches)
        cover(record.driver_connection, "sqlalchemy")


def _connecting(patches: Patches) -> Make:
    """Times the making of a connection."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def connect(self: Any) -> Any:
            watched = getattr(self._ConnectionRecord__pool, MARK, None) if patches.active else None
            if watched is None:
                return original(self)
            began = clock.perf()
            before = connecting.get()
            connecting.set(True)
            try:
                answer = original(self)
            finally:
                connecting.set(before)
            with measuring:
                watched.create_time.observe(max(0.0, clock.perf() - began))
                cover_record(patches, self)
            return answer

        return connect

    return make


def _returning(patches: Patches) -> Make:
    """Tells that a connection is back in its pool."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def checkin(self: Any, *details: Any, **named: Any) -> Any:
            if patches.active:
                try:
                    watched = getattr(self._ConnectionRecord__pool, MARK, None)
                    if watched is not None:
                        watched.take_back(self)
                except Exception:
                    with measuring:
                        raise
            return original(self, *details, **named)

        return checkin

    return make


def _detaching(patches: Patches) -> Make:
    """Forgets a connection that its pool has given away."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def detach(self: Any) -> Any:
            if patches.active:
                with measuring:
                    watched = getattr(self._pool, MARK, None)
                    if watched is not None:
                        watched.forget(self._connection_record)
            return original(self)

        return detach

    return make
