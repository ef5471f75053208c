"""Operations of an engine are timed and its pool is told; measuring leaves the library and its answers as they are."""

from __future__ import annotations

import gc
import inspect
import threading
import types

import pytest
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, QueuePool, base
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import clock, guard
from vedette.integrations import attached, operations, pools
from vedette.integrations.sqlalchemy import attach
from vedette.packs.database import (
    connections,
    connections_max,
    operation_duration,
    operation_errors,
    pending_requests,
    timeouts,
)

KINDS = (Connection, Engine, base._ConnectionRecord, base._ConnectionFairy, base)


def parts() -> list[dict[str, object]]:
    return [dict(vars(kind)) for kind in KINDS]


BEFORE = parts()


@pytest.fixture(autouse=True)
def detach():
    yield
    attached.detach("sqlalchemy")


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(
        f"sqlite:///{tmp_path}/shop.db", poolclass=QueuePool, pool_size=1, max_overflow=1, pool_timeout=0.01
    )
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY)"))
    attach(engine, pool_name="main")
    attach(engine, pool_name="again")
    yield engine
    engine.dispose()


def test_an_operation_is_timed_by_system_kind_and_table(engine):
    time = [10.0]

    @event.listens_for(engine, "before_cursor_execute")
    def pass_time(*_):
        time[0] += 2

    with clock.replaced(lambda: time[0]), engine.begin() as connection:
        connection.execute(text("INSERT INTO orders (id) VALUES (:id)"), [{"id": 1}, {"id": 2}])
        connection.execute(text("SELECT * FROM orders WHERE id = :id"), {"id": 1}).all()
    assert values(operation_duration) == {
        ("sqlite", "INSERT", "orders"): 1,
        ("sqlite", "SELECT", "orders"): 1,
        ("sqlite", "COMMIT", ""): 1,
    }
    assert operation_duration.labels("sqlite", "SELECT", "orders").read()[1] == 2
    assert values(operation_errors) == {}


def test_a_failed_operation_is_timed_and_counted_by_its_class(engine):
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO orders (id) VALUES (1), (1)"))
    with pytest.raises(OperationalError), engine.begin() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    assert values(operation_errors) == {
        ("sqlite", "INSERT", "sqlalchemy.exc.IntegrityError"): 1,
        ("sqlite", "SELECT", "sqlalchemy.exc.OperationalError"): 1,
    }
    assert values(operation_duration) == {("sqlite", "INSERT", "orders"): 1, ("sqlite", "SELECT", "nowhere"): 1}


def test_a_connection_that_cannot_be_made_is_an_error_of_connecting():
    engine = create_engine("sqlite:////no/such/folder/shop.db")
    attach(engine)
    with pytest.raises(OperationalError):
        engine.connect()
    assert values(operation_errors) == {("sqlite", "CONNECT", "sqlalchemy.exc.OperationalError"): 1}


def test_the_pool_tells_what_is_used_and_idle_and_how_many_there_may_be(engine):
    assert values(connections_max) == {("main",): 2}
    assert values(timeouts) == {("main",): 0}
    with engine.connect():
        assert values(connections) == {("main", "idle"): 0, ("main", "used"): 1}
    assert values(connections) == {("main", "idle"): 1, ("main", "used"): 0}


def test_who_waits_for_an_exhausted_pool_is_pending_and_then_counted_as_a_timeout(engine):
    with engine.connect(), engine.connect():
        waiting = []
        connect = engine.raw_connection

        def look():
            try:
                return connect()
            finally:
                waiting.append(values(pending_requests))

        with pytest.raises(PoolTimeoutError):
            look()
    assert values(timeouts) == {("main",): 1}
    assert values(pending_requests) == {("main",): 0}
    assert waiting == [{("main",): 0}]


def test_pending_is_seen_while_another_thread_waits(engine):
    engine.pool._timeout = 10
    with engine.connect():
        second = engine.connect()
        got = threading.Event()

        def wait():
            with engine.connect():
                got.set()

        thread = threading.Thread(target=wait)
        thread.start()
        while values(pending_requests) != {("main",): 1}:
            assert not got.is_set()
        second.close()
        thread.join()
    assert got.is_set()
    assert values(pending_requests) == {("main",): 0}


def test_a_pool_made_anew_is_told_and_counted_like_the_first(engine):
    engine.dispose()
    with engine.connect(), engine.connect():
        assert values(connections) == {("main", "idle"): 0, ("main", "used"): 2}
        with pytest.raises(PoolTimeoutError):
            engine.connect()
    assert values(timeouts) == {("main",): 1}


def test_a_pool_without_limit_or_without_pooling_is_told_as_far_as_it_goes(tmp_path):
    endless = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=QueuePool, max_overflow=-1)
    attach(endless, pool_name="endless")
    plain = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=NullPool)
    attach(plain, pool_name="plain")
    assert values(connections_max) == {("endless",): float("inf")}
    assert {pool for pool, _ in values(connections)} == {"endless"}


def test_a_pool_ends_with_its_engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=QueuePool)
    attach(engine, pool_name="brief")
    assert values(connections_max) == {("brief",): 15}
    del engine
    gc.collect()
    assert values(connections_max) == values(connections) == values(pending_requests) == {}


def test_a_pool_whose_name_another_engine_has_taken_over_does_not_end_with_the_first(tmp_path):
    first = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=QueuePool)
    second = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=QueuePool, pool_size=1)
    attach(first, pool_name="shared")
    attach(second, pool_name="shared")
    del first
    gc.collect()
    assert values(connections_max) == {("shared",): 11}


async def test_an_async_engine_is_measured_like_any(tmp_path):
    class Wrapper:
        """What an async engine is to us: something with a sync one inside."""

        sync_engine = create_engine(f"sqlite:///{tmp_path}/a.db")

    attach(Wrapper(), pool_name="async")
    with Wrapper.sync_engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert values(operation_duration) == {("sqlite", "SELECT", ""): 1}


def test_failing_to_measure_leaves_answers_as_they_are_and_is_counted_and_logged_once(tmp_path, caplog):
    before = guard.failures().get("measuring a database operation", 0)
    attached.attach("sqlalchemy")
    measured = create_engine(f"sqlite:///{tmp_path}/b.db", poolclass=QueuePool)
    measured.connect().close()
    with broken(operations):
        with measured.begin() as connection:
            assert connection.execute(text("SELECT 2 AS broken")).scalar() == 2
            with pytest.raises(OperationalError):
                connection.execute(text("SELECT * FROM nowhere_broken"))
        with pytest.raises(OperationalError):
            create_engine("sqlite:////no/such/folder/shop.db").connect()
    assert guard.failures()["measuring a database operation"] >= before + 3
    assert len([record for record in caplog.records if "MeasuringError" in record.getMessage()]) == 1


def test_a_pool_that_cannot_be_told_lends_its_connections_all_the_same(tmp_path):
    before = guard.failures().get("measuring a database operation", 0)
    attached.attach("sqlalchemy")
    with broken(pools), create_engine(f"sqlite:///{tmp_path}/a.db").begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    assert guard.failures()["measuring a database operation"] > before


def test_functions_stay_what_they_were():
    attached.attach("sqlalchemy")
    for kind, before in zip(KINDS, BEFORE, strict=True):
        for name, function in before.items():
            now = vars(kind)[name]
            if now is not function and isinstance(function, types.FunctionType):
                assert inspect.signature(now) == inspect.signature(function), name
                assert now.__doc__ == function.__doc__


def test_attached_twice_measures_once_and_detaching_restores_the_library_exactly(tmp_path):
    attached.attach("sqlalchemy")
    attached.attach("sqlalchemy")
    assert attached.states()["sqlalchemy"].attached
    assert parts() != BEFORE
    engine = create_engine(f"sqlite:///{tmp_path}/twice.db", poolclass=QueuePool)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert values(connections) == {("sqlite/twice.db", "idle"): 0, ("sqlite/twice.db", "used"): 1}
        attached.detach("sqlalchemy")
        assert parts() == BEFORE
        assert values(connections) == values(connections_max) == {}
        connection.execute(text("SELECT 1"))
    assert values(operation_duration) == {("sqlite", "SELECT", ""): 1}
    attached.attach("sqlalchemy")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert values(operation_duration) == {("sqlite", "SELECT", ""): 2}


@pytest.mark.parametrize("traced_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
def test_a_tracer_and_we_measure_in_either_order_and_leave_in_either_order(tmp_path, traced_first, tracer_leaves_first):
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = SQLAlchemyInstrumentor()
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    # it knows no version above 2.0, but works with those
    known = {"engine": engine, "tracer_provider": provider, "skip_dep_check": True}
    on = [lambda: tracer.instrument(**known), lambda: attached.attach("sqlalchemy")]
    off = [tracer.uninstrument, lambda: attached.detach("sqlalchemy")]

    def work() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def told() -> tuple[int, int]:
        spans_of_statements = [span for span in spans.get_finished_spans() if span.name.startswith("SELECT")]
        return values(operation_duration).get(("sqlite", "SELECT", ""), 0), len(spans_of_statements)

    try:
        for step in on if traced_first else on[::-1]:
            step()
        work()
        assert told() == (1, 1)
        first, second = off if tracer_leaves_first else off[::-1]
        first()
        work()
        assert told() == ((2, 1) if tracer_leaves_first else (1, 2))
        second()
        work()
        assert told() == ((2, 1) if tracer_leaves_first else (1, 2))
    finally:
        if tracer.is_instrumented_by_opentelemetry:
            tracer.uninstrument()
        attached.detach("sqlalchemy")
    assert parts() == BEFORE
