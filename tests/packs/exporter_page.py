"""What a pack of an exporter's names asks for, on pages that are real or written as the exporter writes them."""

from __future__ import annotations

import random
import re
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from tests.docs.page import blocks

from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.catalog import Panel
from vedette.engine.collect.http import FetchedPage
from vedette.server.app import application
from vedette.server.watch import Built, Watch
from vedette.testing.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vedette.catalog import Pack, Stack
    from vedette.engine.collect.collector import Scrape

__all__ = ["PAGES", "TYPE", "Seen", "by_target", "exposed", "fetched", "grown", "looked_at"]

PAGES = Path(__file__).parent / "pages"

TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Seen:
    """What was there after some time of scraping."""

    missing: set[str] = field(default_factory=set)
    """Metrics of the packs that nobody exposed."""
    labelled: set[str] = field(default_factory=set)
    """Metrics whose series have, all together, other labels than those declared."""
    silent: set[str] = field(default_factory=set)
    """Recordings and panels with a query that has no data: name or title, and the query."""
    firing: set[tuple[str, str]] = field(default_factory=set)
    """Alerts that fire, and what they say."""
    helpless: set[str] = field(default_factory=set)
    """Alerts that fire, and whose runbook begins to investigate with a query that shows nothing."""
    unanswered: set[str] = field(default_factory=set)
    """All queries of such investigations that show nothing, each with its alert."""


_SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")


def grown(page: str, seconds: float) -> bytes:
    """A page some seconds later: each counter has grown by a thousandth of itself in each of them."""
    counters = set(re.findall(r"^# TYPE (\w+) counter$", page, re.MULTILINE))

    def later(sample: re.Match[str]) -> str:
        name, labels, value = sample.groups()
        return f"{name}{{{labels}}} {float(value) * (1 + seconds / 1000) if name in counters else value}"

    return re.sub(_SAMPLE, later, page).encode()


def exposed(page: str) -> dict[str, tuple[str, set[str]]]:
    """Metric → its type and the labels that all its series have."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    labels: dict[str, set[str]] = {}
    for name, pairs, _ in re.findall(_SAMPLE, page):
        found = set(re.findall(r'(\w+)="', pairs))
        labels[name] = labels.get(name, found) & found
    return {name: (types[name], found) for name, found in labels.items()}


def fetched(url: str) -> bytes:
    """A page of a real exporter, asked for now."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        told: bytes = reply.read()
        return told


def by_target(pages: Mapping[str, Callable[[], bytes]]) -> Callable[[Scrape, int], FetchedPage]:
    """What each target tells."""

    def page(scrape: Scrape, _: int) -> FetchedPage:
        (told,) = [told for target, told in pages.items() if f"//{target}/" in scrape.url]
        return FetchedPage(told(), TYPE)

    return page


def _queries(pack: Pack) -> Iterator[tuple[str, str]]:
    """Where a query stands, and the query with everything chosen."""
    for recording in pack.recordings:
        yield recording.name, recording.expr
    for panel in pack.panels:
        for query in panel.query_list() if isinstance(panel, Panel) else ():
            expr = query.expr
            for variable in pack.dashboard.variables:
                expr = expr.replace(f"${variable.name}", ".*")
            yield panel.title, expr


async def looked_at(
    stack: Stack,
    folder: Path,
    page: Callable[[Scrape, int], FetchedPage],
    *,
    minutes: float = 2,
    start: int | None = None,
) -> Seen:
    """Scrape the stack for some simulated minutes and ask for everything that its packs ask for.

    ``page`` is given each scrape and its time in milliseconds; it may raise ``Unreachable``.
    """
    files = build(stack)
    write(files, folder / "build")
    start = time.time_ns() // 1_000_000 if start is None else start
    watch = Watch(Built.read(folder / "build"), folder / "data", start=start, rng=random.Random(1))
    assert watch.problems == ()
    try:
        driven = Simulation(
            watch,
            start=start,
            page=lambda scrape: page(scrape, driven.now),
            deliver=lambda *_: Delivered(),
            advance=lambda _: None,
        )
        driven.leap(start + round(minutes * 60_000))
        transport = httpx.ASGITransport(application(watch, lambda: driven.now, lambda: None))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7373") as client:

            async def asked(path: str, **data: str) -> dict[str, Any]:
                answer = await (client.post(path, data=data) if data else client.get(path))
                found: dict[str, Any] = answer.raise_for_status().json()["data"]
                return found

            async def data(query: str) -> list[dict[str, Any]]:
                answer = await asked("/api/v1/query", query=query, time=f"{driven.now / 1000:.3f}")
                found: list[dict[str, Any]] = answer["result"]
                return found

            async def has_data(query: str) -> bool:
                return bool(await data(query))

            seen = Seen()
            for pack in (pack for service in stack.services for pack in service.pack_list()):
                for metric in pack.metrics:
                    labels = [one["metric"].keys() for one in await data(metric.name)]
                    if not labels:
                        seen.missing.add(metric.name)
                    elif set().union(*labels) - {"__name__", "job", "instance"} != set(metric.label_values):
                        seen.labelled.add(metric.name)
                seen.silent |= {f"{place}: {query}" for place, query in _queries(pack) if not await has_data(query)}
            alerts = (await asked("/api/v1/alerts"))["alerts"]
            seen.firing = {
                (one["labels"]["alertname"], one["annotations"]["summary"])
                for one in alerts
                if one["state"] == "firing"
            }
            for name in {name for name, _ in seen.firing}:
                investigation = files[f"runbooks/{name}.md"].partition("## Investigation")[2].partition("\n## ")[0]
                found = [block.text.splitlines() for block in blocks(investigation) if block.language == "promql"]
                queries = [query for lines in found for query in lines]
                unanswered = [f"{name}: {query}" for query in queries if not await has_data(query)]
                seen.unanswered.update(unanswered)
                seen.helpless.update(one for one in unanswered if one == f"{name}: {queries[0]}")
            return seen
    finally:
        watch.close()
