"""Pools of psycopg 3 against a real PostgreSQL: what they have and lend, who waits, and what never comes back."""

from __future__ import annotations

import asyncio
import gc
import threading

import psycopg
import psycopg_pool
import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool, NullConnectionPool, PoolTimeout
from tests import data_servers
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.waiting import until, until_async

from vedette.instruments import clock, guard
from vedette.integrations import attached, operations, pools
from vedette.packs.database import (
    connections,
    connections_lost,
    connections_max,
    connections_overdue,
    create_time,
    operation_duration,
    operation_errors,
    pending_requests,
    timeouts,
    use_time,
    wait_time,
)


def parts() -> list[dict[str, object]]:
    return [dict(vars(kind)) for kind in (ConnectionPool, AsyncConnectionPool, NullConnectionPool)]


BEFORE = parts()


@pytest.fixture(scope="module")
def server():
    with data_servers.postgres() as running:
        yield running


@pytest.fixture(autouse=True)
def attach():
    attached.attach("psycopg")
    yield
    attached.detach("psycopg")


@pytest.fixture
def pool(server):
    with ConnectionPool(server.url, min_size=2, max_size=2, name="orders", open=False) as pool:
        pool.wait()
        yield pool


def test_a_pool_tells_what_is_idle_used_and_allowed_and_how_long_connections_are_out(pool):
    time = [100.0]
    with clock.replaced(lambda: time[0]), pool.connection() as connection:
        time[0] += 4
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert values(connections) == {("orders", "idle"): 1, ("orders", "used"): 1}
        assert values(connections_max) == {("orders",): 2}
    assert values(connections) == {("orders", "idle"): 2, ("orders", "used"): 0}
    assert values(use_time) == values(wait_time) == {("orders",): 1}
    assert use_time.labels("orders").read()[1] == 4
    assert values(create_time) == {("orders",): 2}
    assert values(timeouts) == values(pending_requests) == values(connections_overdue) == {("orders",): 0}


def test_who_waits_for_an_exhausted_pool_is_pending_and_then_counted_as_a_timeout(pool):
    got: list[object] = []

    def wait() -> None:
        with pool.connection() as connection:
            got.append(connection.execute("SELECT 1").fetchone())

    with pool.connection(), pool.connection():
        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: values(pending_requests) == {("orders",): 1})
        with pytest.raises(PoolTimeout):
            pool.getconn(timeout=0.01)
        assert values(connections) == {("orders", "idle"): 0, ("orders", "used"): 2}
    thread.join()
    assert got == [(1,)]
    assert values(timeouts) == {("orders",): 1}
    assert values(pending_requests) == {("orders",): 0}
    assert values(wait_time) == {("orders",): 3}
    assert values(operation_errors) == {}


async def test_an_async_pool_is_told_alike_and_cancelling_who_waits_is_no_timeout(server):
    async with AsyncConnectionPool(server.url, min_size=1, max_size=1, name="async", open=False) as pool:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
            task = asyncio.create_task(pool.getconn())
            await until_async(lambda: values(pending_requests) == {("async",): 1})
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(PoolTimeout):
                await pool.getconn(timeout=0.01)
            assert values(connections) == {("async", "idle"): 0, ("async", "used"): 1}
        assert values(connections) == {("async", "idle"): 1, ("async", "used"): 0}
        assert values(timeouts) == {("async",): 1}
        assert values(pending_requests) == {("async",): 0}
        assert values(wait_time) == values(use_time) == values(create_time) == {("async",): 1}


def test_a_connection_that_is_out_for_too_long_is_told_as_a_leak_and_one_that_never_comes_back_as_lost(pool):
    time = [100.0]
    with clock.replaced(lambda: time[0]):
        kept = pool.getconn()
        time[0] += 301
        assert values(connections_overdue) == {("orders",): 1}
        assert values(connections_lost) == {("orders",): 0}
        kept.close()
        del kept
        gc.collect()
        assert values(connections_overdue) == {("orders",): 0}
        assert values(connections_lost) == {("orders",): 1}
        returned = pool.getconn()
        pool.putconn(returned)
        returned.close()
        del returned
        gc.collect()
    assert values(connections_lost) == {("orders",): 1}


def test_a_killed_connection_goes_back_and_its_pool_makes_another(server, pool):
    with psycopg.connect(server.url, autocommit=True) as bare, pool.connection() as killed:
        operations.cover(bare, "test")
        bare.execute("SELECT pg_terminate_backend(%s)", [killed.info.backend_pid])
        with pytest.raises(psycopg.errors.AdminShutdown):
            killed.execute("SELECT 1")
    until(lambda: values(connections) == {("orders", "idle"): 2, ("orders", "used"): 0})
    assert values(create_time) == {("orders",): 3}
    assert values(operation_errors) == {("postgresql", "SELECT", "psycopg.errors.AdminShutdown"): 1}


def test_twenty_threads_over_two_connections_are_all_counted(pool):
    def work() -> None:
        for _ in range(5):
            with pool.connection() as connection:
                connection.execute("SELECT 1")

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(operation_duration) == {("postgresql", "SELECT", ""): 100, ("postgresql", "COMMIT", ""): 100}
    assert values(use_time) == values(wait_time) == {("orders",): 100}
    assert values(connections) == {("orders", "idle"): 2, ("orders", "used"): 0}
    assert values(pending_requests) == {("orders",): 0}


def test_a_pool_without_connections_of_its_own_has_no_limit(server):
    with NullConnectionPool(server.url, name="none", open=False) as pool, pool.connection():
        assert values(connections_max) == {("none",): float("inf")}
        assert values(connections) == {("none", "idle"): 0, ("none", "used"): 1}


def test_one_that_lets_nobody_wait_refuses_as_if_time_were_up(server):
    with ConnectionPool(server.url, min_size=1, max_size=1, max_waiting=1, name="strict", open=False) as pool:
        pool.wait()
        with pool.connection():
            thread = threading.Thread(target=lambda: pool.putconn(pool.getconn()))
            thread.start()
            until(lambda: pool.get_stats()["requests_waiting"] == 1)
            with pytest.raises(psycopg_pool.TooManyRequests):
                pool.getconn()
        thread.join()
        assert values(timeouts) == {("strict",): 1}


def test_failing_to_measure_leaves_the_pool_as_it_is_and_is_counted(server, caplog):
    before = guard.failures().get("measuring a pool of psycopg", 0)
    with broken(pools), ConnectionPool(server.url, min_size=1, max_size=1, name="broken", open=False) as pool:
        pool.wait()
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            with pytest.raises(PoolTimeout):
                pool.getconn(timeout=0.01)
    assert guard.failures()["measuring a pool of psycopg"] > before
    assert len([record for record in caplog.records if "MeasuringError" in record.getMessage()]) == 1


def test_a_pool_that_is_gone_is_told_no_more_and_detaching_restores_the_library_exactly(server):
    with ConnectionPool(server.url, min_size=1, max_size=1, name="brief", open=False) as pool:
        with pool.connection():
            assert values(connections_max) == {("brief",): 1}
        attached.detach("psycopg")
        assert parts() == BEFORE
        assert values(connections_max) == values(connections) == {}
        attached.attach("psycopg")
        with pool.connection():
            assert values(connections) == {("brief", "idle"): 0, ("brief", "used"): 1}
    del pool
    gc.collect()
    assert values(connections_max) == values(connections) == values(pending_requests) == {}
