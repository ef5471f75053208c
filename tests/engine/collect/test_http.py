"""Fetching from real servers that answer, hang, lie, flood or are not there."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from vedette.engine.collect.collector import Collector, Scrape
from vedette.engine.collect.http import FetchedPage, FetchError, fetch, open_session
from vedette.engine.tsdb.head import Head
from vedette.formats.prometheus import GlobalConfig, PrometheusConfig, ScrapeConfig, TargetGroup

if TYPE_CHECKING:
    from pathlib import Path

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as opened:
        yield opened


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Serve one handler for every path; gives ``host:port``."""
    runners: list[web.ServerRunner] = []

    async def start(handler: Handler) -> str:
        runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


def scrape_of(address: str, *, timeout: int = 10_000, **more: object) -> Scrape:
    job = ScrapeConfig(job_name="a", static_configs=(TargetGroup(targets=(address,)),), **more)  # type: ignore[arg-type]
    config = PrometheusConfig(
        global_=GlobalConfig(scrape_interval=60_000, scrape_timeout=timeout), scrape_configs=(job,)
    )
    (scrape,) = Collector(config, Head(), start=0).step(1000)
    return scrape


def page(body: bytes | str = "a 1\n", **headers: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(body=raw, headers={"Content-Type": "text/plain; version=0.0.4", **headers})

    return handler


async def refused(session: aiohttp.ClientSession, scrape: Scrape) -> str:
    with pytest.raises(FetchError) as caught:
        await fetch(session, scrape)
    return str(caught.value)


async def test_a_page_comes_with_its_content_type(session, serve) -> None:
    assert await fetch(session, scrape_of(await serve(page()))) == FetchedPage(b"a 1\n", "text/plain; version=0.0.4")


async def test_the_request_says_what_is_wanted_and_by_when(session, serve) -> None:
    seen: dict[str, str] = {}

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.update(request.headers)
        return web.Response(text="")

    await fetch(session, scrape_of(await serve(handler)))
    assert seen["Accept"].startswith("application/openmetrics-text;version=1.0.0")
    assert seen["Accept-Encoding"] == "gzip"
    assert seen["X-Prometheus-Scrape-Timeout-Seconds"] == "10"
    assert seen["User-Agent"].startswith("Vedette/")
    assert "Authorization" not in seen


async def test_a_gzipped_page_is_unpacked(session, serve) -> None:
    body = b"a 1\n" * 200_000
    address = await serve(page(gzip.compress(body), **{"Content-Encoding": "gzip"}))
    assert (await fetch(session, scrape_of(address))).body == body


async def test_a_page_over_the_limit_is_not_read_to_its_end(session, serve) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"a 1\n" * 25_000)
            sent += 100_000

    address = await serve(endless)
    message = await refused(session, scrape_of(address, body_size_limit=1024 * 1024))
    assert message == (
        f"the page of http://{address}/metrics is over the limit of 1 MiB; reading stopped there. "
        "If the page is right, raise body_size_limit of job 'a'"
    )
    assert sent < 30_000_000  # what socket buffers hold, not what the server would send


async def test_a_gzip_bomb_is_stopped_at_the_limit(session, serve) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 100_000
    address = await serve(page(bomb, **{"Content-Encoding": "gzip"}))
    assert "over the limit of 1 MiB" in await refused(session, scrape_of(address, body_size_limit=1 << 20))


async def test_gzip_that_is_cut_short_or_no_gzip_is_refused(session, serve) -> None:
    whole = gzip.compress(b"a 1\n" * 1000)
    cut = await serve(page(whole[:-10], **{"Content-Encoding": "gzip"}))
    assert "gzip that cannot be unpacked" in await refused(session, scrape_of(cut))
    plain = await serve(page(b"a 1\n", **{"Content-Encoding": "gzip"}))
    assert "gzip that cannot be unpacked" in await refused(session, scrape_of(plain))


async def test_an_encoding_that_was_not_asked_for_is_named(session, serve) -> None:
    address = await serve(page(b"x", **{"Content-Encoding": "br"}))
    assert "answered in encoding 'br'" in await refused(session, scrape_of(address))


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na 1\n"], ids=["nothing", "part"])
async def test_a_server_that_hangs_times_out(session, said: bytes) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()  # until the client gives up
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        message = await refused(session, scrape_of(f"{host}:{port}", timeout=100))
    assert message == f"no complete answer from http://{host}:{port}/metrics within 0.1 s (scrape_timeout)"


async def test_a_refused_connection_asks_whether_the_service_runs(session) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        message = await refused(session, scrape_of(address))
    assert message == f"connection refused by http://{address}/metrics: is the service running?"


async def test_a_host_that_does_not_exist_is_named(session) -> None:
    message = await refused(session, scrape_of("no-such-host.invalid:80"))
    assert "no-such-host.invalid" in message


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "answered with HTTP status 404 Not Found: is metrics_path right?"),
        (401, "answered with HTTP status 401 Unauthorized: it wants a login"),
        (500, "answered with HTTP status 500 Internal Server Error"),
        (204, "answered with HTTP status 204 No Content"),
    ],
)
async def test_any_status_but_200_is_an_error(session, serve, status: int, message: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    assert message in await refused(session, scrape_of(await serve(handler)))


async def test_redirects_are_followed_but_not_for_ever(session, serve) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/metrics":
            raise web.HTTPFound("/elsewhere")
        if request.path == "/loop":
            raise web.HTTPFound("/loop")
        return web.Response(text="moved 1\n")

    address = await serve(handler)
    assert (await fetch(session, scrape_of(address))).body == b"moved 1\n"
    assert "more than 5 redirects" in await refused(session, scrape_of(address, metrics_path="/loop"))
    message = await refused(session, scrape_of(address, other={"follow_redirects": False}))
    assert "HTTP status 302" in message


async def test_a_connection_that_is_closed_without_an_answer_is_told(session) -> None:
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        message = await refused(session, scrape_of(f"{host}:{port}"))
    assert f"{host}:{port}/metrics" in message


async def test_something_that_does_not_speak_http_is_told(session) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        message = await refused(session, scrape_of(f"{host}:{port}"))
    assert message.startswith(f"fetching http://{host}:{port}/metrics failed")


async def test_a_body_that_ends_early_is_an_error(session) -> None:
    async def short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\na 1\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(short, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        assert "failed" in await refused(session, scrape_of(f"{host}:{port}"))


async def test_the_bearer_token_is_read_for_each_scrape(session, serve, tmp_path: Path) -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        return web.Response(text="")

    token = tmp_path / "token"
    scrape = scrape_of(await serve(handler), authorization_file=str(token))
    assert "cannot read the bearer token" in await refused(session, scrape)
    for text in ("first\n", "second"):
        token.write_text(text)
        await fetch(session, scrape)
    assert seen == ["Bearer first", "Bearer second"]


async def test_the_token_does_not_follow_a_redirect_to_another_host(session, serve, tmp_path: Path) -> None:
    seen: list[str | None] = []

    async def thief(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.Response(text="")

    other = await serve(thief)

    async def handler(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"http://{other}/metrics")

    token = tmp_path / "token"
    token.write_text("secret")
    await fetch(session, scrape_of(await serve(handler), authorization_file=str(token)))
    assert seen == [None]
