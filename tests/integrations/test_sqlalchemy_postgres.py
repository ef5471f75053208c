"""Every engine of SQLAlchemy against a real PostgreSQL, sync over psycopg and async over asyncpg and psycopg."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests import data_servers
from tests.integrations.client import values
from tests.integrations.waiting import until, until_async

from vedette.instruments import clock
from vedette.integrations import attached
from vedette.integrations.sqlalchemy import attach
from vedette.packs.database import (
    connections,
    connections_lost,
    connections_max,
    connections_overdue,
    create_time,
    operation_duration,
    operation_errors,
    pending_requests,
    statement_duration,
    timeouts,
    transactions,
    use_time,
    wait_time,
)

LIBRARIES = ("sqlalchemy", "asyncpg", "psycopg")
orders = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("note", String))


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str | None]


@pytest.fixture(scope="module")
def server():
    with data_servers.postgres() as running:
        bare = create_engine(running.url.replace("postgresql", "postgresql+psycopg"))
        with bare.begin() as connection:
            Base.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE deferred (id INT UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        bare.dispose()
        yield running


@pytest.fixture
def everything(server):
    """All that SQLAlchemy and what is below it can be measured by."""
    for library in LIBRARIES:
        attached.attach(library)
    yield
    for library in LIBRARIES:
        attached.detach(library)


@pytest.fixture
def name(server):
    """Under which a pool is told that nobody has named."""
    return f"127.0.0.1:{server.port}/postgres"


@pytest.fixture
def engine(server, everything):
    engine = _engine(server, pool_size=2, max_overflow=0, pool_timeout=0.01)
    yield engine
    engine.dispose()


def _engine(server, **options):
    return create_engine(server.url.replace("postgresql", "postgresql+psycopg"), **options)


@pytest.fixture(params=["asyncpg", "psycopg"])
async def async_engine(request, server, everything):
    engine = create_async_engine(
        server.url.replace("postgresql", f"postgresql+{request.param}"), pool_size=5, max_overflow=0
    )
    yield engine
    await engine.dispose()


def told(metric) -> dict[tuple[str, ...], float]:
    """The values without the name of the system, which is always the same."""
    found = values(metric)
    assert {labels[0] for labels in found} <= {"postgresql"}
    return {labels[1:]: value for labels, value in found.items()}


def test_whatever_an_engine_does_is_told_once_by_kind_table_and_text(engine):
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM orders WHERE id > :id"), {"id": 0})
        connection.execute(insert(orders), [{"id": number, "note": "Ada"} for number in range(1, 4)])
        connection.execute(insert(orders).returning(orders.c.id), [{"id": number} for number in range(4, 2004)])
        assert len(connection.execute(select(orders.c.note).where(orders.c.id.in_([1, 2]))).all()) == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM orders").scalar() == 2003
    with Session(engine) as session:
        assert session.get(Order, 1).note == "Ada"
        session.add(Order(id=5000))
        session.commit()
    assert told(operation_duration) == {
        ("DELETE", "orders"): 1,
        ("INSERT", "orders"): 3,
        ("SELECT", "orders"): 3,
        ("COMMIT", ""): 2,
    }
    assert {
        "DELETE FROM orders WHERE id > ?",
        "SELECT orders.note FROM orders WHERE orders.id IN (?)",
        "SELECT count(*) FROM orders",
        "INSERT INTO orders (id, note) VALUES (?)",
        "INSERT INTO orders (id) VALUES (?) RETURNING orders.id",
    } <= {statement for (statement,) in told(statement_duration)}
    assert told(operation_errors) == {}
    assert told(transactions) == {("committed",): 2}


async def test_an_async_engine_is_told_once_alike_whatever_its_driver(async_engine):
    async with async_engine.begin() as connection:
        await connection.execute(text("DELETE FROM orders"))
        await connection.execute(insert(orders), [{"id": number} for number in range(3)])
        assert (await connection.execute(select(orders).where(orders.c.id == 1))).one().id == 1
    async with async_engine.connect() as connection:
        async for _ in await connection.stream(select(orders)):
            pass
        with pytest.raises(IntegrityError):
            await connection.execute(insert(orders).values(id=1))
    assert told(operation_duration) == {
        ("DELETE", "orders"): 1,
        ("INSERT", "orders"): 2,
        ("SELECT", "orders"): 2,
        ("COMMIT", ""): 1,
    }
    assert told(operation_errors) == {("INSERT", "sqlalchemy.exc.IntegrityError"): 1}
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 1}


def test_engines_that_are_there_already_are_measured_with_all_that_they_have_open(server, name):
    engine = _engine(server, pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        for library in LIBRARIES:
            attached.attach(library)
        connection.execute(text("SELECT 1"))
        assert values(connections) == {(name, "idle"): 0, (name, "used"): 1}
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        connection.execute(text("SELECT 1"))
    assert told(operation_duration) == {("SELECT", ""): 2}
    for library in LIBRARIES:
        attached.detach(library)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert told(operation_duration) == {("SELECT", ""): 2}
    engine.dispose()


def test_transactions_are_counted_by_how_they_end(engine):
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        with connection.begin_nested():
            connection.execute(text("SELECT 1"))
    with engine.connect() as connection:
        pass  # none has begun
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT 1"))
        connection.commit()
    assert told(transactions) == {("committed",): 1, ("rolled_back",): 1}
    assert told(operation_duration)[("COMMIT", "")] == 1


def test_a_commit_that_fails_is_an_error_and_no_transaction_committed(engine):
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO deferred VALUES (1), (1)"))
    assert told(operation_errors) == {("COMMIT", "sqlalchemy.exc.IntegrityError"): 1}
    assert told(transactions) == {}


def test_failures_are_counted_by_the_class_that_the_application_sees(engine):
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 20"))
        with pytest.raises(OperationalError, match="statement timeout"):
            connection.execute(text("SELECT pg_sleep(60)"))
        connection.rollback()
    event.listen(engine, "handle_error", _its_own_error)
    with engine.connect() as connection, pytest.raises(ZeroDivisionError):
        connection.execute(text("SELECT * FROM nowhere"))
    assert told(operation_errors) == {
        ("SELECT", "sqlalchemy.exc.OperationalError"): 1,
        ("SELECT", "ZeroDivisionError"): 1,
    }


def _its_own_error(_context):
    raise ZeroDivisionError


async def test_one_that_is_cancelled_is_counted_as_that_and_its_connection_is_let_go(async_engine):
    async def work() -> None:
        async with async_engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(60)"))

    task = asyncio.create_task(work())
    async with async_engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")  # a transaction sees one state
        active = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(60)%' AND wait_event = 'PgSleep'")
        while not (await connection.execute(active)).scalar():
            pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told(operation_errors) == {("SELECT", "asyncio.exceptions.CancelledError"): 1}
    assert values(connections)[next(iter(values(connections_max)))[0], "used"] == 0


@pytest.mark.parametrize("pre_ping", [False, True])
def test_a_killed_connection_fails_once_or_is_replaced_unnoticed_where_the_pool_looks_first(
    server, everything, pre_ping
):
    engine = _engine(server, pool_size=1, pool_pre_ping=pre_ping)
    attach(engine, pool_name="orders")
    with engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    other = _engine(server, isolation_level="AUTOCOMMIT")  # a transaction sees one state of the activity
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:id)"), {"id": backend})
        until(
            lambda: (
                not connection.execute(
                    text("SELECT count(*) FROM pg_stat_activity WHERE pid = :id"), {"id": backend}
                ).scalar()
            )
        )
    if not pre_ping:
        with pytest.raises(OperationalError), engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    assert told(operation_errors) == ({} if pre_ping else {("SELECT", "sqlalchemy.exc.OperationalError"): 1})
    assert values(create_time)["orders",] == 2
    assert values(connections)["orders", "used"] == 0
    engine.dispose()
    other.dispose()


async def test_a_connection_that_cannot_be_made_is_one_error_of_connecting(everything):
    with pytest.raises(OperationalError):
        create_engine("postgresql+psycopg://postgres@127.0.0.1:1/nowhere").connect()
    assert told(operation_errors) == {("CONNECT", "sqlalchemy.exc.OperationalError"): 1}
    with pytest.raises((OSError, DBAPIError, InterfaceError)) as raised:
        await create_async_engine("postgresql+asyncpg://postgres@127.0.0.1:1/nowhere").connect().start()
    assert sum(told(operation_errors).values()) == 2
    assert any(kind.endswith(raised.type.__name__) for _, kind in told(operation_errors))


def test_a_pool_tells_who_waits_for_how_long_and_how_long_connections_are_out(engine, name):
    time = [100.0]
    with clock.replaced(lambda: time[0]):
        with engine.connect(), engine.connect() as second:
            time[0] += 4
            assert values(connections) == {(name, "idle"): 0, (name, "used"): 2}
            assert values(connections_max) == {(name,): 2}
            with pytest.raises(PoolTimeoutError):
                engine.connect()
            second.detach()
        # the place of what is gone counts as idle for SQLAlchemy
        assert values(connections) == {(name, "idle"): 2, (name, "used"): 0}
    assert values(timeouts) == {(name,): 1}
    assert values(wait_time) == values(create_time) == {(name,): 2}
    assert values(use_time) == {(name,): 1}  # of the one that came back
    assert use_time.labels(name).read()[1] == 4
    assert values(pending_requests) == values(connections_overdue) == {(name,): 0}
    assert told(operation_errors) == {}


def test_a_connection_that_is_out_for_too_long_is_told_as_a_leak_and_one_that_is_dropped_as_lost(engine, name):
    time = [100.0]
    with clock.replaced(lambda: time[0]):
        kept = engine.connect()
        time[0] += 301
        assert values(connections_overdue) == {(name,): 1}
        kept.close()
        assert values(connections_overdue) == {(name,): 0}
        kept = engine.connect()
        del kept
        gc.collect()
    assert values(connections_lost) == {(name,): 1}
    assert values(connections) == {(name, "idle"): 1, (name, "used"): 0}
    with engine.connect():
        pass
    gc.collect()
    assert values(connections_lost) == {(name,): 1}


async def test_an_async_connection_that_is_dropped_is_lost(async_engine, name):
    kept = await async_engine.connect()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's own
        del kept
        gc.collect()
        await until_async(lambda: values(connections_lost) == {(name,): 1})
    assert values(connections_overdue) == {(name,): 0}


def test_twenty_threads_over_two_connections_are_all_counted(server, everything, name):
    engine = _engine(server, pool_size=2, max_overflow=0)

    def work(number: int) -> None:
        for _ in range(5):
            with engine.connect() as connection:
                assert connection.execute(text("SELECT CAST(:n AS INT)"), {"n": number}).scalar() == number

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(operation_duration) == {("SELECT", ""): 100}
    assert told(transactions) == {("rolled_back",): 100}
    assert values(use_time) == values(wait_time) == {(name,): 100}
    assert values(pending_requests) == {(name,): 0}
    assert values(connections) == {(name, "idle"): 2, (name, "used"): 0}
    engine.dispose()


async def test_fifty_tasks_over_five_connections_are_all_counted(async_engine, name):
    seen: list[float] = []

    async def work(number: int) -> None:
        for _ in range(2):
            async with async_engine.begin() as connection:
                assert (await connection.execute(text(f"SELECT {number}"))).scalar() == number
                seen.append(values(pending_requests)[name,])

    await asyncio.gather(*map(work, range(50)))
    assert told(operation_duration) == {("SELECT", ""): 100, ("COMMIT", ""): 100}
    assert {statement for (statement,) in told(statement_duration)} == {"SELECT ?"}
    assert told(transactions) == {("committed",): 100}
    assert values(use_time) == values(wait_time) == {(name,): 100}
    assert 0 < max(seen) <= 50
    assert values(pending_requests) == {(name,): 0}
    assert values(connections) == {(name, "idle"): 5, (name, "used"): 0}


def test_pools_of_one_database_are_told_together_and_one_that_is_named_by_itself(server, everything, name):
    one, two, three = (_engine(server, pool_size=1, max_overflow=0) for _ in range(3))
    for engine in (one, two, three):
        engine.connect().close()
    assert values(connections_max) == {(name,): 3}
    attach(two, pool_name="two")
    assert values(connections_max) == {(name,): 2, ("two",): 1}
    assert values(use_time) == {(name,): 3, ("two",): 0}
    own = _engine(server, pool_logging_name="reports", pool_size=1, max_overflow=0)
    own.connect().close()
    assert values(connections_max) == {(name,): 2, ("two",): 1, ("reports",): 1}
    for engine in (one, two, three, own):
        engine.dispose()


def test_an_engine_that_was_attached_alone_is_not_told_twice_when_all_are(server, name):
    alone, other = _engine(server), _engine(server)
    attach(alone, pool_name="alone")
    for engine in (alone, other):
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    assert told(operation_duration) == {("SELECT", ""): 1}
    assert values(wait_time) == {("alone",): 1}
    attached.attach("sqlalchemy")
    try:
        for engine in (alone, other):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        assert told(operation_duration) == {("SELECT", ""): 3}
        assert values(wait_time) == {("alone",): 2, (name,): 1}
    finally:
        attached.detach("sqlalchemy")
    for engine in (alone, other):
        engine.dispose()
