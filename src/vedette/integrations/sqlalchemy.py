"""SQLAlchemy 2: every engine of the process, sync and async, as the database pack declares it.

Operations are timed by database, kind and table (``db_client_operation_duration_seconds``) and by their text without
values (``db_client_statement_duration_seconds``), failures counted by class, transactions by how they end. A commit is
an operation. Of a pool it is told what is idle, in use and allowed, who waits and for how long, who waits in vain, how
long connections are out, how long a new one takes, and which are leaked; see `pools`.

A pool is named by ``pool_logging_name=`` of ``create_engine``, else ``host:port/database``. `attach` gives it a name
of its own, or measures one engine only where the integration is not on:

    >>> attach(engine, pool_name="orders")

What goes over asyncpg or psycopg is told once, here. A block that only reads ends with a rollback and is counted as
one. A COMMIT that fails is an error, and its transaction counted as neither; one that the server turns into a rollback,
since something in it has failed before, is told as committed: SQLAlchemy does not see it either.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import clock, guard
from vedette.integrations.operations import connecting, fail_to_connect, uncover
from vedette.integrations.patch import Patches
from vedette.integrations.sqlalchemy_pool import (
    MARK,
    cover_record,
    everywhere,
    given_names,
    lock,
    marked,
    measuring,
    patch_pools,
    root_of,
    system_of,
    unmark,
    watch,
    watched_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["attach", "patch"]

_installed: Patches | None = None


def patch(patches: Patches) -> None:
    """Measure every engine."""
    everywhere.add(patches)
    _install(patches)


def attach(engine: Engine | AsyncEngine, *, pool_name: str = "default") -> None:
    """Name the pool of an engine, and measure the engine from now on. Calling it again changes nothing.

    Args:
        engine: a SQLAlchemy engine, sync or async.
        pool_name: what tells its pool from those of other engines.
    """
    target = root_of(cast("Engine", getattr(engine, "sync_engine", engine)))
    with lock:
        if _installed is None:
            _install_for_named()
        if target in given_names:
            return
        given_names[target] = pool_name
        watched = getattr(target.pool, MARK, None)
        if watched is not None:
            watched.rename(pool_name)
        else:
            watch(target, target.pool)


def _install_for_named() -> None:
    patches = Patches()
    try:
        _install(patches)
    except Exception as problem:  # noqa: BLE001 - the application goes on without
        patches.undo()
        guard.warn(("not instrumented", "sqlalchemy"), f"SQLAlchemy is not built as expected: {problem!r}")


def _install(patches: Patches) -> None:
    global _installed  # noqa: PLW0603 - one library, patched once
    from sqlalchemy import Connection  # noqa: PLC0415 - loaded by who attaches, never by importing this

    with lock:
        if _installed is not None:
            _installed.undo()  # by attach
        _installed = patches
        patches.also_undo(lambda: _uninstalled(patches))
        patches.replace(Connection, "_exec_single_context", _executing(patches, lambda context: context.statement))
        patches.replace(Connection, "_exec_insertmany_context", _executing(patches, lambda context: context.statement))
        patches.replace(Connection, "_cursor_execute", _executing(patches, lambda statement: statement))
        for committed, ends in ((True, "_commit"), (False, "_rollback")):
            patches.replace(Connection, f"{ends}_impl", _ending(patches, committed=committed))
            patches.replace(Connection, f"{ends}_twophase_impl", _ending(patches, committed=committed))
        patches.replace(Connection, "_handle_dbapi_exception_noconnection", _refused(patches))
        patch_pools(patches)


def _uninstalled(patches: Patches) -> None:
    global _installed  # noqa: PLW0603
    with lock:
        if _installed is patches:
            _installed = None
        everywhere.discard(patches)
        for pool in list(marked):
            unmark(pool)
        uncover("sqlalchemy")


# What stands in the way of a call. SQLAlchemy's events would do, but with any listener it fires them all, at 8 µs a
# statement; and one that is taken away while others fire breaks their loop. A block that is guarded at every call
# costs more than what is in it: the guard is entered by what fails.


def _executing(patches: Patches, text: Callable[[Any], str]) -> Make:
    """Times an operation; ``text`` gives its statement for the second argument."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute(self: Any, first: Any, second: Any, *rest: Any, **named: Any) -> Any:
            watched = None if not patches.active or connecting.get() else watched_of(self.engine)
            if watched is None:
                return original(self, first, second, *rest, **named)
            record = getattr(self._dbapi_connection, "_connection_record", None)
            if record is not None and getattr(record, MARK, None) is not patches:
                cover_record(patches, record)  # it was out already when this began
            began = clock.perf()
            try:
                answer = original(self, first, second, *rest, **named)
            except BaseException as error:
                with measuring:
                    watched.operations[text(second)].failed(began, error)
                raise
            try:
                watched.operations[text(second)].done(began)
            except Exception:
                with measuring:
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
            watched = None if not patches.active or connecting.get() else watched_of(self.engine)
            if watched is None or _has_none(self):
                return original(self, *details)
            began = clock.perf() if committed else None
            try:
                answer = original(self, *details)
            except BaseException as error:
                with measuring:
                    watched.operations[statement].failed(began, error)
                raise
            try:
                if began is not None:
                    watched.operations[statement].done(began)
                watched.operations.ended(committed=committed)
            except Exception:
                with measuring:
                    raise
            return answer

        return end

    return make


def _has_none(connection: Any) -> bool:
    """Whether each statement is a transaction of its own: then SQLAlchemy ends what has not begun."""
    try:
        return bool(connection._is_autocommit_isolation())  # noqa: SLF001
    except Exception:
        with measuring:
            raise
        return False


def _refused(patches: Patches) -> Make:
    """Counts a connection that could not be made, by the class of error that the application sees."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def refuse(cls: Any, problem: Any, dialect: Any, engine: Any = None, *rest: Any, **named: Any) -> Any:
            try:
                return original(cls, problem, dialect, engine, *rest, **named)
            except BaseException as error:
                with measuring:
                    # without an engine it is a check of one that the pool has, and may be replaced
                    if patches.active and engine is not None and not connecting.get() and watched_of(engine):
                        fail_to_connect(system_of(dialect), error)
                raise

        return refuse

    return make
