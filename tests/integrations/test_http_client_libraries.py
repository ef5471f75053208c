"""What is peculiar to one HTTP client: how it tries again, what else it is made of, and other tracers beside us."""

from __future__ import annotations

import asyncio
import gc
import inspect
import socket

import aiohttp
import httpx
import pytest
import requests
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from requests.adapters import HTTPAdapter
from tests.integrations.client import values
from tests.integrations.http_clients import CLIENTS, parts
from tests.integrations.web_server import web_server
from urllib3.util.retry import Retry

from vedette.integrations import attached, outbound
from vedette.packs.http_client import active_requests, request_duration, retries


@pytest.fixture(scope="module")
def running():
    with web_server() as server:
        yield server


@pytest.fixture
def server(running):
    outbound.forget()
    running.go_on.clear()
    running.seen.clear()
    libraries = ("httpx", "aiohttp", "requests")
    for library in libraries:
        attached.attach(library)
    yield running
    for library in libraries:
        attached.detach(library)


@pytest.fixture
def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield str(bound.getsockname()[1])


# httpx


def test_what_a_transport_of_httpx_tries_again_is_counted(server, free_port):
    with httpx.Client(transport=httpx.HTTPTransport(retries=2)) as client, pytest.raises(httpx.ConnectError):
        client.get(f"http://localhost:{free_port}/")
    assert values(retries) == {("localhost", "httpcore.ConnectError"): 2}
    assert values(request_duration) == {("GET", "localhost", free_port, "", "httpx.ConnectError"): 1}


async def test_what_an_async_transport_of_httpx_tries_again_is_counted(server, free_port):
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=1)) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://localhost:{free_port}/")
    assert values(retries) == {("localhost", "httpcore.ConnectError"): 1}


OWN = httpx.MockTransport(lambda _: httpx.Response(202))


def test_a_transport_of_ones_own_is_measured_too(server):
    with httpx.Client(transport=OWN) as client:
        assert client.get("https://example.org/").status_code == 202
    assert values(request_duration) == {("GET", "example.org", "443", "202", ""): 1}


async def test_an_async_transport_of_ones_own_is_measured_too(server):
    async with httpx.AsyncClient(transport=OWN) as client:
        assert (await client.get("https://example.org:8443/")).status_code == 202
    assert values(request_duration) == {("GET", "example.org", "8443", "202", ""): 1}


def test_a_client_of_httpx_that_was_there_before_is_measured(server):
    attached.detach("httpx")
    with httpx.Client() as client:
        client.get(server.url())
        attached.attach("httpx")
        client.get(server.url())
        attached.detach("httpx")
        client.get(server.url())
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 1}


# requests


@pytest.mark.parametrize(
    ("path", "cause"), [("/flaky/503", "503"), ("/flaky/closed", "urllib3.exceptions.ProtocolError")]
)
def test_what_urllib3_tries_again_is_counted_and_the_request_once(server, path, cause):
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(total=3, status_forcelist=[503], backoff_factor=0)))
        assert session.get(server.url(path)).status_code == 200
    assert len(server.seen) == 2
    assert values(retries) == {("localhost", cause): 1}
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 1}


def test_what_urllib3_tries_in_vain_is_counted_and_the_last_one_not(server, free_port):
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=2))
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://localhost:{free_port}/")
    assert values(retries) == {("localhost", "urllib3.exceptions.NewConnectionError"): 2}
    assert values(request_duration) == {("GET", "localhost", free_port, "", "requests.exceptions.ConnectionError"): 1}


def test_urllib3_by_itself_is_not_measured(server):
    import urllib3

    with urllib3.PoolManager() as pool:
        assert pool.request("GET", server.url("/flaky/503"), retries=Retry(status_forcelist=[503])).status == 200
    assert values(request_duration) == values(retries) == {}


def test_an_adapter_of_ones_own_is_measured_once(server):
    class Own(HTTPAdapter):
        def send(self, request, **options):
            request.headers["X-Own"] = "1"
            return super().send(request, **options)

    with requests.Session() as session:
        session.mount("http://", Own())
        session.get(server.url())
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 1}


# aiohttp


async def test_a_session_of_aiohttp_that_was_there_before_is_measured(server):
    attached.detach("aiohttp")
    async with aiohttp.ClientSession(server.url()) as session:
        await (await session.get("a")).read()
        attached.attach("aiohttp")
        await (await session.get("a")).read()
        await (await session.post(session._base_url / "b", data=b"x")).read()
    assert values(request_duration) == {
        ("GET", "localhost", server.port, "200", ""): 1,
        ("POST", "localhost", server.port, "200", ""): 1,
    }


async def test_what_aiohttp_sends_again_over_another_connection_is_counted(server):
    async with aiohttp.ClientSession() as session:
        answer = await session.get(server.url("/flaky/once"))
        assert answer.status == 200
    assert server.seen == ["GET /flaky/once"] * 2
    assert values(retries) == {("localhost", "aiohttp.client_exceptions.ServerDisconnectedError"): 1}
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 1}


async def test_an_answer_that_the_application_refuses_is_counted_once(server):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientResponseError):
            await session.get(server.url("/status/500"), raise_for_status=True)
        with pytest.raises(aiohttp.TooManyRedirects):
            await session.get(server.url("/redirect?to=/redirect%3Fto=/"), max_redirects=1)
    assert values(request_duration) == {
        ("GET", "localhost", server.port, "500", "500"): 1,
        ("GET", "localhost", server.port, "302", ""): 1,
    }
    assert values(active_requests) == {("GET", "localhost", server.port): 0}


@pytest.mark.parametrize("url", ["/no/host", "http://", "http://[::1", "ftp://example.org/", 5])
async def test_what_is_no_url_is_the_clients_to_refuse(server, url):
    async with aiohttp.ClientSession() as session:
        with pytest.raises((ValueError, TypeError, aiohttp.ClientError)) as with_us:
            await session.get(url)
        attached.detach("aiohttp")
        with pytest.raises(type(with_us.value)) as without:
            await session.get(url)
    assert str(with_us.value) == str(without.value)
    assert sum(values(active_requests).values()) == 0


async def test_what_each_call_of_a_middleware_asks_for_is_counted(server):
    async def again(request, handler):
        answer = await handler(request)
        return await handler(request) if answer.status == 503 else answer

    async with aiohttp.ClientSession(middlewares=[again]) as session:
        assert (await session.get(server.url("/flaky/503"))).status == 200
    assert values(request_duration) == {
        ("GET", "localhost", server.port, "503", "503"): 1,
        ("GET", "localhost", server.port, "200", ""): 1,
    }


async def test_a_websocket_begins_with_a_request(server):
    from aiohttp import web

    async def handle(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    try:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"http://127.0.0.1:{port}/ws") as opened:
            await opened.receive()
    finally:
        await runner.cleanup()
    assert values(request_duration) == {("GET", "127.0.0.1", str(port), "101", ""): 1}


# All of them


def test_functions_stay_what_they_are(server):
    for function, is_coroutine in (
        (httpx.Client._send_single_request, False),
        (httpx.AsyncClient._send_single_request, True),
        (aiohttp.ClientSession._request, True),
        (aiohttp.ClientResponse.start, True),
        (HTTPAdapter.send, False),
        (Retry.increment, False),
    ):
        assert inspect.iscoroutinefunction(function) is is_coroutine
        assert inspect.signature(function) == inspect.signature(function.__wrapped__)
        assert function.__qualname__ == function.__wrapped__.__qualname__


async def test_a_request_that_is_not_awaited_is_not_in_progress(server):
    async with aiohttp.ClientSession() as session:
        session.get(server.url()).close()
    gc.collect()
    assert values(active_requests) == values(request_duration) == {}


INSTRUMENTORS = {
    "httpx": HTTPXClientInstrumentor,
    "aiohttp": AioHttpClientInstrumentor,
    "requests": RequestsInstrumentor,
}


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("ours_leaves_first", [True, False])
async def test_opentelemetry_beside_us_measures_what_it_would_in_either_order(
    server, client, ours_first, ours_leaves_first
):
    attached.detach(client.package)
    before = parts(client.package)
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    theirs = INSTRUMENTORS[client.package]()
    steps = [lambda: attached.attach(client.package), lambda: theirs.instrument(tracer_provider=provider)]
    undo = [lambda: attached.detach(client.package), theirs.uninstrument]
    for step in steps if ours_first else steps[::-1]:
        step()
    assert await client.request("GET", server.url()) == (200, "here you are")
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 1}
    assert [span.name for span in spans.get_finished_spans()] == ["GET"]
    for step in undo if ours_leaves_first else undo[::-1]:
        step()
    assert (await client.request("GET", server.url()))[0] == 200
    assert values(request_duration) == {("GET", "localhost", server.port, "200", ""): 1}
    assert len(spans.get_finished_spans()) == 1
    after = parts(client.package)
    changed = {
        (name, attribute)
        for name in before
        for attribute in before[name].keys() | after[name].keys()
        if before[name].get(attribute) is not after[name].get(attribute)
    }
    # What was wrapped by both and left first from below stays, and does nothing.
    assert not changed or (ours_first is ours_leaves_first)


async def test_a_thousand_requests_at_once_of_one_session_leave_none_in_progress(server):
    connector = aiohttp.TCPConnector(limit=20)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(number):
            async with session.get(server.url(f"/status/{200 + number % 2}")) as answer:
                return await answer.text()

        await asyncio.gather(*(one(number) for number in range(1000)))
    assert values(request_duration) == {
        ("GET", "localhost", server.port, "200", ""): 500,
        ("GET", "localhost", server.port, "201", ""): 500,
    }
    assert values(active_requests) == {("GET", "localhost", server.port): 0}
