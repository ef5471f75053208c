"""Pools of asyncpg against a real PostgreSQL: what they have and lend, who waits, and what stays out."""

from __future__ import annotations

import asyncio
import gc

import asyncpg
import pytest
from tests import data_servers
from tests.integrations.client import values
from tests.integrations.waiting import until_async

from vedette.errors import ConfigError
from vedette.instruments import clock
from vedette.integrations import attached, operations, pools
from vedette.integrations.asyncpg import name_pool
from vedette.packs.database import (
    connections,
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


@pytest.fixture(scope="module")
def server():
    with data_servers.postgres() as running:
        yield running


@pytest.fixture(autouse=True)
def attach():
    attached.attach("asyncpg")
    yield
    attached.detach("asyncpg")


@pytest.fixture
async def bare(server):
    """A connection that nobody measures, for the test's own doings."""
    connection = await asyncpg.connect(server.url)
    operations.cover(connection, "test")
    yield connection
    await connection.close()


def told(metric) -> dict[tuple[str, ...], float]:
    """The values without the name of the system, which is always the same."""
    found = values(metric)
    assert {labels[0] for labels in found} <= {"postgresql"}
    return {labels[1:]: value for labels, value in found.items()}


async def test_a_pool_tells_what_is_idle_used_and_allowed_and_how_long_connections_are_out(server):
    time = [100.0]
    with clock.replaced(lambda: time[0]):
        async with asyncpg.create_pool(server.url, min_size=2, max_size=3) as own:
            name = f"127.0.0.1:{server.port}/postgres"
            async with own.acquire():
                time[0] += 4
                assert values(connections) == {(name, "idle"): 1, (name, "used"): 1}
                assert values(connections_max) == {(name,): 3}
            assert await own.fetchval("SELECT 1") == 1
            assert values(connections) == {(name, "idle"): 2, (name, "used"): 0}
            assert use_time.labels(name).read()[1] == 4
            assert values(use_time) == values(wait_time) == {(name,): 2}
            assert values(create_time) == {(name,): 2}
            assert values(pending_requests) == values(timeouts) == values(connections_overdue) == {(name,): 0}
        assert told(operation_duration) == {("SELECT", ""): 1}
        assert values(connections) == {(name, "idle"): 0, (name, "used"): 0}
    del own
    gc.collect()
    assert values(connections) == values(connections_max) == values(pending_requests) == {}


async def test_who_waits_for_an_exhausted_pool_is_pending_and_then_counted_as_a_timeout(server):
    async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as own:
        name_pool(own, "orders")
        async with own.acquire():
            waiting = asyncio.create_task(own.fetchval("SELECT 1"))
            await until_async(lambda: values(pending_requests) == {("orders",): 1})
            with pytest.raises(TimeoutError):
                await own.acquire(timeout=0.01)
            cancelled = asyncio.create_task(own.fetchval("SELECT 1"))
            await until_async(lambda: values(pending_requests) == {("orders",): 2})
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        assert await waiting == 1
        assert values(timeouts) == {("orders",): 1}
        assert values(pending_requests) == {("orders",): 0}
        assert values(wait_time) == {("orders",): 2}
    assert told(operation_errors) == {}


async def test_a_connection_that_is_out_for_too_long_is_told_as_a_leak_until_it_is_back(server):
    time = [100.0]
    with clock.replaced(lambda: time[0]):
        async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as own:
            name_pool(own, "orders")
            kept = await own.acquire()
            time[0] += 300
            assert values(connections_overdue) == {("orders",): 0}
            time[0] += 1
            assert values(connections_overdue) == {("orders",): 1}
            pools.leaks_after("10m")
            assert values(connections_overdue) == {("orders",): 0}
            pools.leaks_after("5m")
            await own.release(kept)
            assert values(connections_overdue) == {("orders",): 0}


async def test_a_killed_connection_goes_back_and_its_pool_makes_another(server, bare):
    async with asyncpg.create_pool(server.url, min_size=1, max_size=1) as own:
        name_pool(own, "orders")
        async with own.acquire() as killed:
            await bare.execute("SELECT pg_terminate_backend($1)", killed.get_server_pid())
            await until_async(lambda: killed._con is None or killed._con.is_closed())
        assert await own.fetchval("SELECT 1") == 1
        assert values(connections) == {("orders", "idle"): 1, ("orders", "used"): 0}
        assert values(use_time) == {("orders",): 2}
        assert values(create_time) == {("orders",): 1}  # the first one was made before the pool had its name


async def test_fifty_tasks_over_five_connections_are_all_counted(server):
    async with asyncpg.create_pool(server.url, min_size=5, max_size=5) as own:
        name_pool(own, "orders")

        async def work(number: int) -> None:
            for _ in range(4):
                assert await own.fetchval("SELECT $1::int", number) == number
            if number % 10 == 0:
                with pytest.raises(asyncpg.DivisionByZeroError):
                    await own.execute("SELECT 1/0")

        await asyncio.gather(*map(work, range(50)))
        assert told(operation_duration) == {("SELECT", ""): 205}
        assert told(operation_errors) == {("SELECT", "asyncpg.exceptions.DivisionByZeroError"): 5}
        assert values(use_time) == values(wait_time) == {("orders",): 205}
        assert values(pending_requests) == {("orders",): 0}
        assert values(connections) == {("orders", "idle"): 5, ("orders", "used"): 0}


async def test_pools_of_one_server_and_database_are_told_together_until_one_has_a_name(server):
    async with (
        asyncpg.create_pool(server.url, min_size=1) as one,
        asyncpg.create_pool(
            host="127.0.0.1", port=server.port, user="postgres", database="postgres", min_size=1
        ) as two,
    ):
        name = f"127.0.0.1:{server.port}/postgres"
        assert values(connections_max) == {(name,): 20}
        name_pool(two, "two")
        assert values(connections_max) == {(name,): 10, ("two",): 10}
        name_pool(one, "one")
        assert values(connections_max) == {("one",): 10, ("two",): 10}
    with pytest.raises(ConfigError, match="name it after"):
        name_pool(asyncpg.create_pool(server.url), "early")
