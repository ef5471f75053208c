"""asyncpg: connections, prepared statements, cursors, COPY and pools, as the database pack declares them.

What is asked of a connection, a prepared statement or a pool is timed by kind and table and by text without values
(``db_client_operation_duration_seconds``, ``db_client_statement_duration_seconds``). A cursor's statement is timed as
it is opened, and each further trip to the server as FETCH or MOVE of the same table. COPY lasts as long as its source
or sink takes. What a pool sends to reset a connection is not told. Transactions are counted by what the server says of
them: a COMMIT of one that has failed is a rollback.

A pool is told under ``host:port/database``, or the name given to `name_pool`:

    >>> pool = await asyncpg.create_pool(dsn)
    >>> name_pool(pool, "orders")
"""

from __future__ import annotations

import os
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError
from vedette.instruments import clock, guard
from vedette.integrations.operations import (
    connecting,
    covered,
    fail_to_connect,
    is_covered,
    operations_of,
    transaction,
)
from vedette.integrations.pools import Reading, WatchedPool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["name_pool", "patch"]

_SYSTEM = "postgresql"
_MARK = "_vedette"
_measuring = guard.shield("measuring an operation of asyncpg")
_operations = operations_of(_SYSTEM)
# A pool itself has no room for a mark, and cannot be referred to weakly; its queue has and can.
_marked: weakref.WeakSet[Any] = weakref.WeakSet()


def patch(patches: Patches) -> None:
    """Measure every connection and pool."""
    from asyncpg import (  # type: ignore[import-untyped]  # noqa: PLC0415 - loaded by who attaches
        connect_utils,
        connection,
        cursor,
        pool,
        prepared_stmt,
    )

    fetching = ("fetch", "fetchval", "fetchrow", "fetchmany")
    for name in ("execute", *fetching):
        if hasattr(connection.Connection, name):  # fetchmany came with 0.30
            patches.replace(connection.Connection, name, _asking(patches))
    for name, text in (
        ("executemany", _command),
        ("_copy_in", _command),
        ("_copy_out", _command),
        ("copy_records_to_table", _copy_statement),
    ):
        patches.replace(connection.Connection, name, _asking_otherwise(patches, text))
    for name in ("executemany", *fetching):
        if hasattr(prepared_stmt.PreparedStatement, name):
            patches.replace(prepared_stmt.PreparedStatement, name, _asking_prepared(patches))
    for owner, name, part in (
        (cursor.BaseCursor, "_bind_exec", ""),
        (cursor.BaseCursor, "_bind", ""),
        (cursor.BaseCursor, "_exec", "FETCH"),
        (cursor.Cursor, "forward", "MOVE"),
    ):
        patches.replace(owner, name, _asking_prepared(patches, part))
    patches.replace(connect_utils, "_connect", _connecting(patches))
    patches.replace(pool.Pool, "_acquire", _lending(patches))
    patches.replace(pool.Pool, "_get_new_connection", _making(patches))
    patches.replace(pool.PoolConnectionHolder, "_release", _returning(patches))
    patches.also_undo(_forget_all)


def name_pool(pool: Any, name: str) -> None:
    """Tell a pool under ``name``.

    Args:
        pool: a pool of asyncpg that has been awaited.
        name: what tells it from others; the last pool that is given it has it.

    Raises:
        ConfigError: the pool has not been awaited.
    """
    watched = _watched(pool, name)
    if watched is None:
        raise ConfigError(f"the pool {name!r} is not ready: name it after 'await asyncpg.create_pool(…)'")
    if watched.name != name:
        watched.rename(name)


def _watched(pool: Any, name: str = "") -> WatchedPool | None:
    """What is known of a pool; None before it is ready."""
    queue = pool._queue  # noqa: SLF001
    found: WatchedPool | None = getattr(queue, _MARK, None)
    if found is None and queue is not None:
        found = WatchedPool(name or _name_of(pool), _SYSTEM, lambda: _read(pool), alone=bool(name))
        setattr(queue, _MARK, found)
        _marked.add(queue)
    return found


def _find(pool: Any) -> WatchedPool | None:
    """What is known of a pool, without failing."""
    try:
        return _watched(pool)
    except Exception:
        with _measuring:
            raise
        return None


def _read(pool: Any) -> Reading | None:
    if pool.is_closing():
        return None
    idle = pool.get_idle_size()
    return Reading(idle, max(0, pool.get_size() - idle), pool.get_max_size())


def _forget_all() -> None:
    for queue in list(_marked):
        vars(queue).pop(_MARK).end()
    _marked.clear()


def _name_of(pool: Any) -> str:
    """Of the server and the database that it is for, as far as it was told."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - loaded by asyncpg, never by importing this

    dsn = next(iter(pool._connect_args), None)  # noqa: SLF001
    told = urlsplit(dsn if isinstance(dsn, str) else "")
    options = pool._connect_kwargs  # noqa: SLF001
    host = options.get("host") or told.hostname or os.environ.get("PGHOST", "localhost")
    port = options.get("port")
    if port is None:
        try:
            port = told.port
        except ValueError:  # of several servers
            port = None
    database = options.get("database") or told.path.lstrip("/") or os.environ.get("PGDATABASE", "")
    first = host if isinstance(host, str) else next(iter(host), "localhost")
    return f"{first}:{port if isinstance(port, int) else 5432}/{database}"


def _asking(patches: Patches) -> Make:
    """Times what is asked of a connection."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def ask(self: Any, query: Any, *args: Any, **named: Any) -> Any:
            if (
                not patches.active
                or id(self) in covered
                or connecting.get()
                or query is getattr(self, "_reset_query", None)
            ):
                return await original(self, query, *args, **named)
            began = clock.perf()
            try:
                answer = await original(self, query, *args, **named)
            except BaseException as error:
                with _measuring:
                    _operations[query].failed(began, error)
                raise
            try:
                operation = _operations[query]
                operation.done(began)
                if operation.ends:
                    _count_end(query, answer)
            except Exception:  # guarding every call costs more than what is guarded
                with _measuring:
                    raise
            return answer

        return ask

    return make


def _asking_otherwise(patches: Patches, text: Callable[[tuple[Any, ...], Mapping[str, Any]], str]) -> Make:
    """Times what is asked of a connection by other arguments, among which ``text`` finds the statement."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def ask(self: Any, *args: Any, **named: Any) -> Any:
            if not patches.active or is_covered(self):
                return await original(self, *args, **named)
            began = clock.perf()
            try:
                answer = await original(self, *args, **named)
            except BaseException as error:
                with _measuring:
                    _operations[text(args, named)].failed(began, error)
                raise
            with _measuring:
                _operations[text(args, named)].done(began)
            return answer

        return ask

    return make


def _command(args: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    return str(args[0] if args else named.get("command", ""))


def _copy_statement(args: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    table = args[0] if args else named.get("table_name")
    schema = named.get("schema_name")
    return f'COPY "{schema}"."{table}"' if schema else f'COPY "{table}"'


def _count_end(query: str, answer: Any) -> None:
    """Count a transaction that has ended, by what the server says; returning to a savepoint ends none."""
    if not isinstance(answer, str):
        return
    committed = answer.startswith("COMMIT")
    if committed or (answer.startswith("ROLLBACK") and "TO" not in query.upper().split()):
        transaction(_SYSTEM, committed=committed)


def _asking_prepared(patches: Patches, part: str = "") -> Make:
    """Times what is asked of a prepared statement or a cursor, which have a query of their own."""
    operations = operations_of(_SYSTEM, part)

    async def timed(waited: Awaitable[Any], query: str) -> Any:
        began = clock.perf()
        try:
            answer = await waited
        except BaseException as error:
            with _measuring:
                operations[query].failed(began, error)
            raise
        with _measuring:
            operations[query].done(began)
        return answer

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def begin(self: Any, *args: Any, **named: Any) -> Any:
            # asyncpg checks some of them when they are called, not when they are awaited
            waited = original(self, *args, **named)
            if not patches.active or is_covered(self._connection):
                return waited
            return timed(waited, self._query)

        from inspect import iscoroutinefunction  # noqa: PLC0415 - loaded by asyncpg, never by importing this

        if not iscoroutinefunction(original):
            return wraps(original)(begin)

        @wraps(original)
        async def ask(self: Any, *args: Any, **named: Any) -> Any:
            return await begin(self, *args, **named)

        return ask

    return make


def _connecting(patches: Patches) -> Make:
    """Counts a connection that could not be made."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def connect(*args: Any, **named: Any) -> Any:
            try:
                return await original(*args, **named)
            except BaseException as error:
                with _measuring:
                    if patches.active and not connecting.get():
                        fail_to_connect(_SYSTEM, error)
                raise

        return connect

    return make


def _lending(patches: Patches) -> Make:
    """Tells who waits for a connection of a pool, for how long, and in vain."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def acquire(self: Any, timeout: Any) -> Any:  # noqa: ASYNC109 - it is asyncpg's
            watched = _find(self) if patches.active else None
            if watched is None:
                return await original(self, timeout)
            began = clock.perf()
            watched.pending.inc()
            try:
                lent = await original(self, timeout)
            except BaseException as error:
                with _measuring:
                    # without a timeout of its own it is that of connecting
                    if timeout is not None and isinstance(error, TimeoutError):
                        watched.timeouts.inc()
                raise
            finally:
                watched.pending.dec()
            try:
                watched.lend(lent._holder, began)  # noqa: SLF001
            except Exception:
                with _measuring:
                    raise
            return lent

        return acquire

    return make


def _making(patches: Patches) -> Make:
    """Times the making of a connection of a pool."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def get_new_connection(self: Any) -> Any:
            began = clock.perf()
            connection = await original(self)
            with _measuring:
                watched = _watched(self) if patches.active else None
                if watched is not None:
                    watched.create_time.observe(max(0.0, clock.perf() - began))
            return connection

        return get_new_connection

    return make


def _returning(patches: Patches) -> Make:
    """Tells that a connection is back in its pool."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def release(self: Any) -> Any:
            if patches.active:
                try:
                    watched = getattr(self._pool._queue, _MARK, None)  # noqa: SLF001
                    if watched is not None:
                        watched.take_back(self)
                except Exception:
                    with _measuring:
                        raise
            return original(self)

        return release

    return make
