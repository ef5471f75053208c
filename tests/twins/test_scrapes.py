"""What becomes of pages that are unusual: the embedded engine and a real Prometheus scrape the same sequence of them.

Which page comes is decided by how often a client has asked, so both see the same sequence whenever they come.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.real import free_port, prometheus

from vedette.server.app import application
from vedette.server.drive import Driver
from vedette.server.watch import Built, Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
UTF8 = "text/plain; version=1.0.0; escaping=allow-utf-8"
# Milliseconds; explicit timestamps on the pages count from here.
BASE = time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Page:
    """An answer to a scrape."""

    body: str = ""
    type: str | None = TEXT
    status: int = 200
    zipped: bool = False


def stamped(*lines: tuple[str, int]) -> Page:
    """Samples with timestamps, in milliseconds after ``BASE``."""
    return Page("".join(f"{sample} {BASE + at}\n" for sample, at in lines))


@dataclass(frozen=True)
class Script:
    """Pages one after the other, the last one again and again, and how the job reads them."""

    pages: Sequence[Page]
    job: str = ""


NORMAL = Page(
    "# HELP orders_total Orders placed.\n# TYPE orders_total counter\n"
    'orders_total{channel="web"} 10\norders_total{channel="app"} 3\n'
    "# TYPE heat gauge\nheat 21.5\n"
    "# TYPE wait_seconds histogram\n"
    'wait_seconds_bucket{le="0.1"} 1\nwait_seconds_bucket{le="1"} 2\nwait_seconds_bucket{le="+Inf"} 4\n'
    "wait_seconds_sum 3.75\nwait_seconds_count 4\n"
)
SCRIPTS: Mapping[str, Script] = {
    "lives": Script(
        [
            NORMAL,
            Page('orders_total{channel="web"} 12\nheat 21.5\nnew_one 1\n'),
            Page("no", status=500),
            NORMAL,
            Page(""),
            NORMAL,
            Page("# only a comment\n\n"),
            NORMAL,
            Page("heat 1\nheat 2\nheat{} 3\n"),
            Page("heat 1\nbroken{ 2\n"),
            Page("nan NaN\nplus +Inf\nminus -Inf\nbig 1e300\nsmall 1e-300\nzero -0\nhex 0x1p-2\n"),
            Page("", status=204),
            NORMAL,
        ]
    ),
    "types": Script(
        [
            NORMAL,
            Page("heat 1\n", type="application/json"),
            Page("heat 2\n", type="text/plain"),
            Page("heat 3\n", type=None),
            Page("heat 4\n", type="text/html; charset=utf-8"),
            Page("heat 5\n", type="text/plain; version=0.0.4; charset=utf-8; escaping=underscores", zipped=True),
            Page("heat 6\n# EOF\n", type=OPENMETRICS),
            Page("heat 7\n", type=OPENMETRICS),
            Page('{"my.heat",room="ä"} 8\n{"other"} 9\n', type=UTF8),
            Page("# TYPE heat bogus\nheat 10\n"),
            Page("heat 11\n# EOF\nheat 12\n"),
        ]
    ),
    "fallback": Script(
        [Page("heat 1\n", type=None), Page("heat 2\n", type="text/html"), NORMAL],
        "fallback_scrape_protocol: PrometheusText0.0.4",
    ),
    "openmetrics": Script(
        [
            Page(
                "# TYPE orders counter\n# UNIT orders \n# HELP orders Orders placed.\n"
                'orders_total{channel="web"} 3 # {trace_id="a1"} 1 1700000000.5\norders_created{channel="web"} 1.7e9\n'
                "# TYPE wait_seconds gauge\n# UNIT wait_seconds seconds\nwait_seconds 1.5\n"
                '# TYPE build info\nbuild_info{version="1"} 1\n'
                '# TYPE mode stateset\nmode{mode="on"} 1\nmode{mode="off"} 0\n'
                '# TYPE lag summary\nlag{quantile="0.5"} 2\nlag_sum 4\nlag_count 2\n# EOF\n',
                type=OPENMETRICS,
            ),
            Page("# TYPE orders counter\norders_total 4\n# EOF\nmore 1\n", type=OPENMETRICS),
            Page("# EOF\n", type=OPENMETRICS),
        ]
    ),
    "spaces": Script(
        [
            Page(f"{line}# EOF\n", type=OPENMETRICS)
            for line in (
                "a  1\n",
                "a\t1\n",
                " a 1\n",
                'a{b="c", d="e"} 1\n',
                'a{ b="c"} 1\n',
                'a {b="c"} 1\n',
                'a{b="c",} 1\n',
                "a 1\n\n",
                "# comment\na 1\n",
                "# UNIT a_x seconds\na_x 1\n",
            )
        ]
    ),
    "spaced": Script([Page('a{ b = "c" , d="e", } \t 1 \t\n\n#comment\n# HELP\nb\t2  \n'), Page("a 1\n", status=204)]),
    "stamped": Script(
        [
            stamped(("t 1", 0), ("s 1", 0)),
            stamped(("t 1", 0), ("s 2", 1000)),
            stamped(("t 2", 0), ("s 3", 500)),
            stamped(("t 3", 1500), ("u 1", 1500), ("u 2", 1600)),
            Page("plain 1\n"),
            stamped(("t 4", 2000), ("u 3", 1600)),
        ]
    ),
    "seconds": Script(
        [
            Page(f"t 1 {BASE / 1000:.3f}\ns 1\n# EOF\n", type=OPENMETRICS),
            Page(f"t 2 {BASE / 1000 + 1:.3f}\ns 2\n# EOF\n", type=OPENMETRICS),
            Page(f"t 3 {BASE / 1000 + 1:.3f}\nu 3 {BASE / 1000 + 0.0004:.4f}\n# EOF\n", type=OPENMETRICS),
        ]
    ),
    "unstamped": Script(
        [stamped(("t 1", 0), ("s 1", 0)), stamped(("t 2", 0)), stamped(("t 3", -5000))], "honor_timestamps: false"
    ),
    "named": Script(
        # a page that has the very series of the report, such as a plain ``up``, is not here: there ours are kept
        [
            Page('a{job="x",instance="y"} 1\nb{exported_job="x",job="z"} 2\nc{job=""} 3\nd{script="own"} 4\n'),
            Page('a{exported_exported_job="w",exported_job="x",job="z"} 1\na{exported_job="x"} 2\n'),
            Page('up{instance="y"} 5\nscrape_samples_scraped{job="z"} 9\n'),
            Page('b{exported_job="",job="z"} 1\n'),
        ]
    ),
    "honoured": Script(
        [
            Page('a{job="x",instance="y"} 1\nb{exported_job="x",job="z"} 2\nc{job="",instance=""} 3\n'),
            Page('up{instance="y"} 5\nscrape_samples_scraped{job="x"} 9\na{empty=""} 1\n'),
        ],
        "honor_labels: true",
    ),
    "relabelled": Script(
        [
            Page('keep_a{x="1",tmp_y="2"} 1\nkeep_a{x="2",tmp_y="2"} 2\ndrop_b 3\nkeep_c{X="MiXed",code="503"} 4\n'),
            Page('keep_a{x="1",tmp_y="3"} 5\nkeep_a{x="1",tmp_y="4"} 6\nkeep_c{code="200"} 7\n'),
            Page('nameless{x="1"} 8\nkeep_c 9\n'),
            Page("keep_c 9\n"),
        ],
        """
  params: {module: [m1, m2]}
  relabel_configs:
  - {source_labels: [__address__], regex: '(.*):\\d+', target_label: host}
  - {source_labels: [__param_module], target_label: module}
  - {source_labels: [__metrics_path__, __scheme__], separator: '|', target_label: path}
  - {action: labelmap, regex: '__meta_(.+)'}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: 'drop_.*', action: drop}
  - {regex: 'tmp_.*', action: labeldrop}
  - {source_labels: [code], regex: '(\\d)..', target_label: class, replacement: '${1}xx'}
  - {source_labels: [X], target_label: lower, action: lowercase}
  - {source_labels: [x], modulus: 7, target_label: shard, action: hashmod}
  - {source_labels: [__name__], regex: 'keep_(.*)', target_label: __name__, replacement: 'kept_$1'}
  - {source_labels: [__name__], regex: nameless, target_label: __name__, replacement: ''}
""",
    ),
    "samples": Script(
        [Page("a 1\nb 2\n"), NORMAL, Page("a 1\nb 2\nc 3\n"), Page("a 1\na 2\nb 2\nc 3\n")], "sample_limit: 3"
    ),
    "labels": Script([Page('a{b="1"} 1\n'), Page('a{b="1",c="2"} 1\n'), Page('a{c="2"} 1\n')], "label_limit: 5"),
    "long": Script(
        [Page('a{b="1234567890123456"} 1\n'), Page('a{b="12345678901234567890"} 1\n'), Page('ä{b="ä"} 1\n'), NORMAL],
        "label_value_length_limit: 19\n  label_name_length_limit: 12",
    ),
    "bodies": Script(
        [Page("a 1\n"), Page("# " + "x" * 2000 + "\na 2\n"), Page("# " + "x" * 2000 + "\na 3\n", zipped=True), NORMAL],
        "body_size_limit: 1KB",
    ),
    "away": Script([Page("a 1\n")]),
}  # fmt: skip
LENGTH = max(len(script.pages) for script in SCRIPTS.values())


def config(target: str, closed: str) -> str:
    """One job a script."""
    jobs = [
        f"- job_name: {name}\n  metrics_path: /{name}\n  {script.job.strip()}\n"
        f"  static_configs: [{{targets: ['{closed if name == 'away' else target}'], labels: {{script: {name}}}}}]\n"
        for name, script in SCRIPTS.items()
    ]
    return f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{''.join(jobs)}"


@dataclass
class Exporter:
    """Serves the scripts, to each client from the beginning."""

    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def answer(self, request: web.Request) -> web.Response:
        name = request.match_info["script"]
        client = request.headers["User-Agent"].partition("/")[0]
        count = self.asked[client, name]
        self.asked[client, name] += 1
        pages = SCRIPTS[name].pages
        page = pages[min(count, len(pages) - 1)]
        headers = {} if page.type is None else {"Content-Type": page.type}
        body = page.body.encode()
        if page.zipped:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        answer = web.Response(body=body, status=page.status, headers=headers)
        if page.type is None:
            answer.headers.popall("Content-Type", None)
        return answer


def now() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def scraped(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Clients of our API and theirs, while both scrape the scripts."""
    exporter = Exporter()
    app = web.Application()
    app.router.add_get("/{script}", exporter.answer)
    async with AsyncExitStack() as later:
        server = await later.enter_async_context(TestServer(app))
        text = config(f"127.0.0.1:{server.port}", f"127.0.0.1:{free_port()}")
        for name, content in (
            ("prometheus/prometheus.yml", text),
            ("alertmanager/alertmanager.yml", "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"),
        ):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text(content)
        base = later.enter_context(prometheus(folder / "real", folder / "prometheus" / "prometheus.yml"))
        watch = Watch(Built.read(folder), folder / "data", start=now(), rng=random.Random(1))
        assert watch.problems == ()
        driver = Driver(watch, now)
        transport = httpx.ASGITransport(application(watch, now, driver.wake))
        ours = await later.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1"))
        theirs = await later.enter_async_context(httpx.AsyncClient(base_url=base))
        driving = asyncio.create_task(driver.run())
        try:
            yield ours, theirs
        finally:
            driver.stop()
            await driving
            watch.close()


REPORT = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
# Series of these have times of their own, so what a query finds of them depends on when the page was asked for.
TIMED = ("stamped", "seconds")

LINGERS = "after a page that cannot be read, Prometheus ends the series before the bad line one scrape late"
SPELLED = "Prometheus counts spellings, such as heat and heat{}, where we count series"
# Script, page and metric, and why we differ.
KNOWN = {
    ("lives", 9, "heat"): LINGERS,
    ("types", 7, "heat"): LINGERS,
    ("lives", 8, "scrape_series_added"): SPELLED,
    ("relabelled", 1, "scrape_series_added"): SPELLED,
}

Series = tuple[tuple[str, str], ...]


async def ask(client: httpx.AsyncClient, path: str, **given: str) -> Any:
    answer = (await client.get(f"/api/v1/{path}", params=given)).raise_for_status().json()
    return answer["data"]


async def scrapes(client: httpx.AsyncClient) -> dict[str, list[float]]:
    """Script → when its pages were read: each scrape leaves one sample of the report."""
    found = (await ask(client, "query", query="scrape_duration_seconds[10m]"))["result"]
    return {item["metric"]["script"]: [at for at, _ in item["values"]] for item in found}


def pairs(metric: Mapping[str, str]) -> Series:
    return tuple(sorted(metric.items()))


async def seen(client: httpx.AsyncClient, script: str, times: Sequence[float]) -> list[dict[Series, str]]:
    """What a query finds at each scrape: series → value. Series that have ended are not found, thanks to markers."""
    found = []
    for at in times:
        items = (await ask(client, "query", query=f'{{script="{script}"}}', time=f"{at:.3f}"))["result"]
        values = {
            pairs(item["metric"]): "some"
            if item["metric"]["__name__"] == "scrape_duration_seconds"
            else item["value"][1]
            for item in items
            if script not in TIMED or item["metric"]["__name__"] in REPORT
        }
        found.append(values)
    return found


async def stored(client: httpx.AsyncClient, script: str) -> dict[Series, list[list[Any]]]:
    """Every sample of the series that bring their own times."""
    items = (await ask(client, "query", query=f'{{script="{script}",__name__=~"t|u"}}[2h]'))["result"]
    return {pairs(item["metric"]): item["values"] for item in items}


async def test_both_engines_make_the_same_of_every_page(tmp_path: Path) -> None:
    async with scraped(tmp_path) as (ours, theirs):
        deadline = time.monotonic() + 60
        times: list[dict[str, list[float]]] = [{}, {}]
        while not all(set(side) == set(SCRIPTS) and min(map(len, side.values())) > LENGTH for side in times):
            assert time.monotonic() < deadline, "too few scrapes"
            await asyncio.sleep(0.2)
            times = [await scrapes(ours), await scrapes(theirs)]
        wrong: dict[tuple[str, int, str], str] = {}
        compared = 0
        for name, script in SCRIPTS.items():
            # one more, for what the last page leaves behind
            count = len(script.pages) + 1
            own = await seen(ours, name, times[0][name][:count])
            real = await seen(theirs, name, times[1][name][:count])
            for index, (mine, peer) in enumerate(zip(own, real, strict=True)):
                compared += len(peer)
                for of in sorted(mine.keys() | peer.keys()):
                    if mine.get(of) != peer.get(of):
                        key = (name, index, dict(of)["__name__"])
                        wrong[key] = f"{dict(of)}: ours {mine.get(of)}, theirs {peer.get(of)}"
        new = [f"{key}: {what}" for key, what in wrong.items() if key not in KNOWN]
        assert not new, "\n".join([f"{len(new)} differ", *new])
        assert wrong.keys() == KNOWN.keys(), "what is known to differ does not any more"
        assert compared > 500
        for name in TIMED:
            assert await stored(ours, name) == await stored(theirs, name) != {}
        own, real = [(await ask(client, "targets", state="active"))["activeTargets"] for client in (ours, theirs)]
        health = [{one["labels"]["script"]: one["health"] for one in side} for side in (own, real)]
        assert health[0] == health[1]
        assert set(health[1].values()) == {"up", "down"}
        own, real = await ask(ours, "metadata"), await ask(theirs, "metadata")
        # theirs is forgotten ten scrapes after the last page that had it
        assert all(said in own[name] for name, entries in real.items() for said in entries)
        assert {"orders_total", "heat", "wait_seconds"} <= real.keys()
