"""Every query of the host pack has data on what a real machine tells, by node_exporter and by the process itself."""

from __future__ import annotations

import os
import random
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.real import exporter

from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.catalog import Panel, Service, Stack
from vedette.engine.collect.http import FetchedPage
from vedette.instruments.metrics.exposition import text
from vedette.integrations import host as integration
from vedette.packs import host
from vedette.packs.host import METRICS
from vedette.server.app import application
from vedette.server.watch import Built, Watch
from vedette.testing.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")

TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A kernel may be built without these, and then nobody tells them.
OPTIONAL = {metric.name for metric in METRICS if metric.name.startswith("node_pressure_")}


def queries() -> Iterator[tuple[str, str]]:
    """Where a query stands, and the query with everything chosen."""
    pack = host()
    for recording in pack.recordings:
        yield recording.name, recording.expr
    for panel in pack.panels:
        if isinstance(panel, Panel):
            for query in panel.query_list():
                yield panel.title, query.expr.replace("$mountpoint", ".+")


def use_the_disk(folder: Path) -> None:
    """One write and one read that reach it, so that there is a time of one operation."""
    path = folder / "block"
    path.write_bytes(os.urandom(1 << 20))
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.read()


async def without_data(folder: Path, page: Callable[[], bytes]) -> tuple[set[str], set[str]]:
    """Metrics that the page does not have, and places of queries that have no data after it was read five times."""
    write(build(Stack(services=[Service("machine", ["localhost:9100"], [host()])])), folder / "build")
    start = time.time_ns() // 1_000_000
    watch = Watch(Built.read(folder / "build"), folder / "data", start=start, rng=random.Random(1))
    assert watch.problems == ()

    def fetched(_: object) -> FetchedPage:
        use_the_disk(folder)
        return FetchedPage(page(), TYPE)

    try:
        driven = Simulation(watch, start=start, page=fetched, deliver=lambda *_: Delivered(), advance=lambda _: None)
        driven.leap(start + 75_000)
        transport = httpx.ASGITransport(application(watch, lambda: driven.now, lambda: None))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7373") as client:

            async def has_data(query: str) -> bool:
                when = {"query": query, "time": f"{driven.now / 1000:.3f}"}
                answer = (await client.post("/api/v1/query", data=when)).raise_for_status().json()
                return bool(answer["data"]["result"])

            missing = {metric.name for metric in METRICS if not await has_data(metric.name)}
            return missing, {f"{place}: {query}" for place, query in queries() if not await has_data(query)}
    finally:
        watch.close()


@pytest.mark.real
async def test_every_recording_and_panel_has_data_on_the_page_of_the_real_node_exporter(tmp_path: Path) -> None:
    with exporter(tmp_path / "exporter", "node-exporter", "1.5") as url:

        def page() -> bytes:
            with urllib.request.urlopen(url, timeout=10) as reply:
                return reply.read()

        missing, silent = await without_data(tmp_path, page)
    assert missing <= OPTIONAL
    assert {one for one in silent if missing.isdisjoint(OPTIONAL) or "pressure" not in one} == set()


async def test_and_on_what_the_process_itself_tells(tmp_path: Path) -> None:
    integration.attach()
    try:
        missing, silent = await without_data(tmp_path, text)
    finally:
        integration.detach()
    assert missing <= OPTIONAL
    assert {one for one in silent if missing.isdisjoint(OPTIONAL) or "pressure" not in one} == set()
