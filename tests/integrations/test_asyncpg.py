"""asyncpg against a real PostgreSQL: what is asked of connections, cursors and pools, and what goes wrong."""

from __future__ import annotations

import asyncio
import inspect
import io
import types

import asyncpg
import pytest
from asyncpg import connect_utils, connection, cursor, pool, prepared_stmt
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests import data_servers
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import clock, guard
from vedette.integrations import attached, operations, pools
from vedette.packs.database import (
    connections_max,
    operation_duration,
    operation_errors,
    statement_duration,
    transactions,
)

PATCHED = (
    connection.Connection,
    prepared_stmt.PreparedStatement,
    cursor.BaseCursor,
    cursor.Cursor,
    pool.Pool,
    pool.PoolConnectionHolder,
    connect_utils,
)


def parts() -> list[dict[str, object]]:
    return [dict(vars(owner)) for owner in PATCHED]


BEFORE = parts()


@pytest.fixture(scope="module")
def server():
    with data_servers.postgres() as running:
        asyncio.run(_prepare(running.url))
        yield running


async def _prepare(url):
    bare = await asyncpg.connect(url)
    await bare.execute("CREATE TABLE orders (id INT PRIMARY KEY, note TEXT); CREATE TABLE deferred (id INT)")
    await bare.execute("ALTER TABLE deferred ADD CONSTRAINT u UNIQUE (id) DEFERRABLE INITIALLY DEFERRED")
    await bare.close()


@pytest.fixture
async def bare(server):
    """A connection that nobody measures, for the test's own doings."""
    attached.detach("asyncpg")
    connection = await asyncpg.connect(server.url)
    operations.cover(connection, "test")
    await connection.execute("TRUNCATE orders, deferred; INSERT INTO orders SELECT n FROM generate_series(1, 10) n")
    yield connection
    await connection.close()


@pytest.fixture
async def client(server, bare):
    attached.attach("asyncpg")
    connection = await asyncpg.connect(server.url)
    yield connection
    connection.terminate()
    attached.detach("asyncpg")


def told(metric) -> dict[tuple[str, ...], float]:
    """The values without the name of the system, which is always the same."""
    found = values(metric)
    assert {labels[0] for labels in found} <= {"postgresql"}
    return {labels[1:]: value for labels, value in found.items()}


async def test_whatever_is_asked_is_timed_by_kind_table_and_text_and_answers_are_what_they_were(client):
    ticks = iter(range(1000))
    with clock.replaced(lambda: float(next(ticks))):
        assert await client.execute("INSERT INTO orders VALUES (11, 'Ada'), (12, NULL)") == "INSERT 0 2"
        assert await client.execute("DELETE FROM orders WHERE id = $1", 12) == "DELETE 1"
        assert await client.fetchval("SELECT note FROM orders WHERE id = $1", 11) == "Ada"
        assert (await client.fetchrow("SELECT id FROM orders WHERE id = 11"))["id"] == 11
        assert len(await client.fetch("SELECT id FROM orders WHERE id IN (1, 2, 3)")) == 3
        assert await client.executemany("UPDATE orders SET note = $1 WHERE id = $2", [("a", 1), ("b", 2)]) is None
        assert await client.fetchmany("SELECT $1::int", [(1,), (2,)]) == [(1,), (2,)]
        await client.execute(query="SET application_name = 'shop'")
    assert told(operation_duration) == {
        ("INSERT", "orders"): 1,
        ("DELETE", "orders"): 1,
        ("SELECT", "orders"): 3,
        ("UPDATE", "orders"): 1,
        ("SELECT", ""): 1,
        ("SET", ""): 1,
    }
    assert operation_duration.labels("postgresql", "SELECT", "orders").read()[1] == 3
    assert told(statement_duration) == {
        ("INSERT INTO orders VALUES (?), (?, NULL)",): (1, 1),
        ("DELETE FROM orders WHERE id = ?",): (1, 1),
        ("SELECT note FROM orders WHERE id = ?",): (1, 1),
        ("SELECT id FROM orders WHERE id = ?",): (1, 1),
        ("SELECT id FROM orders WHERE id IN (?)",): (1, 1),
        ("UPDATE orders SET note = ? WHERE id = ?",): (1, 1),
        ("SELECT ?",): (1, 1),
    }
    assert told(operation_errors) == {}


async def test_a_prepared_statement_is_timed_each_time_it_is_used(client):
    select = await client.prepare("SELECT id FROM orders WHERE id <= $1")
    assert len(await select.fetch(3)) == 3
    assert await select.fetchval(3) == 1
    assert (await select.fetchrow(3))["id"] == 1
    assert len(await select.fetchmany([(1,), (2,)])) == 3
    insert = await client.prepare("INSERT INTO orders VALUES ($1)")
    await insert.executemany([(20,), (21,)])
    assert told(operation_duration) == {("SELECT", "orders"): 4, ("INSERT", "orders"): 1}


async def test_a_cursor_is_timed_as_it_is_opened_and_each_further_trip_is_a_fetch(client):
    async with client.transaction():
        rows = [row["id"] async for row in client.cursor("SELECT id FROM orders ORDER BY id", prefetch=4)]
    assert rows == list(range(1, 11))
    assert told(operation_duration) == {("SELECT", "orders"): 1, ("FETCH", "orders"): 2, ("COMMIT", ""): 1}
    async with client.transaction():
        opened = await client.cursor("SELECT id FROM orders ORDER BY id")
        assert [row["id"] for row in await opened.fetch(3)] == [1, 2, 3]
        assert await opened.forward(2) == 2
        assert (await opened.fetchrow())["id"] == 6
    assert told(operation_duration) == {
        ("SELECT", "orders"): 2,
        ("FETCH", "orders"): 4,
        ("MOVE", "orders"): 1,
        ("COMMIT", ""): 2,
    }


async def test_copying_is_timed_by_table_in_both_directions(client):
    assert await client.copy_records_to_table("orders", records=[(30, "a"), (31, "b")]) == "COPY 2"
    assert await client.copy_to_table("orders", source=io.BytesIO(b"32\tc\n"), schema_name="public") == "COPY 1"
    sink = io.BytesIO()
    assert await client.copy_from_table("orders", output=sink, columns=["id"]) == "COPY 13"
    assert await client.copy_from_query("SELECT id FROM orders WHERE id = 30", output=sink) == "COPY 1"
    assert sink.getvalue().endswith(b"32\n30\n")
    assert told(operation_duration) == {("COPY", "orders"): 2, ("COPY", "public.orders"): 1, ("COPY", ""): 1}


async def test_transactions_are_counted_by_how_the_server_ends_them(client):
    async with client.transaction():
        await client.execute("SELECT 1")
        async with client.transaction():
            await client.execute("SELECT 1")
        with pytest.raises(ZeroDivisionError):
            async with client.transaction():
                raise ZeroDivisionError
    assert told(transactions) == {("committed",): 1}
    with pytest.raises(ZeroDivisionError):
        async with client.transaction():
            raise ZeroDivisionError
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 1}
    await client.execute("BEGIN")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await client.execute("SELECT 1/0")
    assert await client.execute("COMMIT") == "ROLLBACK"
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 2}
    assert await client.execute("BEGIN; INSERT INTO orders VALUES (40); COMMIT") == "COMMIT"
    assert told(transactions) == {("committed",): 2, ("rolled_back",): 2}
    assert told(operation_duration) == {("SELECT", ""): 3, ("COMMIT", ""): 2, ("BEGIN", ""): 1}


async def test_a_commit_that_fails_is_an_error_and_no_transaction_committed(client):
    with pytest.raises(asyncpg.UniqueViolationError):
        async with client.transaction():
            await client.execute("INSERT INTO deferred VALUES (1), (1)")
    assert told(operation_errors) == {("COMMIT", "asyncpg.exceptions.UniqueViolationError"): 1}
    assert told(transactions) == {}


async def test_failures_are_counted_by_their_class_and_raised_as_they_were(client):
    with pytest.raises(asyncpg.UniqueViolationError):
        await client.execute("INSERT INTO orders VALUES (1)")
    with pytest.raises(asyncpg.UndefinedTableError):
        await client.fetch("SELECT * FROM nowhere")
    with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
        await client.execute("SET statement_timeout = 20; SELECT pg_sleep(60)")
    await client.execute("SET statement_timeout = 0")
    with pytest.raises(TimeoutError):
        await client.fetch("SELECT pg_sleep(60)", timeout=0.02)
    with pytest.raises(TypeError):
        await client.fetch("SELECT 1", wrong=1)
    assert told(operation_errors) == {
        ("INSERT", "asyncpg.exceptions.UniqueViolationError"): 1,
        ("SELECT", "asyncpg.exceptions.UndefinedTableError"): 1,
        ("SET", "asyncpg.exceptions.QueryCanceledError"): 1,
        ("SELECT", "TimeoutError"): 1,
        ("SELECT", "TypeError"): 1,
    }
    assert told(operation_duration) == {
        ("INSERT", "orders"): 1,
        ("SELECT", "nowhere"): 1,
        ("SET", ""): 2,
        ("SELECT", ""): 2,
    }


async def test_one_that_is_cancelled_is_counted_as_that_and_ends_at_once(client, bare):
    task = asyncio.create_task(client.fetch("SELECT pg_sleep(60)"))
    await _sees(bare, "SELECT pg_sleep(60)")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told(operation_errors) == {("SELECT", "asyncio.exceptions.CancelledError"): 1}
    assert await client.fetchval("SELECT 1") == 1


async def _sees(bare, query: str) -> None:
    """Wait until the server works on it."""
    active = "SELECT count(*) FROM pg_stat_activity WHERE query = $1 AND state = 'active' AND wait_event = 'PgSleep'"
    while not await bare.fetchval(active, query):
        pass


async def test_a_connection_that_is_killed_fails_what_goes_over_it(client, bare):
    task = asyncio.create_task(client.fetch("SELECT pg_sleep(61)"))
    await _sees(bare, "SELECT pg_sleep(61)")
    await bare.execute("SELECT pg_terminate_backend($1)", client.get_server_pid())
    # versions differ in whether they say what the server said or what it did
    with pytest.raises((asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError)) as killed:
        await task
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await client.fetch("SELECT 1")
    assert told(operation_errors) == {
        ("SELECT", f"asyncpg.exceptions.{killed.type.__name__}"): 1,
        ("SELECT", "asyncpg.exceptions._base.InterfaceError"): 1,
    }


async def test_a_connection_that_cannot_be_made_is_an_error_of_connecting(client, server):
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(server.url.rpartition("/")[0] + "/nowhere")
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.create_pool("postgresql://postgres@127.0.0.1:1/nowhere", min_size=1)
    assert told(operation_errors) == {
        ("CONNECT", "asyncpg.exceptions.InvalidCatalogNameError"): 1,
        ("CONNECT", "ConnectionRefusedError"): 1,
    }


async def test_failing_to_measure_leaves_answers_as_they_are_and_is_counted_and_logged_once(server, client, caplog):
    before = guard.failures().get("measuring an operation of asyncpg", 0)
    with broken(operations, pools):
        assert await client.fetchval("SELECT 1 AS broken") == 1
        assert await client.fetchval("SELECT 1 AS broken") == 1
        with pytest.raises(asyncpg.UndefinedTableError):
            await client.execute("SELECT * FROM broken")
        async with client.transaction():
            opened = await client.cursor("SELECT 3 AS broken")
            assert await opened.fetchrow() == (3,)
        statement = await client.prepare("SELECT 2 AS broken")
        assert await statement.fetchval() == 2
        async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as own:
            assert await own.fetchval("SELECT 4 AS broken") == 4
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect("postgresql://postgres@127.0.0.1:1/nowhere")
    assert guard.failures()["measuring an operation of asyncpg"] >= before + 8
    assert len([record for record in caplog.records if "MeasuringError" in record.getMessage()]) == 1


def test_functions_stay_what_they_were(client):
    for owner, before in zip(PATCHED, BEFORE, strict=True):
        for name, function in before.items():
            if isinstance(function, types.FunctionType):
                now = vars(owner)[name]
                assert inspect.iscoroutinefunction(now) == inspect.iscoroutinefunction(function), name
                assert inspect.signature(now) == inspect.signature(function), name
                assert now.__doc__ == function.__doc__


async def test_what_is_wrong_is_said_when_a_statement_is_called_not_when_it_is_awaited(server, client):
    async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as own:
        async with own.acquire() as lent:
            statement = await lent.prepare("SELECT 1")
        with pytest.raises(asyncpg.InterfaceError, match="released back to the pool"):
            statement.fetch()


async def test_attached_twice_measures_once_and_detaching_restores_the_library_exactly(server, client):
    attached.attach("asyncpg")
    assert await client.fetchval("SELECT 1") == 1
    assert told(operation_duration) == {("SELECT", ""): 1}
    assert parts() != BEFORE
    async with asyncpg.create_pool(server.url, min_size=1) as own:
        assert values(connections_max) == {(f"127.0.0.1:{server.port}/postgres",): 10}
        attached.detach("asyncpg")
        assert parts() == BEFORE
        assert values(connections_max) == {}
        assert await own.fetchval("SELECT 1") == 1
    assert told(operation_duration) == {("SELECT", ""): 1}


@pytest.mark.parametrize("traced_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
async def test_a_tracer_and_we_measure_in_either_order_and_leave_in_either_order(
    server, bare, traced_first, tracer_leaves_first
):
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = AsyncPGInstrumentor()
    on = [lambda: tracer.instrument(tracer_provider=provider), lambda: attached.attach("asyncpg")]
    off = [tracer.uninstrument, lambda: attached.detach("asyncpg")]
    client = None
    try:
        for step in on if traced_first else on[::-1]:
            step()
        client = await asyncpg.connect(server.url)
        assert await client.fetchval("SELECT 1") == 1
        assert (told(operation_duration), len(spans.get_finished_spans())) == ({("SELECT", ""): 1}, 1)
        first, second = off if tracer_leaves_first else off[::-1]
        first()
        assert await client.fetchval("SELECT 1") == 1
        assert told(operation_duration) == {("SELECT", ""): 2 if tracer_leaves_first else 1}
        second()
        assert await client.fetchval("SELECT 1") == 1
        assert told(operation_duration) == {("SELECT", ""): 2 if tracer_leaves_first else 1}
    finally:
        if client is not None:
            await client.close()
        if tracer.is_instrumented_by_opentelemetry:
            tracer.uninstrument()
        attached.detach("asyncpg")
    assert parts() == BEFORE
