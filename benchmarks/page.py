"""The page under ten people, and how soon an alert is seen and told: `vedette up` with the demo shop.

``python benchmarks/page.py [--json] [--people 10] [--rounds 5]``. No peer does the same in one process; the goals are:

- ``dashboard_load``: a browser opens the shop's HTTP dashboard, until every panel is drawn, while nine others look at
  it whose browsers run elsewhere: what a page asks for is asked for each anew every five seconds; under 2 s.
- ``panel_query_p95``: what the page asks for its panels meanwhile, 95th percentile; under 500 ms.
- ``alert_seen``: from `vedette demo break errors` until the alert fires; under 30 s.
- ``mail_out``: from there until the letter has arrived at a mail server; under a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Request, async_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.browser.conftest import ARGUMENTS, chromium  # noqa: E402
from tests.started import until  # noqa: E402
from tests.test_demo import project  # noqa: E402

GOALS = {"dashboard_load": 2.0, "panel_query_p95": 500.0, "alert_seen": 30.0, "mail_out": 60.0}
DRAWN = """() => {
    const panels = [...document.querySelectorAll('[data-testid="panel"]')];
    return panels.length > 5 && panels.every(one => ["ready", "empty"].includes(one.dataset.state));
}"""


Asked = tuple[str, str, bytes | None, dict[str, str]]
"""Method, URL, body and headers of a request."""


async def looks(browser: Browser, url: str, took: list[float]) -> tuple[float, list[Asked]]:
    """One person opens a dashboard: seconds until it is drawn, and what was asked for it.

    ``took`` gets the milliseconds of each query.
    """
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    asked: list[Asked] = []

    def finished(request: Request) -> None:
        if "/api/" in request.url and "/events" not in request.url:
            kept = {name: value for name, value in request.headers.items() if name in ("accept", "content-type")}
            asked.append((request.method, request.url, request.post_data_buffer, kept))
        if "/api/v1/query" in request.url:
            took.append(request.timing["responseEnd"])

    page.on("requestfinished", finished)
    began = time.perf_counter()
    await page.goto(url)
    await page.wait_for_function(DRAWN)
    seconds = time.perf_counter() - began
    await context.close()
    return seconds, asked


async def keeps_looking(client: httpx.AsyncClient, asked: list[Asked], delay: float) -> None:
    """Another person, whose browser runs elsewhere: everything is asked anew every five seconds."""
    await asyncio.sleep(delay)
    while True:
        began = time.perf_counter()
        for answer in await asyncio.gather(
            *(client.request(method, url, content=body, headers=headers) for method, url, body, headers in asked)
        ):
            answer.raise_for_status()
        await asyncio.sleep(max(0.0, 5 - (time.perf_counter() - began)))


async def loads(url: str, people: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds until one of some people sees all, round by round, and the milliseconds of the queries for it."""
    took: list[float] = []
    # the server lets go of a connection that nobody uses for five seconds
    limits = httpx.Limits(keepalive_expiry=2)
    async with async_playwright() as playwright, httpx.AsyncClient(timeout=60, limits=limits) as client:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        _, asked = await looks(browser, url, [])
        others = [asyncio.create_task(keeps_looking(client, asked, 5 * one / people)) for one in range(people - 1)]
        await asyncio.sleep(5)
        seconds = [(await looks(browser, url, took))[0] for _ in range(rounds)]
        for one in others:
            one.cancel()
        await asyncio.wait(others)
        for one in others:
            if not one.cancelled():
                one.result()
        await browser.close()
    return seconds, took


def measure(people: int, rounds: int) -> dict[str, float]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder, project(Path(folder)) as shop, shop.up() as running:
        running.has_data()
        time.sleep(20)  # lines to draw
        seconds, took = asyncio.run(loads(f"{running.url}/d/shop-http", people, rounds))
        began = time.perf_counter()
        shop.vedette("demo", "break", "errors")
        until(lambda: running.alert("HttpErrorRateCritical"), 120, "the alert")
        seen = time.perf_counter() - began
        until(lambda: [one for one in shop.mailbox.subjects() if "FIRING" in one], 120, "the letter")
        told = time.perf_counter() - began
    return {
        "dashboard_load": statistics.median(seconds),
        "panel_query_p95": statistics.quantiles(took, n=20)[-1],
        "alert_seen": seen,
        "mail_out": told,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found = measure(given.people, given.rounds)
    units = {"panel_query_p95": "ms"}
    rows: dict[str, dict[str, Any]] = {
        name: {"ours": value, "peer": None, "ratio": None, "goal": GOALS[name], "unit": units.get(name, "s")}
        for name, value in found.items()
    }
    if given.json:
        print(json.dumps(rows))
        return
    for name, row in rows.items():
        print(f"{name:18} {row['ours']:8.3g} {row['unit']:3} goal {row['goal']:g}")


if __name__ == "__main__":
    main()
