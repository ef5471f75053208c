"""In a pipeline of psycopg a statement lasts from when it is sent until its result is read."""

from __future__ import annotations

import psycopg
import pytest
from tests import data_servers
from tests.integrations.client import values

from vedette.instruments import clock
from vedette.integrations import attached, operations
from vedette.packs.database import operation_duration, operation_errors, transactions


@pytest.fixture(scope="module")
def server():
    with data_servers.postgres() as running:
        with psycopg.connect(running.url) as connection:
            connection.execute("CREATE TABLE orders (id INT PRIMARY KEY)")
        yield running


@pytest.fixture
def bare(server):
    """A connection that nobody measures, for the test's own doings."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        operations.cover(connection, "test")
        connection.execute("TRUNCATE orders")
        yield connection


@pytest.fixture
def client(server, bare):
    attached.attach("psycopg")
    connection = psycopg.connect(server.url)
    yield connection
    connection.close()
    attached.detach("psycopg")


def told(metric) -> dict[tuple[str, ...], float]:
    """The values without the name of the system."""
    return {labels[1:]: value for labels, value in values(metric).items()}


def seconds(operation: str, table: str) -> float:
    return operation_duration.labels("postgresql", operation, table).read()[1]


def test_a_statement_is_timed_from_when_it_is_sent_until_its_result_is_read(client):
    client.autocommit = True
    time = [10.0]
    with clock.replaced(lambda: time[0]):
        with client.pipeline() as pipeline:
            cursor = client.execute("SELECT 1")
            time[0] += 2
            client.execute("INSERT INTO orders VALUES (1)")
            time[0] += 1
            pipeline.sync()
            assert told(operation_duration) == {("SELECT", ""): 1, ("INSERT", "orders"): 1}
            assert cursor.fetchone() == (1,)
            assert client.execute("SELECT 2").fetchone() == (2,)
        assert told(operation_duration) == {("SELECT", ""): 2, ("INSERT", "orders"): 1}
        assert (seconds("SELECT", ""), seconds("INSERT", "orders")) == (3, 1)
    assert told(operation_errors) == {}


def test_one_that_fails_is_counted_once_though_the_next_raises_its_error_and_those_behind_it_are_aborted(client):
    client.autocommit = True
    sent: list[str] = []

    def work() -> None:
        with client.pipeline() as pipeline:
            # which of them raises the error depends on how soon the server answers
            for table in ("nowhere", "orders", "orders"):
                sent.append(table)
                client.execute(f"SELECT * FROM {table}")
            pipeline.sync()

    with pytest.raises(psycopg.errors.UndefinedTable):
        work()
    aborted = sent.count("orders")
    assert told(operation_errors) == {
        ("SELECT", "psycopg.errors.UndefinedTable"): 1,
        **({("SELECT", "psycopg.errors.PipelineAborted"): aborted} if aborted else {}),
    }
    assert told(operation_duration) == {("SELECT", table): sent.count(table) for table in set(sent)}


def test_one_that_cannot_be_sent_is_counted_as_it_fails(client):
    client.autocommit = True
    with client.pipeline():
        with pytest.raises(psycopg.ProgrammingError, match="placeholder"):
            client.execute("SELECT %s", [])
        assert client.execute("SELECT 1").fetchone() == (1,)
    assert told(operation_errors) == {("SELECT", "psycopg.ProgrammingError"): 1}
    assert told(operation_duration) == {("SELECT", ""): 2}


@pytest.mark.parametrize("returning", [False, True])
def test_executing_many_times_is_one_operation_until_its_last_result(client, returning):
    client.autocommit = True
    time = [10.0]
    with clock.replaced(lambda: time[0]):
        with client.pipeline() as pipeline:
            cursor = client.cursor()
            cursor.executemany("INSERT INTO orders VALUES (%s) RETURNING id", [(1,), (2,), (3,)], returning=returning)
            time[0] += 2
            cursor.execute("SELECT 1")
            pipeline.sync()
        assert cursor.fetchone() == (1,)
    assert told(operation_duration) == {("INSERT", "orders"): 1, ("SELECT", ""): 1}
    assert seconds("INSERT", "orders") == (0 if returning else 2)


def test_transactions_in_a_pipeline_are_counted_when_the_server_has_ended_them(client):
    with client.pipeline():
        client.execute("INSERT INTO orders VALUES (1)")
        client.commit()
        client.execute("INSERT INTO orders VALUES (2)")
        client.rollback()
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 1}
    with client.pipeline(), client.transaction():
        client.execute("SELECT 1")
        with client.transaction(force_rollback=True):
            client.execute("SELECT 1")
    assert told(transactions) == {("committed",): 2, ("rolled_back",): 1}


async def test_an_async_pipeline_is_told_alike(server, client):
    own = await psycopg.AsyncConnection.connect(server.url, autocommit=True)
    async with own, own.pipeline():
        cursors = [await own.execute("SELECT %s::int", [number]) for number in range(20)]
        assert [await cursor.fetchone() for cursor in cursors] == [(number,) for number in range(20)]
        with pytest.raises(psycopg.errors.UndefinedTable):
            await (await own.execute("SELECT * FROM nowhere")).fetchone()
    assert told(operation_duration) == {("SELECT", ""): 20, ("SELECT", "nowhere"): 1}
    assert told(operation_errors) == {("SELECT", "psycopg.errors.UndefinedTable"): 1}


def test_what_a_killed_connection_never_answers_has_failed(client, bare):
    client.autocommit = True

    def work() -> None:
        with client.pipeline():
            client.execute("SELECT 1").fetchone()
            bare.execute("SELECT pg_terminate_backend(%s)", [client.info.backend_pid])
            client.execute("SELECT 2 FROM orders")

    with pytest.raises(psycopg.OperationalError):
        work()
    assert sum(told(operation_errors).values()) == 1
    assert {operation for operation, _ in told(operation_errors)} == {"SELECT"}
    assert told(operation_duration) == {("SELECT", ""): 1, ("SELECT", "orders"): 1}
