"""SQLAlchemy: duration and errors of operations, and the pool of an engine, as the database pack declares them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import clock, guard
from vedette.integrations.sql import describe
from vedette.packs.database import (
    connections,
    connections_max,
    operation_duration,
    operation_errors,
    pending_requests,
    timeouts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["attach"]

# Where the dialect has another name: https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-system-name
_SYSTEMS = {"oracle": "oracle.db", "mssql": "microsoft.sql_server"}
_STARTED = "_vedette_started"
_measuring = guard.shield("measuring a database operation")
_attached: weakref.WeakSet[Engine] = weakref.WeakSet()
_told: dict[str, weakref.ref[Engine]] = {}
"""Pool name → the engine that tells it; the last one attached under the name."""


def attach(engine: Engine | AsyncEngine, *, pool_name: str = "default") -> None:
    """Measure the operations and the pool of an engine from now on. Calling it again changes nothing.

    Operations are told apart by kind and table, read from the text of the statement; values in it are never kept.
    The pool is told where it can tell itself, as SQLAlchemy's `QueuePool` can.

    Args:
        engine: a SQLAlchemy engine, sync or async.
        pool_name: what tells its pool from those of other engines.
    """
    from sqlalchemy import event  # noqa: PLC0415 - loaded by who attaches, never by importing this

    target = cast("Engine", getattr(engine, "sync_engine", engine))
    if target in _attached:
        return
    _attached.add(target)
    system = _SYSTEMS.get(target.dialect.name, target.dialect.name)

    def started(_conn: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if context is not None:
            setattr(context, _STARTED, clock.perf())

    def finished(_conn: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        _observe(context, system, statement)

    def failed(failure: Any) -> None:
        with _measuring:
            if failure.is_pre_ping:
                return
            statement = failure.statement
            if statement is None:
                operation = "CONNECT" if failure.connection is None else ""
            else:
                operation = describe(statement)[0]
                _observe(failure.execution_context, system, statement)
            kind = type(failure.sqlalchemy_exception or failure.original_exception)
            operation_errors.inc(system, operation, f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."))

    event.listen(target, "before_cursor_execute", started)
    event.listen(target, "after_cursor_execute", finished)
    event.listen(target, "handle_error", failed)

    def pool_replaced(replaced: Engine) -> None:
        _watch_pool(replaced, pool_name)

    event.listen(target, "engine_disposed", pool_replaced)
    _watch_pool(target, pool_name)
    _tell_pool(target, pool_name)


def _observe(context: Any, system: str, statement: str) -> None:
    with _measuring:
        start = getattr(context, _STARTED, None)
        if start is not None:
            delattr(context, _STARTED)
            operation_duration.observe(max(0.0, clock.perf() - start), system, *describe(statement))


def _watch_pool(engine: Engine, pool_name: str) -> None:
    """Count who waits for a connection of the engine's present pool, and who waits in vain."""
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError  # noqa: PLC0415 - see attach

    pool = engine.pool
    connect = pool.connect

    def measured() -> Any:
        pending_requests.inc(pool_name)
        try:
            return connect()
        except PoolTimeoutError:
            timeouts.inc(pool_name)
            raise
        finally:
            pending_requests.dec(pool_name)

    pool.connect = measured  # type: ignore[method-assign] # SQLAlchemy has no event for a wait


def _tell_pool(engine: Engine, pool_name: str) -> None:
    timeouts.labels(pool_name)
    pending_requests.labels(pool_name)
    if not hasattr(engine.pool, "checkedout"):
        return
    # The metrics outlive the engine: they must not keep it, and end with it.
    reference = weakref.ref(engine)
    _told[pool_name] = reference

    def ask(question: Callable[[Any], float]) -> Callable[[], float]:
        def answer() -> float:
            alive = reference()
            return question(alive.pool) if alive is not None else 0

        return answer

    connections.set_function(ask(lambda pool: pool.checkedin()), pool_name, "idle")
    connections.set_function(ask(lambda pool: pool.checkedout()), pool_name, "used")
    connections_max.set_function(ask(_limit), pool_name)
    weakref.finalize(engine, _forget, pool_name, reference).atexit = False


def _limit(pool: Any) -> float:
    overflow = getattr(pool, "_max_overflow", 0)  # there is no public way to ask
    return float("inf") if overflow < 0 else float(pool.size() + overflow)


def _forget(pool_name: str, reference: weakref.ref[Engine]) -> None:
    if _told.get(pool_name) is not reference:
        return
    del _told[pool_name]
    for state in ("idle", "used"):
        connections.remove(pool_name, state)
    connections_max.remove(pool_name)
    pending_requests.remove(pool_name)
