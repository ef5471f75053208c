"""A watch driven by the real clock, against real targets."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web
from tests.real import free_port

from vedette.build import build, write
from vedette.catalog import Environment, Pack, Service, Stack, Webhook
from vedette.instruments.metrics import Metric
from vedette.server import drive
from vedette.server.drive import LARGE, Driver
from vedette.server.watch import TRIM_AGAIN, Built, Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    import pytest

loaves = Metric.foreign("counter", "bakery_loaves_total", labels=["kind"], help="Loaves baked.", exporter="bakery")
pack = Pack("bakery", title="Bakery", metrics=[loaves])


def now() -> int:
    return time.time_ns() // 1_000_000


def watch(folder: Path, *ports: int) -> Watch:
    """A watch over one service on each port, scraped every 200 ms."""
    stack = Stack(
        name="bakery",
        services=[Service(f"bakery{i}", targets=[f"127.0.0.1:{port}"], packs=[pack]) for i, port in enumerate(ports)],
        notify=[Webhook("http://127.0.0.1:9/hook")],
        environments=[
            Environment("local", scrape_interval="200ms", scrape_timeout="200ms", evaluation_interval="200ms")
        ],
    )
    write(build(stack, "local"), folder / "build")
    return Watch(Built.read(folder / "build"), folder / "data", start=now(), rng=random.Random(7))


@asynccontextmanager
async def driven(
    watch: Watch, patience: float = 0.0, stand_ins: Mapping[str, Callable[[], bytes]] | None = None
) -> AsyncIterator[Driver]:
    driver = Driver(watch, now, patience=patience, stand_ins=stand_ins)
    running = asyncio.create_task(driver.run())
    try:
        yield driver
    finally:
        driver.stop()
        await asyncio.wait_for(running, 10)
        watch.close()


@asynccontextmanager
async def target(port: int, page: Callable[[], bytes]) -> AsyncIterator[None]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=page(), headers={"content-type": "text/plain; version=0.0.4"})

    application = web.Application()
    application.router.add_get("/metrics", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def until(check: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


def health(watch: Watch) -> list[str]:
    return [status.health for status in watch.collector.targets()]


async def test_a_target_that_only_starts_is_not_down_and_its_first_answer_counts(tmp_path: Path) -> None:
    port = free_port()
    watched = watch(tmp_path, port)
    async with driven(watched, patience=60):
        await asyncio.sleep(0.2)
        assert health(watched) == ["unknown"]
        async with target(port, lambda: b"a 1\n"):
            await until(lambda: health(watched) == ["up"])
        await until(lambda: health(watched) == ["down"])
    assert "connection refused" in watched.collector.targets()[0].last_error


async def test_without_patience_a_target_that_refuses_is_down_at_once(tmp_path: Path) -> None:
    watched = watch(tmp_path, free_port())
    async with driven(watched):
        await until(lambda: health(watched) == ["down"])
    assert "is the service running?" in watched.collector.targets()[0].last_error


async def test_a_large_page_is_read_in_a_thread_and_nothing_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The small target is scraped on, and no sample is forgotten, for as long as the large page is being read."""
    large, small = free_port(), free_port()
    watched = watch(tmp_path, large, small)
    trims: list[int] = []
    monkeypatch.setattr(watched.head, "truncate", trims.append)
    watched._trim_due = now()
    hold, reading = threading.Event(), threading.Event()
    scraped, threads = Watch.scraped, set()

    def slowly(self: Watch, scrape: Any, body: bytes, *rest: Any) -> None:
        if len(body) >= LARGE:
            threads.add(threading.current_thread() is threading.main_thread())
            reading.set()
            hold.wait(20)
        scraped(self, scrape, body, *rest)

    monkeypatch.setattr(Watch, "scraped", slowly)
    page = b"".join(b'a{i="%d"} 1\n' % i for i in range(20_000))
    async with target(large, lambda: page), target(small, lambda: b"b 1\n"), driven(watched):
        await until(reading.is_set)
        trims.clear()
        watched._trim_due = now()
        seen = watched.collector.targets()[1].last_scrape
        await until(lambda: watched.collector.targets()[1].last_scrape > seen + 400)
        assert (health(watched)[0], trims) == ("unknown", [])
        assert watched._trim_due <= now() + TRIM_AGAIN
        hold.set()
        await until(lambda: health(watched) == ["up", "up"])
        await until(lambda: trims)
        assert watched.collector.targets()[0].samples == 20_000
    assert threads == {False}


async def test_the_end_does_not_wait_for_a_page_that_is_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, hold, reading = free_port(), threading.Event(), threading.Event()
    watched = watch(tmp_path, port)

    def never(*_: object) -> None:
        reading.set()
        hold.wait(60)

    monkeypatch.setattr(Watch, "scraped", never)
    async with target(port, lambda: b"a 1\n" * (LARGE // 4)), driven(watched):
        await until(reading.is_set)
    assert not hold.is_set()
    hold.set()


async def test_an_error_nobody_foresaw_is_the_targets_and_the_next_scrape_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    watched = watch(tmp_path, port)
    fetch = drive.fetch

    async def broken(*_: object) -> Any:
        raise LookupError("a bug")

    monkeypatch.setattr(drive, "fetch", broken)
    async with target(port, lambda: b"a 1\n"), driven(watched):
        await until(lambda: health(watched) == ["down"])
        assert watched.collector.targets()[0].last_error == "unexpected LookupError('a bug')"
        monkeypatch.setattr(drive, "fetch", fetch)
        await until(lambda: health(watched) == ["up"])
    assert "unexpected failure while watching" in caplog.text
