"""Commands, pipelines, pub/sub and pools of the asyncio side of redis-py and valkey-py against a real server."""

from __future__ import annotations

import asyncio
import inspect
from importlib import import_module

import pytest
from tests import data_servers
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.resp_library import load
from tests.integrations.waiting import until_async

from vedette.instruments import guard
from vedette.integrations import attached, resp, resp_pool, resp_pubsub
from vedette.packs.cache import (
    connections,
    connections_max,
    operation_duration,
    operation_errors,
    pending_requests,
    pipelined_commands,
    pubsub_messages,
    requests,
    timeouts,
)


@pytest.fixture(scope="module")
def server():
    with data_servers.redis() as running:
        yield running


@pytest.fixture(params=["redis", "valkey"])
def library(request):
    yield load(request.param)
    attached.detach(request.param)


@pytest.fixture
async def client(library, server):
    client = library.async_client(port=server.port)
    await client.flushall()
    for metric in (operation_duration, operation_errors):
        metric.clear()
    yield client
    await client.aclose()


def told(metric) -> dict[str, float]:
    """The values by command."""
    return {labels[1]: value for labels, value in values(metric).items()}


async def test_commands_errors_hits_and_misses_are_told(library, client):
    library.name_cache(client, "sessions")
    assert await client.set("a", "text") is True
    assert await client.get("a") == b"text"
    assert await client.mget("a", "b") == [b"text", None]
    with pytest.raises(library.sync.ResponseError, match="WRONGTYPE"):
        await client.lpush("a", 1)
    assert values(operation_duration) == {(library.name, name, ""): 1 for name in ("SET", "GET", "MGET", "LPUSH")}
    assert values(operation_errors) == {(library.name, "LPUSH", library.error("ResponseError")): 1}
    assert values(requests) == {("sessions", "hit"): 2, ("sessions", "miss"): 1}


async def test_a_command_that_is_cancelled_is_told_as_that_and_stays_cancelled(library, client):
    waiting = asyncio.create_task(client.blpop(["queue"], 60))
    other = library.client(port=client.connection_pool.connection_kwargs["port"])
    await until_async(lambda: [one for one in other.client_list() if one["cmd"] == "blpop"])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()
    assert values(operation_errors) == {(library.name, "BLPOP", "asyncio.exceptions.CancelledError"): 1}
    assert told(operation_duration)["BLPOP"] == 1
    other.close()


async def test_a_command_that_times_out_in_the_application_is_told_as_cancelled(library, client):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.blpop(["queue"], 60)
    assert values(operation_errors) == {(library.name, "BLPOP", "asyncio.exceptions.CancelledError"): 1}


async def test_tasks_at_once_are_counted_exactly(library, client):
    library.name_cache(client, "sessions")
    await client.set("a", 1)
    await asyncio.gather(*(client.get(key) for key in ("a", "b") for _ in range(40)))
    assert told(operation_duration) == {"SET": 1, "GET": 80}
    assert values(requests) == {("sessions", "hit"): 40, ("sessions", "miss"): 40}


async def test_pipelines_are_one_operation_each_with_their_commands(library, client):
    library.name_cache(client, "sessions")
    assert await client.pipeline(transaction=False).set("a", 1).get("a").execute() == [True, b"1"]
    assert await client.pipeline().get("b").execute() == [None]
    assert await client.pipeline().execute() == []
    answers = await client.pipeline(transaction=False).lpush("a", 1).execute(raise_on_error=False)
    assert isinstance(answers[0], library.sync.ResponseError)
    with pytest.raises(library.sync.ResponseError):
        await client.pipeline().lpush("a", 1).execute()
    assert told(operation_duration) == {"PIPELINE": 2, "MULTI": 2}
    assert told(pipelined_commands) == {"SET": 1, "GET": 2, "LPUSH": 2}
    assert told(operation_errors) == {"LPUSH": 1, "MULTI": 1}
    assert values(requests) == {("sessions", "hit"): 1, ("sessions", "miss"): 1}


async def test_a_watched_transaction_has_its_immediate_commands(library, client):
    async with client.pipeline() as pipeline:
        await pipeline.watch("n")
        assert await pipeline.get("n") is None
        pipeline.multi()
        pipeline.set("n", 1)
        assert await pipeline.execute() == [True]
    assert told(operation_duration) == {"WATCH": 1, "GET": 1, "MULTI": 1}


async def test_messages_of_subscribers_are_counted(library, client):
    async with client.pubsub(ignore_subscribe_messages=True) as subscriber:
        await subscriber.subscribe("orders")
        await client.publish("orders", "1")
        async for message in subscriber.listen():
            assert message["data"] == b"1"
            break
    assert values(pubsub_messages) == {(library.name,): 1}
    assert values(operation_errors) == {}


async def test_who_waits_for_a_pool_that_blocks_is_seen_waiting_and_counted_when_in_vain(library, server):
    pool = library.asyncio.BlockingConnectionPool(host="127.0.0.1", port=server.port, max_connections=1, timeout=0.01)
    client = library.async_client(connection_pool=pool)
    library.name_pool(client, "blocking")
    async with client.pubsub() as subscriber:
        await subscriber.subscribe("orders")
        assert values(connections) == {("blocking", "idle"): 0, ("blocking", "used"): 1}
        assert values(connections_max) == {("blocking",): 1}
        with pytest.raises(library.sync.ConnectionError, match="No connection available"):
            await client.ping()
        assert values(timeouts) == {("blocking",): 1}
        assert values(pending_requests) == {("blocking",): 0}

        pool.timeout = 60
        waiting = asyncio.create_task(client.ping())
        given_up = asyncio.create_task(client.ping())
        await until_async(lambda: values(pending_requests) == {("blocking",): 2})
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert values(pending_requests) == {("blocking",): 1}
    assert await waiting is True
    assert values(pending_requests) == {("blocking",): 0}
    assert values(timeouts) == {("blocking",): 1}
    await client.aclose()


async def test_whoever_is_refused_by_a_full_pool_is_counted(library, server):
    pool = library.asyncio.ConnectionPool(host="127.0.0.1", port=server.port, max_connections=1)
    client = library.async_client(connection_pool=pool)
    library.name_pool(pool, "small")
    async with client.pubsub() as subscriber:
        await subscriber.subscribe("orders")
        with pytest.raises(library.sync.ConnectionError):
            await client.ping()
    assert values(timeouts) == {("small",): 1}
    await client.aclose()
    await pool.aclose()


async def test_a_server_that_is_paused_is_a_timeout_and_one_that_is_killed_a_connection_error(library, server):
    retry, backoff = import_module(f"{library.name}.asyncio.retry"), import_module(f"{library.name}.backoff")
    client = library.async_client(port=server.port, socket_timeout=0.2, retry=retry.Retry(backoff.NoBackoff(), 0))
    await client.ping()
    server.pause()
    try:
        with pytest.raises(library.sync.TimeoutError):
            await client.get("a")
    finally:
        server.resume()
    server.kill()
    try:
        with pytest.raises(library.sync.ConnectionError):
            await client.get("a")
    finally:
        server.start()
    assert await client.ping() is True
    assert values(operation_errors) == {
        (library.name, "GET", library.error("TimeoutError")): 1,
        (library.name, "GET", library.error("ConnectionError")): 1,
    }
    await client.aclose()


async def test_a_subscriber_whose_server_dies_has_an_error_and_one_that_is_cancelled_has_none(library, server):
    client = library.async_client(port=server.port)
    subscriber = client.pubsub()
    await subscriber.subscribe("orders")
    listening = asyncio.create_task(_listen(subscriber))
    await until_async(lambda: values(operation_duration))
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert values(operation_errors) == {}
    server.kill()
    try:
        with pytest.raises(library.sync.ConnectionError):
            await _listen(subscriber)
    finally:
        server.start()
    assert told(operation_errors) == {"SUBSCRIBE": 1}
    await subscriber.aclose()
    await client.aclose()


async def _listen(subscriber) -> None:
    async for _ in subscriber.listen():
        pass


async def test_measuring_that_fails_changes_nothing(library, client):
    library.name_cache(client, "sessions")
    before = guard.failures().get("measuring a redis command", 0)
    with broken(resp, resp_pool, resp_pubsub):
        assert await client.set("a", 1) is True
        assert await client.get("a") == b"1"
        with pytest.raises(library.sync.ResponseError):
            await client.lpush("a", 1)
        assert await client.pipeline().get("a").execute() == [b"1"]
        async with client.pubsub() as subscriber:
            await subscriber.subscribe("orders")
            assert (await subscriber.get_message(timeout=10))["type"] == "subscribe"
    assert guard.failures()["measuring a redis command"] > before


def test_functions_stay_what_they_were(library):
    clients, pools = (import_module(f"{library.name}.asyncio.{part}") for part in ("client", "connection"))
    client = library.async_client
    functions = [
        (client, "execute_command"),
        (clients.Pipeline, "execute"),
        (clients.Pipeline, "immediate_execute_command"),
        (clients.PubSub, "execute_command"),
        (clients.PubSub, "parse_response"),
        (clients.PubSub, "handle_message"),
        (pools.BlockingConnectionPool, "get_connection"),
    ]
    ours = [getattr(owner, name) for owner, name in functions]
    attached.detach(library.name)
    for (owner, name), function in zip(functions, ours, strict=True):
        bare = getattr(owner, name)
        assert function is not bare
        assert inspect.iscoroutinefunction(function) == inspect.iscoroutinefunction(bare), name
        assert inspect.signature(function) == inspect.signature(bare)
        assert (function.__name__, function.__doc__) == (bare.__name__, bare.__doc__)
