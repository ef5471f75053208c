"""SQLAlchemy 2: every engine of the process, sync and async, as the database pack declares it.

Operations are timed by database, kind and table (``db_client_operation_duration_seconds``) and by their text without
values (``db_client_statement_duration_seconds``), failures counted by class, transactions by how they end. A commit is
an operation. Of a pool it is told what is idle, in use and allowed, who waits and for how long, who waits in vain, how
long connections are out, how long a new one takes, and which are leaked; see `pools`.

A pool is named by ``pool_logging_name=`` of ``create_engine``, else ``host:port/database``. `attach` gives it a name
of its own, or measures one engine only where the integration is not on:

    >>> attach(engine, pool_name="orders")

How long a new connection takes is told whatever makes it. A transaction that a server rolls back at COMMIT, since it
has failed before, is told as committed: SQLAlchemy does not see it either.
"""

from __future__ import annotations

import threading
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import clock, guard
from vedette.integrations.operations import connecting, cover, fail_to_connect, transaction, uncover
from vedette.integrations.patch import Patches
from vedette.integrations.pools import Reading, WatchedPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine, Pool
    from sqlalchemy.ext.asyncio import AsyncEngine

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["attach", "patch"]

# Where the dialect has another name: https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-system-name
_SYSTEMS = {"oracle": "oracle.db", "mssql": "microsoft.sql_server"}
_MARK = "_vedette"
_measuring = guard.shield("measuring a database operation")
_lock = threading.RLock()
_names: weakref.WeakKeyDictionary[Engine, str] = weakref.WeakKeyDictionary()
"""The engines that `attach` was given."""
_marked: weakref.WeakSet[Pool] = weakref.WeakSet()
_installed: Patches | None = None
_everywhere = False
"""Whether every engine is measured, or only those that `attach` was given."""


def patch(patches: Patches) -> None:
    """Measure every engine."""
    _install(patches, everywhere=True)


def attach(engine: Engine | AsyncEngine, *, pool_name: str = "default") -> None:
    """Name the pool of an engine, and measure the engine from now on. Calling it again changes nothing.

    Args:
        engine: a SQLAlchemy engine, sync or async.
        pool_name: what tells its pool from those of other engines.
    """
    target = _root(cast("Engine", getattr(engine, "sync_engine", engine)))
    with _lock:
        if _installed is None:
            _install(Patches(), everywhere=False)
        if target in _names:
            return
        _names[target] = pool_name
        watched = getattr(target.pool, _MARK, None)
        if watched is not None:
            watched.rename(pool_name)
        else:
            _watch(target, target.pool)


def _install(patches: Patches, *, everywhere: bool) -> None:
    global _installed, _everywhere
    from sqlalchemy.engine.base import Connection, Engine  # noqa: PLC0415 - loaded by who attaches, never by importing
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError  # noqa: PLC0415
    from sqlalchemy.pool import base  # noqa: PLC0415

    with _lock:
        if _installed is not None:
            _installed.undo()  # by attach
        _installed, _everywhere = patches, everywhere
        patches.also_undo(lambda: _uninstalled(patches))
        record: Any = base._ConnectionRecord  # noqa: SLF001 - there is no public way in
        patches.replace(Connection, "_exec_single_context", _executing(patches, lambda context: context.statement))
        patches.replace(Connection, "_exec_insertmany_context", _executing(patches, lambda context: context.statement))
        patches.replace(Connection, "_cursor_execute", _executing(patches, lambda statement: statement))
        for committed, ends in ((True, "_commit"), (False, "_rollback")):
            patches.replace(Connection, f"{ends}_impl", _ending(patches, committed=committed))
            patches.replace(Connection, f"{ends}_twophase_impl", _ending(patches, committed=committed))
        patches.replace(Connection, "_handle_dbapi_exception_noconnection", _refused(patches))
        patches.replace(Engine, "raw_connection", _lending(patches, PoolTimeoutError))
        patches.replace(Engine, "dispose", _disposing(patches))
        patches.replace(record, "_ConnectionRecord__connect", _connecting(patches))
        patches.replace(record, "checkin", _returning(patches))
        patches.replace(base._ConnectionFairy, "detach", _detaching(patches))  # noqa: SLF001


def _uninstalled(patches: Patches) -> None:
    global _installed  # noqa: PLW0603
    with _lock:
        if _installed is patches:
            _installed = None
        for pool in list(_marked):
            _unmark(pool)
        uncover("sqlalchemy")


# What is known of an engine and its pool


def _watched(engine: Engine) -> WatchedPool | None:
    """What is known of the pool of an engine; None for one that is not to be measured."""
    pool = engine.pool
    found: WatchedPool | None = getattr(pool, _MARK, None)
    return found if found is not None else _watch(engine, pool)


def _watch(engine: Engine, pool: Pool) -> WatchedPool | None:
    with _measuring, _lock:
        found: WatchedPool | None = getattr(pool, _MARK, None)
        if found is None:
            root = _root(engine)
            given = _names.get(root)
            if given is None and not _everywhere:
                return None
            name = _name_of(root) if given is None else given
            found = WatchedPool(name, _system(engine.dialect), _reader(root, pool), alone=given is not None)
            setattr(pool, _MARK, found)
            _marked.add(pool)
        return found
    return None


def _unmark(pool: Pool) -> None:
    found: WatchedPool | None = vars(pool).pop(_MARK, None)
    _marked.discard(pool)
    if found is not None:
        found.end()


def _root(engine: Any) -> Engine:
    """The engine itself of one with execution options, which has its pool from it."""
    while hasattr(engine, "_proxied"):
        engine = engine._proxied  # noqa: SLF001 - there is no public way to ask
    return cast("Engine", engine)


def _system(dialect: Any) -> str:
    name = str(dialect.name)
    return _SYSTEMS.get(name, name)


def _name_of(engine: Engine) -> str:
    given = getattr(engine.pool, "logging_name", None)
    if given:
        return str(given)
    url = engine.url
    where = f"{url.host}:{url.port}" if url.port else url.host or _system(engine.dialect)
    return f"{where}/{(url.database or '').rpartition('/')[2]}"


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


# What stands in the way of a call. SQLAlchemy's events would do, but with any listener it fires them all, at 8 µs a
# statement; and one that is taken away while others fire breaks their loop.


def _executing(patches: Patches, text: Callable[[Any], str]) -> Make:
    """Times an operation; ``text`` gives its statement for the second argument."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute(self: Any, first: Any, second: Any, *rest: Any, **named: Any) -> Any:
            watched = None if not patches.active or connecting.get() else _watched(self.engine)
            if watched is None:
                return original(self, first, second, *rest, **named)
            record = getattr(self._dbapi_connection, "_connection_record", None)
            if record is not None and getattr(record, _MARK, None) is not patches:
                _cover(patches, record)  # it was out already when this began
            began = clock.perf()
            try:
                answer = original(self, first, second, *rest, **named)
            except BaseException as error:
                with _measuring:
                    watched.operations[text(second)].failed(began, error)
                raise
            try:
                watched.operations[text(second)].done(began)
            except Exception:  # a block that is guarded at every call costs more than what is in it
                with _measuring:
                    raise
            return answer

        return execute

    return make


def _ending(patches: Patches, *, committed: bool) -> Make:
    """Counts a transaction that ends; a commit is an operation, too."""
    statement = "COMMIT" if committed else "ROLLBACK"

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def end(self: Any, *details: Any) -> Any:
            watched = None if not patches.active or connecting.get() else _watched(self.engine)
            if watched is None or _has_none(self):
                return original(self, *details)
            began = clock.perf()
            try:
                answer = original(self, *details)
            except BaseException as error:
                with _measuring:
                    watched.operations[statement].failed(began, error)
                raise
            with _measuring:
                watched.operations[statement].done(began)
                transaction(watched.system, committed=committed)
            return answer

        return end

    return make


def _has_none(connection: Any) -> bool:
    """Whether each statement is a transaction of its own: then SQLAlchemy ends what has not begun."""
    with _measuring:
        return bool(connection._is_autocommit_isolation())  # noqa: SLF001
    return False


def _refused(patches: Patches) -> Make:
    """Counts a connection that could not be made, by the class of error that the application sees."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def refuse(cls: Any, problem: Any, dialect: Any, engine: Any = None, *rest: Any, **named: Any) -> Any:
            try:
                return original(cls, problem, dialect, engine, *rest, **named)
            except BaseException as error:
                with _measuring:
                    # without an engine it is a check of one that the pool has, and may be replaced
                    if patches.active and engine is not None and not connecting.get() and _watched(engine):
                        fail_to_connect(_system(dialect), error)
                raise

        return refuse

    return make


def _lending(patches: Patches, timeout: type[Exception]) -> Make:
    """Tells who waits for a connection of the pool, for how long, and in vain."""
    from sqlalchemy.pool import SingletonThreadPool, StaticPool  # noqa: PLC0415 - see _install

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def raw_connection(self: Any) -> Any:
            watched = _watched(self) if patches.active else None
            if watched is None:
                return original(self)
            began = clock.perf()
            watched.pending.inc()
            before = connecting.get()
            connecting.set(True)
            try:
                fairy = original(self)
            except BaseException as error:
                with _measuring:
                    if isinstance(error, timeout):
                        watched.timeouts.inc()
                    elif not isinstance(error, self.dialect.loaded_dbapi.Error):  # those are told by _refused
                        fail_to_connect(watched.system, error)
                raise
            finally:
                connecting.set(before)
                watched.pending.dec()
            with _measuring:
                record = fairy._connection_record  # noqa: SLF001 - what comes back is the record
                # these two lend one connection to several at once
                if not isinstance(self.pool, StaticPool | SingletonThreadPool):
                    watched.lend(record, began, fairy)
                if getattr(record, _MARK, None) is not patches:
                    _cover(patches, record)
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
                _watched(self)
            return answer

        return dispose

    return make


def _cover(patches: Patches, record: Any) -> None:
    """What goes over the connection is told here, not by what its driver's integration sees."""
    with _measuring:
        setattr(record, _MARK, patches)
        cover(record.driver_connection, "sqlalchemy")


def _connecting(patches: Patches) -> Make:
    """Times the making of a connection."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def connect(self: Any) -> Any:
            watched = getattr(self._ConnectionRecord__pool, _MARK, None) if patches.active else None
            if watched is None:
                return original(self)
            began = clock.perf()
            before = connecting.get()
            connecting.set(True)
            try:
                answer = original(self)
            finally:
                connecting.set(before)
            with _measuring:
                watched.create_time.observe(max(0.0, clock.perf() - began))
                _cover(patches, self)
            return answer

        return connect

    return make


def _returning(patches: Patches) -> Make:
    """Tells that a connection is back in its pool."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def checkin(self: Any, *details: Any, **named: Any) -> Any:
            if patches.active:
                with _measuring:
                    watched = getattr(self._ConnectionRecord__pool, _MARK, None)
                    if watched is not None:
                        watched.take_back(self)
            return original(self, *details, **named)

        return checkin

    return make


def _detaching(patches: Patches) -> Make:
    """Forgets a connection that its pool has given away."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def detach(self: Any) -> Any:
            if patches.active:
                with _measuring:
                    watched = getattr(self._pool, _MARK, None)
                    if watched is not None:
                        watched.forget(self._connection_record)
            return original(self)

        return detach

    return make
