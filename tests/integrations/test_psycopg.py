"""psycopg 3 against a real PostgreSQL, sync and async: what cursors and connections are asked, and what goes wrong."""

from __future__ import annotations

import asyncio
import inspect
import threading
import types

import psycopg
import pytest
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from psycopg import sql
from tests import data_servers
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import clock, guard
from vedette.integrations import attached, operations
from vedette.packs.database import operation_duration, operation_errors, statement_duration, transactions

KINDS = (
    *psycopg.ServerCursor.__mro__[:-2],
    *psycopg.AsyncServerCursor.__mro__[:2],
    psycopg.AsyncCursor,
    *psycopg.AsyncConnection.__mro__[:2],
    psycopg.Connection,
    *psycopg.Pipeline.__mro__[:2],
)


def parts() -> list[dict[str, object]]:
    return [dict(vars(kind)) for kind in (*KINDS, psycopg)]


BEFORE = parts()


@pytest.fixture(scope="module")
def server():
    with data_servers.postgres() as running:
        with psycopg.connect(running.url) as connection:
            connection.execute("CREATE TABLE orders (id INT PRIMARY KEY, note TEXT)")
            connection.execute("CREATE TABLE deferred (id INT UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        yield running


@pytest.fixture
def bare(server):
    """A connection that nobody measures, for the test's own doings."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        operations.cover(connection, "test")
        connection.execute("TRUNCATE orders, deferred; INSERT INTO orders SELECT n FROM generate_series(1, 10) n")
        yield connection


@pytest.fixture
def client(server, bare):
    attached.attach("psycopg")
    connection = psycopg.connect(server.url)
    yield connection
    connection.close()
    attached.detach("psycopg")


@pytest.fixture
async def async_client(server, bare):
    attached.attach("psycopg")
    connection = await psycopg.AsyncConnection.connect(server.url)
    yield connection
    await connection.close()
    attached.detach("psycopg")


def told(metric) -> dict[tuple[str, ...], float]:
    """The values without the name of the system, which is always the same."""
    found = values(metric)
    assert {labels[0] for labels in found} <= {"postgresql"}
    return {labels[1:]: value for labels, value in found.items()}


def test_whatever_is_asked_is_timed_by_kind_table_and_text_and_answers_are_what_they_were(client):
    ticks = iter(range(1000))
    with clock.replaced(lambda: float(next(ticks))):
        assert client.execute("INSERT INTO orders VALUES (11, 'Ada'), (12, NULL)").rowcount == 2
        assert client.execute("SELECT note FROM orders WHERE id = %s", [11]).fetchone() == ("Ada",)
        with client.cursor() as cursor:
            assert cursor.execute(b"SELECT id FROM orders WHERE id = %(id)s", {"id": 11}) is cursor
            assert cursor.fetchall() == [(11,)]
            cursor.executemany("UPDATE orders SET note = %s WHERE id = %s", [("a", 1), ("b", 2)])
            assert cursor.rowcount == 2
            composed = sql.SQL("SELECT {} FROM {} WHERE note = {}").format(
                sql.Identifier("id"), sql.Identifier("orders"), sql.Literal("Ada")
            )
            assert cursor.execute(query=composed).fetchall() == [(11,)]
        assert psycopg.ClientCursor(client).execute("SELECT %s", ["secret"]).fetchone() == ("secret",)
        assert psycopg.RawCursor(client).execute("SELECT $1", ["secret"]).fetchone() == ("secret",)
        client.commit()
    assert told(operation_duration) == {
        ("INSERT", "orders"): 1,
        ("SELECT", "orders"): 3,
        ("UPDATE", "orders"): 1,
        ("SELECT", ""): 2,
        ("COMMIT", ""): 1,
    }
    assert operation_duration.labels("postgresql", "UPDATE", "orders").read()[1] == 1
    assert {text for (text,) in told(statement_duration)} == {
        "INSERT INTO orders VALUES (?), (?, NULL)",
        "SELECT note FROM orders WHERE id = ?",
        "SELECT id FROM orders WHERE id = ?",
        "SELECT id FROM orders WHERE note = ?",
        "UPDATE orders SET note = ? WHERE id = ?",
        "SELECT ?",
    }
    assert told(operation_errors) == {}


async def test_async_connections_are_told_alike(async_client):
    assert await (await async_client.execute("SELECT count(*) FROM orders")).fetchone() == (10,)
    async with async_client.cursor() as cursor:
        await cursor.executemany("INSERT INTO orders VALUES (%s)", [(11,), (12,)])
        assert [row async for row in cursor.stream("SELECT id FROM orders WHERE id > 10 ORDER BY id")] == [(11,), (12,)]
        async with cursor.copy("COPY orders (id) FROM STDIN") as copy:
            await copy.write_row((13,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            await cursor.execute("INSERT INTO orders VALUES (13)")
    await async_client.rollback()
    async with async_client.transaction():
        await async_client.execute("SELECT 1")
    assert told(operation_duration) == {
        ("SELECT", "orders"): 2,
        ("INSERT", "orders"): 2,
        ("COPY", "orders"): 1,
        ("SELECT", ""): 1,
        ("COMMIT", ""): 1,
    }
    assert told(operation_errors) == {("INSERT", "psycopg.errors.UniqueViolation"): 1}
    assert told(transactions) == {("rolled_back",): 1, ("committed",): 1}


def test_a_stream_is_timed_until_its_first_row_whoever_takes_the_rest(client):
    time = [10.0]
    with clock.replaced(lambda: time[0]), client.cursor() as cursor:
        rows = cursor.stream("SELECT id FROM orders ORDER BY id")
        assert next(rows) == (1,)
        time[0] += 100
        assert [number for (number,) in rows] == list(range(2, 11))
        assert list(cursor.stream("SELECT id FROM orders WHERE id < 0")) == []
        rows = cursor.stream("SELECT id FROM orders")
        next(rows)
        rows.close()
        with pytest.raises(psycopg.errors.DivisionByZero):
            list(cursor.stream("SELECT 1 / (5 - id) FROM orders"))
    assert told(operation_duration) == {("SELECT", "orders"): 4}
    assert operation_duration.labels("postgresql", "SELECT", "orders").read()[1] == 0
    assert told(operation_errors) == {("SELECT", "psycopg.errors.DivisionByZero"): 1}


def test_a_copy_is_timed_until_its_block_ends(client):
    time = [10.0]
    with clock.replaced(lambda: time[0]), client.cursor() as cursor:
        with cursor.copy("COPY orders (id) FROM STDIN") as copy:
            copy.write_row((20,))
            time[0] += 3
        with cursor.copy("COPY (SELECT id FROM orders WHERE id >= %s) TO STDOUT", [20]) as copy:
            assert list(copy.rows()) == [("20",)]
        with pytest.raises(ZeroDivisionError), cursor.copy("COPY orders (id) FROM STDIN"):
            raise ZeroDivisionError
    assert told(operation_duration) == {("COPY", "orders"): 2, ("COPY", ""): 1}
    assert operation_duration.labels("postgresql", "COPY", "orders").read()[1] == 3
    assert told(operation_errors) == {("COPY", "ZeroDivisionError"): 1}


def test_a_cursor_on_the_server_is_timed_as_it_is_declared_and_each_further_trip_is_a_fetch(client):
    with client.cursor("secret") as cursor:
        cursor.execute("SELECT id FROM orders ORDER BY id")
        assert cursor.fetchone() == (1,)
        assert cursor.fetchmany(2) == [(2,), (3,)]
        cursor.scroll(2)
        assert cursor.fetchall() == [(number,) for number in range(6, 11)]
    with client.cursor("paged") as cursor:
        cursor.itersize = 4
        cursor.execute("SELECT id FROM orders ORDER BY id")
        assert len(list(cursor)) == 10
    assert told(operation_duration) == {("SELECT", "orders"): 2, ("FETCH", "orders"): 6, ("MOVE", "orders"): 1}


async def test_a_cursor_on_the_server_is_told_alike_where_it_is_async(async_client):
    async with async_client.cursor("secret") as cursor:
        await cursor.execute("SELECT id FROM orders ORDER BY id")
        assert len([row async for row in cursor]) == 10
    assert told(operation_duration) == {("SELECT", "orders"): 1, ("FETCH", "orders"): 1}


def test_transactions_are_counted_by_how_the_server_ends_them(client):
    client.commit()
    client.rollback()
    assert told(transactions) == {}  # none had begun
    with client.transaction():
        client.execute("SELECT 1")
        with pytest.raises(ZeroDivisionError), client.transaction():
            raise ZeroDivisionError
        with client.transaction():
            client.execute("SELECT 1")
    assert told(transactions) == {("committed",): 1}
    with client.transaction(force_rollback=True):
        pass
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 1}
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("SELECT 1/0")
    client.commit()
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 2}
    client.autocommit = True
    client.execute("BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT")
    client.execute("BEGIN")
    client.execute("SAVEPOINT a")
    client.execute("ROLLBACK TO SAVEPOINT a")
    client.execute("ROLLBACK")
    assert told(transactions)[("rolled_back",)] == 3
    assert told(operation_duration) == {("SELECT", ""): 3, ("COMMIT", ""): 2, ("BEGIN", ""): 1}


def test_a_commit_that_fails_is_an_error_and_no_transaction_committed(client):
    client.execute("INSERT INTO deferred VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        client.commit()
    assert told(operation_errors) == {("COMMIT", "psycopg.errors.UniqueViolation"): 1}
    assert told(transactions) == {}
    assert told(operation_duration) == {("INSERT", "deferred"): 1, ("COMMIT", ""): 1}


def test_failures_are_counted_by_their_class_and_raised_as_they_were(client):
    client.autocommit = True
    with pytest.raises(psycopg.errors.UniqueViolation):
        client.execute("INSERT INTO orders VALUES (1)")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM nowhere")
    client.execute("SET statement_timeout = 20")
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        client.execute("SELECT pg_sleep(60)")
    with pytest.raises(psycopg.ProgrammingError, match="placeholder"):
        client.execute("SELECT %s", [])
    with pytest.raises(TypeError):
        client.cursor().execute()
    assert told(operation_errors) == {
        ("INSERT", "psycopg.errors.UniqueViolation"): 1,
        ("SELECT", "psycopg.errors.UndefinedTable"): 1,
        ("SELECT", "psycopg.errors.QueryCanceled"): 1,
        ("SELECT", "psycopg.ProgrammingError"): 1,
    }


async def test_one_that_is_cancelled_is_counted_as_that(async_client, bare):
    task = asyncio.create_task(async_client.execute("SELECT pg_sleep(60)"))
    await asyncio.to_thread(_sees, bare, "SELECT pg_sleep(60)")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told(operation_errors) == {("SELECT", "asyncio.exceptions.CancelledError"): 1}


def _sees(bare, query: str) -> None:
    """Wait until the server works on it."""
    active = "SELECT count(*) FROM pg_stat_activity WHERE query = %s AND state = 'active' AND wait_event = 'PgSleep'"
    while not bare.execute(active, [query]).fetchone()[0]:
        pass


def test_a_connection_that_is_killed_fails_what_goes_over_it_and_its_transaction(client, bare):
    client.execute("SELECT 1")
    bare.execute("SELECT pg_terminate_backend(%s)", [client.info.backend_pid])
    with pytest.raises(psycopg.errors.AdminShutdown):
        client.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match=r"lost|closed"):
        client.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match=r"lost|closed"):
        client.commit()
    assert told(operation_errors) == {
        ("SELECT", "psycopg.errors.AdminShutdown"): 1,
        ("_OTHER", "psycopg.OperationalError"): 1,  # refused before it is read
        ("COMMIT", "psycopg.OperationalError"): 1,
    }
    assert told(transactions) == {}


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_connection_that_is_killed_before_a_commit_fails_it_once(server, bare, async_client, is_async):
    own = async_client if is_async else psycopg.connect(server.url)
    executed = own.execute("SELECT 1")
    if is_async:
        await executed
    bare.execute("SELECT pg_terminate_backend(%s)", [own.info.backend_pid])
    with pytest.raises(psycopg.OperationalError) as raised:
        await own.commit() if is_async else own.commit()
    assert sum(told(operation_errors).values()) == 1
    assert next(iter(told(operation_errors))) == ("COMMIT", _name_of(raised.type))
    assert told(transactions) == {}


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


async def test_a_connection_that_cannot_be_made_is_an_error_of_connecting(server, async_client):
    url = "postgresql://postgres@127.0.0.1:1/nowhere"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        psycopg.Connection.connect(url)
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(url)
    assert told(operation_errors) == {("CONNECT", "psycopg.OperationalError"): 3}


def test_twenty_threads_are_all_counted(server, client):
    def work(number: int) -> None:
        with psycopg.connect(server.url, autocommit=True) as own:
            for _ in range(10):
                assert own.execute("SELECT %s::int", [number]).fetchone() == (number,)
            with pytest.raises(psycopg.errors.DivisionByZero):
                own.execute("SELECT 1/0")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(operation_duration) == {("SELECT", ""): 220}
    assert told(operation_errors) == {("SELECT", "psycopg.errors.DivisionByZero"): 20}


async def test_failing_to_measure_leaves_answers_as_they_are_and_is_counted_and_logged_once(client, caplog):
    before = guard.failures().get("measuring an operation of psycopg", 0)
    with broken(operations):
        assert client.execute("SELECT 1 AS broken").fetchone() == (1,)
        assert list(client.cursor().stream("SELECT 2 AS broken")) == [(2,)]
        with client.cursor("broken") as cursor:
            assert cursor.execute("SELECT 3 AS broken").fetchall() == [(3,)]
        with (
            client.cursor().copy("COPY broken FROM STDIN")
            if False
            else client.cursor().copy("COPY (SELECT 4 AS broken) TO STDOUT") as copy
        ):
            assert list(copy.rows()) == [("4",)]
        with client.pipeline():
            assert client.execute("SELECT 5 AS broken").fetchone() == (5,)
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("SELECT * FROM broken")
        client.rollback()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect("postgresql://postgres@127.0.0.1:1/nowhere")
    assert guard.failures()["measuring an operation of psycopg"] >= before + 7
    assert guard.failures()["measuring a pipeline of psycopg"] >= 1
    logged = [record for record in caplog.records if "MeasuringError" in record.getMessage()]
    assert len(logged) == 2  # one for each


def test_functions_stay_what_they_were(client):
    for kind, before in zip((*KINDS, psycopg), BEFORE, strict=True):
        for name, function in before.items():
            now = vars(kind)[name]
            if now is not function and isinstance(function, types.FunctionType):
                for question in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction):
                    assert question(now) == question(function), name
                assert inspect.signature(now) == inspect.signature(function), name
                assert now.__doc__ == function.__doc__


def test_attached_twice_measures_once_and_detaching_restores_the_library_exactly(client):
    attached.attach("psycopg")
    client.execute("SELECT 1")
    assert told(operation_duration) == {("SELECT", ""): 1}
    assert parts() != BEFORE
    attached.detach("psycopg")
    assert parts() == BEFORE
    client.execute("SELECT 1")
    assert told(operation_duration) == {("SELECT", ""): 1}


@pytest.mark.parametrize("traced_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
def test_a_tracer_and_we_measure_in_either_order_and_leave_in_either_order(
    server, bare, traced_first, tracer_leaves_first
):
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = PsycopgInstrumentor()
    on = [lambda: tracer.instrument(tracer_provider=provider), lambda: attached.attach("psycopg")]
    off = [tracer.uninstrument, lambda: attached.detach("psycopg")]

    def ask() -> None:
        with psycopg.connect(server.url, autocommit=True) as client:
            assert client.cursor().execute("SELECT 1").fetchone() == (1,)

    try:
        for step in on if traced_first else on[::-1]:
            step()
        ask()
        assert told(operation_duration) == {("SELECT", ""): 1}
        assert len(spans.get_finished_spans()) == 1
        first, second = off if tracer_leaves_first else off[::-1]
        first()
        ask()
        assert told(operation_duration) == {("SELECT", ""): 2 if tracer_leaves_first else 1}
        second()
        ask()
        assert told(operation_duration) == {("SELECT", ""): 2 if tracer_leaves_first else 1}
    finally:
        if tracer.is_instrumented_by_opentelemetry:
            tracer.uninstrument()
        attached.detach("psycopg")
        # what OpenTelemetry itself does not put back as it was: it leaves a bound method for a class method
        for kind, before in zip((*KINDS, psycopg), BEFORE, strict=True):
            if "connect" in before:
                kind.connect = before["connect"]
    assert parts() == BEFORE
