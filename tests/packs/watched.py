"""What a pack finds on the pages of a real exporter: metrics missing, queries without data, alerts that fire."""

from __future__ import annotations

import random
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
from tests.docs.page import blocks

from vedette import packs
from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.catalog import Panel, Service, Stack
from vedette.engine.collect.http import FetchedPage
from vedette.server.app import application
from vedette.server.watch import Built, Watch
from vedette.testing.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vedette.catalog import Pack
    from vedette.engine.collect.collector import Scrape

__all__ = ["Found", "page", "queries", "watched"]

TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Found(NamedTuple):
    """What the pages of an exporter do not have, or have otherwise than the pack declares it."""

    missing: set[str]
    """Metrics that are on no page."""
    labelled: set[str]
    """Metrics that have other labels than those declared."""
    silent: set[str]
    """``place: query`` of what has no data."""
    firing: set[str]
    """Alerts that fire."""
    unanswered: set[str]
    """``runbook: query`` of the investigation of an alert that fires, which finds nothing meanwhile."""


def page(url: str) -> bytes:
    """A page of an exporter, asked for now."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        told: bytes = reply.read()
        return told


def queries(pack: Pack) -> Iterator[tuple[str, str]]:
    """Where a query of the pack stands, and the query with everything chosen."""
    for recording in pack.recordings:
        yield recording.name, recording.expr
    for panel in pack.panels:
        if isinstance(panel, Panel):
            for query in panel.query_list():
                expr = query.expr
                for variable in pack.dashboard.variables:
                    expr = expr.replace(f"${variable.name}", ".+")
                yield panel.title, expr


def asked_in(runbook: Path) -> Iterator[str]:
    """The queries with which a runbook looks into its alert."""
    investigation = runbook.read_text("utf-8").split("## Investigation")[1].split("\n## ")[0]
    for block in blocks(investigation):
        if block.language == "promql":
            yield from block.text.splitlines()


async def watched(
    folder: Path, pack: Pack, pages: Mapping[str, Callable[[], bytes]], *, scrapes: int = 5, interval: int = 15
) -> Found:
    """Scrape pages by their target so often, on a simulated clock, and ask every query of the pack."""
    service = Service("server", list(pages), [pack], scrape_interval=f"{interval}s")
    write(build(Stack(services=[service])), folder / "build")
    start = time.time_ns() // 1_000_000
    watch = Watch(Built.read(folder / "build"), folder / "data", start=start, rng=random.Random(1))
    assert watch.problems == ()

    def fetched(scrape: Scrape) -> FetchedPage:
        (told,) = [told for target, told in pages.items() if f"//{target}/" in scrape.url]
        return FetchedPage(told(), TYPE)

    try:
        driven = Simulation(watch, start=start, page=fetched, deliver=lambda *_: Delivered(), advance=lambda _: None)
        driven.leap(start + 1000 * interval * scrapes)
        transport = httpx.ASGITransport(application(watch, lambda: driven.now, lambda: None))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7373") as client:

            async def ask(query: str) -> list[dict[str, dict[str, str]]]:
                when = {"query": query, "time": f"{driven.now / 1000:.3f}"}
                answer = (await client.post("/api/v1/query", data=when)).raise_for_status().json()
                found: list[dict[str, dict[str, str]]] = answer["data"]["result"]
                return found

            told = {metric: await ask(metric.name) for metric in pack.metrics}
            missing = {metric.name for metric, series in told.items() if not series}
            labelled = {
                metric.name
                for metric, series in told.items()
                if series
                and {label for one in series for label in one["metric"]} - {"__name__", "job", "instance"}
                != set(metric.label_values)
            }
            silent = {f"{place}: {query}" for place, query in queries(pack) if not await ask(query)}
            firing = {one["metric"]["alertname"] for one in await ask('ALERTS{alertstate="firing"}')}
            runbooks = {str(alert.runbook) for alert in pack.alerts if alert.name in firing}
            unanswered = {
                f"{runbook}: {query}"
                for runbook in runbooks
                for query in asked_in(Path(packs.__file__).parent / runbook)
                if not await ask(query.replace("{job}", "server"))
            }
            return Found(missing, labelled, silent, firing, unanswered)
    finally:
        watch.close()
