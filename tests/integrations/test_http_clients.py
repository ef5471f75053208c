"""What holds for every HTTP client: a request is told by method, server, status and error, whatever becomes of it."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.http_clients import CLIENTS, parts
from tests.integrations.waiting import until_async
from tests.integrations.web_server import web_server

from vedette.instruments import clock, guard
from vedette.integrations import attached, outbound
from vedette.packs.http_client import (
    active_requests,
    rate_limit_limit,
    rate_limit_remaining,
    rate_limit_reset,
    rate_limited,
    request_body_size,
    request_duration,
    response_body_size,
    retries,
)


@pytest.fixture(scope="module")
def servers():
    with web_server() as first, web_server() as second:
        yield first, second


@pytest.fixture
def server(servers):
    servers[0].go_on.clear()
    servers[0].seen.clear()
    return servers[0]


@pytest.fixture(params=CLIENTS, ids=[client.name for client in CLIENTS])
def client(request):
    outbound.forget()
    attached.attach(request.param.package)
    assert attached.states()[request.param.package].attached
    yield request.param
    attached.detach(request.param.package)


def count(server, status="200", error="", method="GET"):
    return {(method, "localhost", server.port, status, error): 1}


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("GET", "200", ""),
        ("DELETE", "204", ""),
        ("PUT", "201", ""),
        ("GET", "404", "404"),
        ("POST", "503", "503"),
        ("HEAD", "200", ""),
    ],
)
async def test_an_answer_is_counted_by_method_server_status_and_error(client, server, method, status, error):
    answered = await client.request(method, server.url(f"/status/{status}"))
    assert answered[0] == int(status)
    assert values(request_duration) == count(server, status, error, method)
    assert values(active_requests) == {(method, "localhost", server.port): 0}
    assert values(retries) == values(rate_limited) == {}


async def test_a_made_up_method_is_not_a_label(client, server):
    assert (await client.request("PURGE", server.url()))[0] == 200
    assert values(request_duration) == count(server, method="_OTHER")


async def test_a_query_a_fragment_and_credentials_are_told_nowhere(client, server):
    url = server.url("/a?token=abc#part").replace("//", "//bob:hunter2@")
    for _ in range(2):
        await client.request("GET", url)
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 2}
    assert "hunter2" not in repr(vars(outbound))


async def test_the_sizes_of_bodies_are_told_where_they_are_announced(client, server):
    assert await client.request("POST", server.url("/echo"), data=b"x" * 1000) == (200, "x" * 1000)
    await client.request("HEAD", server.url())
    labels = ("POST", "localhost", server.port)
    assert {key: reading[1] for key, reading in request_body_size.series().items()} == {labels: 1000}
    assert {key: reading[1] for key, reading in response_body_size.series().items()} == {labels: 1000}


async def test_the_time_is_that_until_the_headers_of_a_streamed_answer(client, server):
    time = [10.0]

    def between():
        time[0] += 100
        server.go_on.set()

    with clock.replaced(lambda: time[0]):
        assert await client.begin(server.url("/stream"), between) == "firstlast"
    (reading,) = request_duration.series().values()
    assert (sum(reading[0]), reading[1]) == (1, 0)
    assert values(response_body_size) == {}


async def test_a_request_is_in_progress_until_it_is_answered(client, server):
    waiting = asyncio.create_task(client.request("GET", server.url("/wait")))
    await until_async(lambda: server.seen)
    assert values(active_requests) == {("GET", "localhost", server.port): 1}
    server.go_on.set()
    assert await waiting == (200, "at last")
    assert values(active_requests) == {("GET", "localhost", server.port): 0}


async def test_many_at_once_are_each_counted(client, server):
    answers = await asyncio.gather(
        *(client.request("GET", server.url(f"/status/{status}")) for status in [200, 404] * 10)
    )
    assert len(answers) == 20
    assert values(request_duration) == {
        ("GET", "localhost", server.port, "200", ""): 10,
        ("GET", "localhost", server.port, "404", "404"): 10,
    }
    assert values(active_requests) == {("GET", "localhost", server.port): 0}


async def test_each_redirect_that_is_followed_is_a_request_to_its_server(client, servers):
    first, second = servers
    there = second.url("/status/200")
    assert (await client.request("POST", first.url(f"/redirect?status=303&to={first.url('/redirect')}?to={there}")))[
        0
    ] == 200
    assert values(request_duration) == {
        ("POST", "localhost", first.port, "303", ""): 1,
        ("GET", "localhost", first.port, "302", ""): 1,
        ("GET", "localhost", second.port, "200", ""): 1,
    }
    assert set(values(active_requests).values()) == {0}


async def test_a_redirect_that_is_not_followed_is_one_request(client, server):
    assert (await client.request("GET", server.url("/redirect?to=/"), follow=False))[0] == 302
    assert values(request_duration) == count(server, "302")


async def test_a_redirect_to_where_nobody_listens_is_an_error_there(client, server, free_port):
    with pytest.raises(Exception):  # noqa: B017, PT011 - each client's own
        await client.request("POST", server.url(f"/redirect?to=http://localhost:{free_port}/"))
    assert values(request_duration) == {
        ("POST", "localhost", server.port, "302", ""): 1,
        ("GET", "localhost", free_port, "", client.refused): 1,
    }
    assert set(values(active_requests).values()) == {0}


@pytest.fixture
def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield str(bound.getsockname()[1])  # bound, so that nobody else takes it, and refused, as nobody listens


async def test_a_refused_connection_is_an_error_of_its_class(client, free_port):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client's own
        await client.request("GET", f"http://localhost:{free_port}/")
    assert outbound.error_type(raised.value) == client.refused
    assert values(request_duration) == {("GET", "localhost", free_port, "", client.refused): 1}
    assert values(active_requests) == {("GET", "localhost", free_port): 0}


async def test_an_answer_that_does_not_come_in_time_is_an_error_of_its_class(client, server):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client's own
        await client.request("GET", server.url("/wait"), within=0.05)
    assert outbound.error_type(raised.value) == client.timeout
    assert values(request_duration) == count(server, "", client.timeout)
    assert values(active_requests) == {("GET", "localhost", server.port): 0}


async def test_a_connection_that_is_closed_without_an_answer_is_an_error_of_its_class(client, server):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client's own
        await client.request("POST", server.url("/close"))
    assert outbound.error_type(raised.value) == client.closed
    assert values(request_duration) == count(server, "", client.closed, "POST")


async def test_a_certificate_that_nobody_has_signed_is_an_error_of_its_class(client, tmp_path):
    with web_server(tmp_path) as server:
        with pytest.raises(Exception) as raised:  # noqa: PT011 - each client's own
            await client.request("GET", server.url())
        assert outbound.error_type(raised.value) == client.untrusted
        assert values(request_duration) == count(server, "", client.untrusted)


async def test_through_a_proxy_the_server_that_was_asked_is_told(client, server):
    answered = await client.request("GET", "http://shop.invalid/a", proxy=server.url("").rstrip("/"))
    assert answered == (200, "here you are")
    assert server.seen == ["GET http://shop.invalid/a"]
    assert values(request_duration) == {("GET", "shop.invalid", "80", "200", ""): 1}


@pytest.mark.parametrize("client", [one for one in CLIENTS if one.is_async], ids=lambda one: one.name, indirect=True)
async def test_a_cancelled_request_is_told_as_such_and_is_cancelled(client, server):
    waiting = asyncio.create_task(client.request("GET", server.url("/wait")))
    await until_async(lambda: server.seen)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert values(request_duration) == count(server, "", "asyncio.exceptions.CancelledError")
    assert values(active_requests) == {("GET", "localhost", server.port): 0}


# What is said of rate limits


async def test_what_an_answer_says_of_a_rate_limit_is_told_until_its_window_ends(client, server):
    now = [1_760_000_000.0]
    with clock.replaced(lambda: now[0]):
        said = "x-ratelimit-limit=60&x-ratelimit-remaining=58&x-ratelimit-reset=1760000030"
        await client.request("GET", server.url(f"/status/200?{said}"))
        outbound.pass_time()
        key = ("localhost", "")
        assert (values(rate_limit_limit), values(rate_limit_remaining)) == ({key: 60}, {key: 58})
        assert values(rate_limit_reset) == {key: 30}
        now[0] += 10
        outbound.pass_time()
        assert values(rate_limit_reset) == {key: 20}
        now[0] += 20
        outbound.pass_time()
        assert values(rate_limit_reset) == values(rate_limit_remaining) == {}
        assert values(rate_limit_limit) == {key: 60}
    assert values(rate_limited) == {}


@pytest.mark.parametrize(
    ("answer", "remaining"),
    [
        ("429?retry-after=30", {("localhost", ""): 0}),
        ("429", {}),
        ("403?x-ratelimit-remaining=0&x-ratelimit-resource=search", {("localhost", "search"): 0}),
    ],
)
async def test_a_request_that_was_one_too_many_is_counted(client, server, answer, remaining):
    await client.request("GET", server.url(f"/status/{answer}"))
    assert values(rate_limited) == {("localhost",): 1}
    assert values(rate_limit_remaining) == remaining


@pytest.mark.parametrize("answer", ["503?retry-after=30", "403", "403?x-ratelimit-remaining=9", "200?retry-after=1"])
async def test_another_refusal_is_none(client, server, answer):
    await client.request("GET", server.url(f"/status/{answer}"))
    assert values(rate_limited) == {}


# What must never happen


async def test_a_failing_instrument_leaves_answers_and_errors_as_they_are(client, server, free_port, caplog):
    failed = guard.failures().get("measuring a request to another service", 0)
    with broken(outbound):
        outbound.forget()
        assert await client.request("POST", server.url("/echo"), data=b"a") == (200, "a")
        assert (await client.request("GET", server.url("/status/429")))[0] == 429
        with pytest.raises(Exception) as raised:  # noqa: PT011 - each client's own
            await client.request("GET", f"http://localhost:{free_port}/")
    assert outbound.error_type(raised.value) == client.refused
    assert guard.failures()["measuring a request to another service"] >= failed + 3
    assert len([record for record in caplog.records if record.name == guard.LOGGER]) == 1


async def test_attaching_twice_counts_once(client, server):
    attached.attach(client.package)
    await client.request("GET", server.url())
    assert values(request_duration) == count(server)


async def test_detaching_restores_the_library_and_ends_the_counting(client, server):
    await client.request("GET", server.url())
    attached.detach(client.package)
    before = parts(client.package)
    attached.attach(client.package)
    assert parts(client.package) != before
    attached.detach(client.package)
    assert parts(client.package) == before
    await client.request("GET", server.url())
    assert values(request_duration) == count(server)


async def test_more_servers_than_can_be_told_are_counted_together(client, server, monkeypatch, caplog):
    monkeypatch.setattr(outbound, "_ADDRESSES", 1)
    for host in ("localhost", "127.0.0.1", "127.0.0.2"):
        await client.request("GET", server.url().replace("localhost", host), proxy=server.url("").rstrip("/"))
    assert {labels[1:3] for labels in values(request_duration)} == {
        ("localhost", server.port),
        ("127.0.0.1", server.port),
        ("_OTHER", ""),
    }
    assert "all others are counted as '_OTHER'" in caplog.text
