"""Connections of the library websockets, both sides of them real: asyncio and threads, normal ends and broken ones."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import threading

import pytest
import websockets
import websockets.asyncio.client
import websockets.asyncio.server
import websockets.sync.client
import websockets.sync.server
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.waiting import until, until_async
from websockets.asyncio.client import connect
from websockets.asyncio.server import broadcast, serve
from websockets.client import ClientProtocol
from websockets.protocol import Protocol
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from vedette.instruments import clock, guard
from vedette.integrations import attached
from vedette.integrations import websockets as ours
from vedette.packs.websocket import (
    closed,
    connection_duration,
    connections,
    handshake_errors,
    message_bytes,
    messages,
    opened,
)


@pytest.fixture(autouse=True)
def instrumented():
    attached.attach("websockets")
    assert attached.states()["websockets"].attached
    yield
    attached.detach("websockets")


async def echo(socket) -> None:
    async for message in socket:
        await socket.send(message)


@contextlib.asynccontextmanager
async def serving(handler=echo, **options):
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", server


def ended(metric=closed) -> dict:
    return {labels: value for labels, value in values(metric).items() if value}


async def test_connections_messages_and_bytes_are_counted_on_both_sides():
    async with serving() as (url, _), connect(url) as client:
        assert values(connections) == {("server",): 1, ("client",): 1}
        await client.send("täglich")
        assert await client.recv() == "täglich"
        await client.send(b"12345")
        assert await client.recv() == b"12345"
        await client.send(["a", "bc", "d"])
        assert await client.recv() == "abcd"
        await (await client.ping())
        two_sides = {(side, direction) for side in ("client", "server") for direction in ("sent", "received")}
        assert values(messages) == dict.fromkeys(two_sides, 3)
        assert values(message_bytes) == dict.fromkeys(two_sides, 8 + 5 + 4)
        await client.close()
        await until_async(lambda: values(connections) == {("server",): 0, ("client",): 0})
    assert values(opened) == {("server",): 1, ("client",): 1}
    assert ended() == {("server", "1000"): 1, ("client", "1000"): 1}
    assert values(connection_duration) == {("server",): 1, ("client",): 1}
    assert values(handshake_errors) == {}


async def test_the_duration_is_that_of_the_open_connection():
    time = [100.0]
    with clock.replaced(lambda: time[0]):
        async with serving() as (url, _):
            async with connect(url):
                time[0] += 30
            await until_async(lambda: len(values(connection_duration)) == 2)
    assert connection_duration.labels("client").read()[1] == 30
    assert connection_duration.labels("server").read()[1] == 30


async def test_the_code_is_the_one_that_the_other_side_has_given():
    async def goodbye(socket):
        await socket.close(4001, "not you")

    async with serving(goodbye) as (url, _), connect(url) as client:
        with pytest.raises(websockets.ConnectionClosedError):
            await client.recv()
    await until_async(lambda: len(ended()) == 2)
    assert ended() == {("client", "4001"): 1, ("server", "4001"): 1}


async def test_a_handler_that_fails_ends_its_connection_with_1011():
    async def failing(socket):
        raise LookupError("theirs")

    async with serving(failing) as (url, _), connect(url) as client:
        with pytest.raises(websockets.ConnectionClosedError):
            await client.recv()
    assert ended()["client", "1011"] == 1


async def test_a_connection_that_breaks_ends_with_1006():
    async with serving() as (url, _):
        client = await connect(url)
        client.transport.abort()
        await client.wait_closed()
        await until_async(lambda: len(ended()) == 2)
    assert ended() == {("client", "1006"): 1, ("server", "1006"): 1}
    assert values(connections) == {("client",): 0, ("server",): 0}


async def test_a_message_that_breaks_the_rules_is_not_counted_and_ends_the_connection():
    async with serving(max_size=100) as (url, _), connect(url) as client:
        await client.send("x" * 1000)
        with pytest.raises(websockets.ConnectionClosedError):
            await client.recv()
    assert ended()["client", "1009"] == 1
    assert values(messages) == {("client", "sent"): 1}


async def test_a_connection_that_never_came_to_be_is_counted_by_its_error():
    async with serving(subprotocols=["chat"], origins=["https://shop.example"]) as (url, _):
        with pytest.raises(websockets.InvalidStatus):
            await connect(url, origin="https://elsewhere.example")
    await until_async(lambda: len(values(handshake_errors)) == 2)
    assert values(handshake_errors) == {
        ("client", "websockets.exceptions.InvalidStatus"): 1,
        ("server", "websockets.exceptions.InvalidOrigin"): 1,
    }
    assert values(opened) == {}


async def test_what_is_cancelled_stays_cancelled_and_its_connection_goes_on():
    async with serving() as (url, _), connect(url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await client.recv()
        await client.send("still there")
        assert await client.recv() == "still there"


async def test_many_connections_and_a_broadcast_are_counted_exactly():
    async with serving() as (url, server):
        clients = await asyncio.gather(*(connect(url) for _ in range(20)))
        await until_async(lambda: values(connections) == {("server",): 20, ("client",): 20})
        await asyncio.gather(*(client.send("x") for client in clients))
        await asyncio.gather(*(client.recv() for client in clients))
        broadcast(server.connections, "news")
        assert await asyncio.gather(*(client.recv() for client in clients)) == ["news"] * 20
        assert values(messages) == {
            ("client", "sent"): 20,
            ("server", "received"): 20,
            ("server", "sent"): 40,
            ("client", "received"): 40,
        }
        await asyncio.gather(*(client.close() for client in clients))
        await until_async(lambda: values(connections) == {("server",): 0, ("client",): 0})
    assert sum(ended().values()) == 40


def test_threads_are_measured_like_tasks():
    def answer(socket):
        for message in socket:
            socket.send(message)

    with websockets.sync.server.serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"

        def work():
            with websockets.sync.client.connect(url) as client:
                for number in range(50):
                    client.send(str(number))
                    assert client.recv() == str(number)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        until(lambda: values(connections) == {("server",): 0, ("client",): 0})
        server.shutdown()
        thread.join()
    assert set(values(messages).values()) == {200}
    assert ended() == {("client", "1000"): 4, ("server", "1000"): 4}


def _opened() -> tuple[ClientProtocol, ServerProtocol]:
    """Both sides of a connection without a network in between."""
    client, server = ClientProtocol(parse_uri("ws://shop.example/")), ServerProtocol()
    client.send_request(client.connect())
    (request,) = _carry(client, server)
    server.send_response(server.accept(request))
    _carry(server, client)
    return client, server


def _carry(one, other) -> list:
    for data in one.data_to_send():
        other.receive_data(data) if data else other.receive_eof()
    return other.events_received()


def test_a_connection_that_is_dropped_without_having_been_closed_is_open_no_more():
    client, server = _opened()
    assert values(connections) == {("client",): 1, ("server",): 1}
    del client
    gc.collect()
    assert values(connections) == {("client",): 0, ("server",): 1}
    assert ended() == {("client", "1006"): 1}
    assert server.close_code is None


def test_the_protocol_by_itself_is_measured_as_servers_without_our_library_use_it():
    client, server = _opened()
    client.send_binary(b"123")
    (frame,) = _carry(client, server)
    assert frame.data == b"123"
    assert values(message_bytes) == {("client", "sent"): 3, ("server", "received"): 3}
    server.send_close(1001)
    for _ in range(3):
        _carry(server, client)
        _carry(client, server)
    assert ended() == {("server", "1001"): 1, ("client", "1001"): 1}


async def test_measuring_that_fails_changes_nothing_is_counted_and_said_once(caplog):
    before = guard.failures().get("measuring a WebSocket connection", 0)
    with broken(ours):
        async with serving() as (url, _), connect(url) as client:
            await client.send("x")
            assert await client.recv() == "x"
    assert guard.failures()["measuring a WebSocket connection"] >= before + 6
    assert caplog.text.count("measuring a WebSocket connection failed and was skipped") == 1
    ours._open.clear()


async def test_attaching_twice_measures_once():
    attached.attach("websockets")
    async with serving() as (url, _), connect(url) as client:
        await client.send("x")
        await client.recv()
    assert values(messages)["client", "sent"] == 1


async def test_detaching_restores_the_library_exactly_and_open_connections_go_on_untold():
    ours_then = dict(vars(Protocol))
    attached.detach("websockets")
    bare = dict(vars(Protocol))
    assert {name for name in bare if bare[name] is not ours_then[name]} == {"state", "recv_frame", "send_frame"}
    for name in ("recv_frame", "send_frame"):
        assert inspect.signature(ours_then[name]) == inspect.signature(bare[name])
    assert isinstance(ours_then["state"], property)
    assert ours_then["state"].__doc__ == bare["state"].__doc__
    attached.attach("websockets")
    async with serving() as (url, _), connect(url) as client:
        assert values(connections)["client",] == 1
        attached.detach("websockets")
        assert dict(vars(Protocol)) == bare
        assert set(values(connections).values()) == {0}
        await client.send("x")
        assert await client.recv() == "x"
    assert values(messages) == {}
    assert ended() == {}
