"""psycopg 3: connections and cursors, sync and async, as the database pack declares them; for pools see `psycopg_pool`.

``execute``, ``executemany``, ``stream`` and ``copy`` are timed by kind and table and by text without values
(``db_client_operation_duration_seconds``, ``db_client_statement_duration_seconds``). A stream is timed until its first
row, a copy until its block ends. The statement of a cursor on the server is timed as it is declared, each further trip
as FETCH or MOVE of the same table. In a pipeline a statement lasts from when it is sent until its result is read, and
``executemany`` until its last one is. Transactions are counted by what the server says of them: a COMMIT of one that
has failed is a rollback.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations.operations import connecting, covered, fail_to_connect, is_covered, operations_of
from vedette.integrations.psycopg_pipeline import answering, exiting, rolling_back, sending
from vedette.integrations.psycopg_pool import patch_pools
from vedette.integrations.psycopg_statement import OPERATIONS, SYSTEM, count_ends, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["patch"]

_COUNTED = "_vedette_counted"
_measuring = guard.shield("measuring an operation of psycopg")


def patch(patches: Patches) -> None:
    """Measure every connection and pool."""
    import psycopg  # noqa: PLC0415 - loaded by who attaches, never by importing this

    def replace(kind: type, name: str, make: Make) -> None:
        """Where it is inherited from: what is common to sync and async is there once."""
        owner = next((one for one in kind.__mro__ if name in vars(one)), kind)
        patches.replace(owner, name, make)

    replace(psycopg.Cursor, "execute", _executing(patches))
    replace(psycopg.ServerCursor, "execute", _executing(patches))
    replace(psycopg.AsyncCursor, "execute", _executing_async(patches))
    replace(psycopg.AsyncServerCursor, "execute", _executing_async(patches))
    replace(psycopg.Cursor, "executemany", _executing(patches, many=True))
    replace(psycopg.AsyncCursor, "executemany", _executing_async(patches, many=True))
    replace(psycopg.Cursor, "stream", _streaming(patches))
    replace(psycopg.AsyncCursor, "stream", _streaming_async(patches))
    replace(psycopg.Cursor, "copy", _copying(patches))
    replace(psycopg.AsyncCursor, "copy", _copying_async(patches))
    replace(psycopg.ServerCursor, "_fetch_gen", _stepping(patches, "FETCH"))
    replace(psycopg.ServerCursor, "_scroll_gen", _stepping(patches, "MOVE"))
    replace(psycopg.Connection, "_exec_command", _commanding(patches))
    for kind in (psycopg.Connection, psycopg.AsyncConnection):
        patches.replace(kind, "cursor", _refusing(patches, ""))
    replace(psycopg.Connection, "commit", _refusing(patches, "COMMIT"))
    replace(psycopg.AsyncConnection, "commit", _refusing_async(patches, "COMMIT"))
    replace(psycopg.Pipeline, "_process_results", answering(patches))
    replace(psycopg.Pipeline, "_exit", exiting(patches))
    # one is the other bound, so that each has to be replaced
    replace(psycopg.Connection, "connect", _connecting(patches))
    patches.replace(psycopg, "connect", _connecting(patches))
    replace(psycopg.AsyncConnection, "connect", _connecting_async(patches))
    patches.when_imported("psycopg_pool", lambda: patch_pools(patches))


def _executing(patches: Patches, *, many: bool = False) -> Make:
    """Times a statement."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute(self: Any, query: Any, *args: Any, **named: Any) -> Any:
            connection = self._conn
            if not patches.active or id(connection) in covered or connecting.get():
                return original(self, query, *args, **named)
            pipeline = connection._pipeline  # noqa: SLF001 - there is no public way to ask
            if pipeline is not None:
                with sending(pipeline, self, query, many=many):
                    return original(self, query, *args, **named)
            began = clock.perf()
            try:
                answer = original(self, query, *args, **named)
            except BaseException as error:
                with _measuring:
                    OPERATIONS[text(self, query)].failed(began, error)
                raise
            try:
                operation = OPERATIONS[query if type(query) is str else text(self, query)]
                operation.done(began)
                if operation.ends:
                    count_ends(self._results, query if type(query) is str else text(self, query))
            except Exception:  # guarding every call costs more than what is guarded
                with _measuring:
                    raise
            return answer

        return execute

    return make


def _executing_async(patches: Patches, *, many: bool = False) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def execute(self: Any, query: Any, *args: Any, **named: Any) -> Any:
            connection = self._conn
            if not patches.active or id(connection) in covered or connecting.get():
                return await original(self, query, *args, **named)
            pipeline = connection._pipeline  # noqa: SLF001 - there is no public way to ask
            if pipeline is not None:
                with sending(pipeline, self, query, many=many):
                    return await original(self, query, *args, **named)
            began = clock.perf()
            try:
                answer = await original(self, query, *args, **named)
            except BaseException as error:
                with _measuring:
                    OPERATIONS[text(self, query)].failed(began, error)
                raise
            try:
                operation = OPERATIONS[query if type(query) is str else text(self, query)]
                operation.done(began)
                if operation.ends:
                    count_ends(self._results, query if type(query) is str else text(self, query))
            except Exception:  # guarding every call costs more than what is guarded
                with _measuring:
                    raise
            return answer

        return execute

    return make


def _streaming(patches: Patches) -> Make:
    """Times a statement until its first row: what comes then is as fast as the rows are taken."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def stream(self: Any, query: Any, *args: Any, **named: Any) -> Iterator[Any]:
            rows = original(self, query, *args, **named)
            if not patches.active or is_covered(self._conn):
                yield from rows
                return
            began: float | None = clock.perf()
            try:
                for row in rows:
                    _streams(self, query, began)
                    began = None
                    yield row
                _streams(self, query, began)
            except GeneratorExit:  # whoever takes the rows has had enough
                raise
            except BaseException as error:
                _stream_fails(self, query, began, error)
                raise
            finally:
                rows.close()

        return stream

    return make


def _streaming_async(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def stream(self: Any, query: Any, *args: Any, **named: Any) -> AsyncIterator[Any]:
            rows = original(self, query, *args, **named)
            measured = patches.active and not is_covered(self._conn)
            began: float | None = clock.perf() if measured else None
            try:
                async for row in rows:
                    _streams(self, query, began)
                    began = None
                    yield row
                _streams(self, query, began)
            except GeneratorExit:
                raise
            except BaseException as error:
                if measured:
                    _stream_fails(self, query, began, error)
                raise
            finally:
                await rows.aclose()

        return stream

    return make


def _streams(cursor: Any, query: Any, began: float | None) -> None:
    """The first row is there, or there is none."""
    if began is not None:
        with _measuring:
            OPERATIONS[text(cursor, query)].done(began)


def _stream_fails(cursor: Any, query: Any, began: float | None, error: BaseException) -> None:
    with _measuring:
        OPERATIONS[text(cursor, query)].failed(began, error)


def _copying(patches: Patches) -> Make:
    """Times a COPY until its block ends."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        @contextmanager
        def copy(self: Any, statement: Any, *args: Any, **named: Any) -> Iterator[Any]:
            measured = patches.active and not is_covered(self._conn)
            began = clock.perf()
            try:
                with original(self, statement, *args, **named) as copied:
                    yield copied
            except BaseException as error:
                if measured:
                    with _measuring:
                        OPERATIONS[text(self, statement)].failed(began, error)
                raise
            if measured:
                with _measuring:
                    OPERATIONS[text(self, statement)].done(began)

        return copy

    return make


def _copying_async(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        @asynccontextmanager
        async def copy(self: Any, statement: Any, *args: Any, **named: Any) -> AsyncIterator[Any]:
            measured = patches.active and not is_covered(self._conn)
            began = clock.perf()
            try:
                async with original(self, statement, *args, **named) as copied:
                    yield copied
            except BaseException as error:
                if measured:
                    with _measuring:
                        OPERATIONS[text(self, statement)].failed(began, error)
                raise
            if measured:
                with _measuring:
                    OPERATIONS[text(self, statement)].done(began)

        return copy

    return make


def _stepping(patches: Patches, part: str) -> Make:
    """Times a trip to the server for a cursor that is there, by the statement that it was declared with."""
    operations = operations_of(SYSTEM, part)

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def step(self: Any, *args: Any, **named: Any) -> Generator[Any, Any, Any]:
            if not patches.active or is_covered(self._conn):
                return (yield from original(self, *args, **named))
            declared = self._query.query if self._query is not None else b""
            began = clock.perf()
            try:
                answer = yield from original(self, *args, **named)
            except BaseException as error:
                with _measuring:
                    operations[declared].failed(began, error)
                raise
            with _measuring:
                operations[declared].done(began)
            return answer

        return step

    return make


def _commanding(patches: Patches) -> Make:
    """Times a COMMIT and counts how transactions end, where the library itself says so to the server."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def exec_command(self: Any, command: Any, *args: Any, **named: Any) -> Generator[Any, Any, Any]:
            if not patches.active or is_covered(self):
                return (yield from original(self, command, *args, **named))
            began = clock.perf()
            try:
                result = yield from original(self, command, *args, **named)
            except BaseException as error:
                with _measuring:
                    if command in (b"COMMIT", b"ROLLBACK"):
                        setattr(self, _COUNTED, id(error))
                        OPERATIONS[command].failed(began, error)
                raise
            with _measuring:
                if result is None:  # in a pipeline, where the result is read later
                    rolling_back(self._pipeline, command)
                else:
                    if command == b"COMMIT":
                        OPERATIONS[command].done(began)
                    count_ends((result,), command if isinstance(command, bytes) else b"")
            return result

        return exec_command

    return make


def _refusing(patches: Patches, statement: str) -> Make:
    """Counts what a connection refuses that is known to be lost, since nothing goes as far as to the server."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def refuse(self: Any, *args: Any, **named: Any) -> Any:
            try:
                return original(self, *args, **named)
            except BaseException as error:
                _refuse(patches, self, statement, error)
                raise

        return refuse

    return make


def _refusing_async(patches: Patches, statement: str) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def refuse(self: Any, *args: Any, **named: Any) -> Any:
            try:
                return await original(self, *args, **named)
            except BaseException as error:
                _refuse(patches, self, statement, error)
                raise

        return refuse

    return make


def _refuse(patches: Patches, connection: Any, statement: str, error: BaseException) -> None:
    with _measuring:
        # what has failed on the way has been counted then
        counted = vars(connection).pop(_COUNTED, None) == id(error)
        if patches.active and connection.closed and not counted and not is_covered(connection):
            OPERATIONS[statement].failed(None, error)


def _connecting(patches: Patches) -> Make:
    """Counts a connection that could not be made."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def connect(*args: Any, **named: Any) -> Any:
            try:
                return original(*args, **named)
            except BaseException as error:
                with _measuring:
                    if patches.active and not connecting.get():
                        fail_to_connect(SYSTEM, error)
                raise

        return connect

    return make


def _connecting_async(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def connect(*args: Any, **named: Any) -> Any:
            try:
                return await original(*args, **named)
            except BaseException as error:
                with _measuring:
                    if patches.active and not connecting.get():
                        fail_to_connect(SYSTEM, error)
                raise

        return connect

    return make
