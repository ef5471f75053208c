"""What measuring adds to a request of a FastAPI application: CPU, in the process, without a server in between.

``python benchmarks/asgi.py [--json] [--rounds 1000]``. The same application is measured by us (duration, both sizes,
requests in progress), by a middleware of 25 lines for prometheus_client that observes the duration alone, and by
prometheus-fastapi-instrumentator with its defaults. All are run in turn, a few milliseconds each; what the bare
application took in the same round is subtracted, and the median of the rounds counts. Two applications of the same code
differ by how their objects lie in memory, so this is done in several processes, and the median of theirs is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import time

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Histogram
from prometheus_fastapi_instrumentator import Instrumentator

from vedette import instrument

REQUESTS = 25
ROUTES = (1, 100)
PROCESSES = 5


def bare(routes: int) -> FastAPI:
    """An application of so many routes, each with a parameter."""
    app = FastAPI()

    async def item(item: str) -> str:
        return item

    for number in range(routes):
        app.get(f"/api/things{number}/{{item}}")(item)
    return app


def ours(routes: int) -> FastAPI:
    return instrument(bare(routes))


class HandWritten:
    """What one writes by hand with prometheus_client: method, route and status of every request, and its duration."""

    def __init__(self, app) -> None:
        self.app = app
        self.duration = Histogram(
            "http_server_request_duration_seconds",
            "Duration of requests.",
            ["method", "route", "status"],
            registry=CollectorRegistry(),
        )

    async def __call__(self, scope, receive, send) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = "500"
        started = time.perf_counter()

        async def measured_send(message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, measured_send)
        finally:
            route = scope.get("route")
            template = route.path if route is not None else "_unmatched"
            self.duration.labels(scope["method"], template, status).observe(time.perf_counter() - started)


def by_hand(routes: int) -> FastAPI:
    app = bare(routes)
    app.add_middleware(HandWritten)
    return app


def instrumentator(routes: int) -> FastAPI:
    app = bare(routes)
    Instrumentator(registry=CollectorRegistry()).instrument(app)
    return app


async def receive() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: dict[str, object]) -> None:
    if message.get("status", 200) != 200:
        raise RuntimeError(f"answered {message}")


def request(path: str) -> dict[str, object]:
    """What a server hands to an application."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"shop.example"), (b"user-agent", b"benchmark"), (b"accept", b"*/*")],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }


async def drive(app, paths: list[str]) -> float:
    """CPU microseconds of a request."""
    began = time.process_time()
    for path in paths:
        await app(request(path), receive, send)
    return (time.process_time() - began) / len(paths) * 1e6


async def compare(routes: int, rounds: int) -> dict[str, float]:
    """CPU microseconds of a request of the bare application, and what each way to measure adds to it."""
    apps = {make.__name__: make(routes) for make in (bare, ours, by_hand, instrumentator)}
    taken: dict[str, list[float]] = {name: [] for name in apps}
    for turn in range(rounds):
        paths = [f"/api/things{(turn * REQUESTS + number) % routes}/{number % 7}" for number in range(REQUESTS)]
        for name, app in apps.items():
            taken[name].append(await drive(app, paths))
    return {
        name: statistics.median(
            cost if name == "bare" else cost - bare for cost, bare in zip(costs, taken["bare"], strict=True)
        )
        for name, costs in taken.items()
    }


def apart(routes: int, rounds: int) -> dict[str, float]:
    """The median of several processes, one after the other."""
    runs = []
    for _ in range(PROCESSES):
        with multiprocessing.get_context("spawn").Pool(1) as process:
            runs.append(process.apply(run, (routes, rounds // PROCESSES)))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def run(routes: int, rounds: int) -> dict[str, float]:
    return asyncio.run(compare(routes, rounds))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=1000)
    given = arguments.parse_args()

    spent = {routes: apart(routes, given.rounds) for routes in ROUTES}
    if given.json:
        rows = {
            "asgi_1_route" if routes == 1 else f"asgi_{routes}_routes": {
                "ours": round(added["ours"], 1),
                "peer": round(added["instrumentator"], 1),
                "ratio": round(added["ours"] / added["instrumentator"], 3),
                "goal": 4.0,
                "unit": "µs CPU added to a request",
                "others": {"by_hand": round(added["by_hand"], 1)},
            }
            for routes, added in spent.items()
        }
        print(json.dumps(rows, ensure_ascii=False))
        return
    for routes, added in spent.items():
        print(f"{routes:>3} routes   bare FastAPI {added['bare']:.1f} µs a request; added by")
        for name in ("ours", "by_hand", "instrumentator"):
            print(f"             {name:<16}{added[name]:6.1f} µs")


if __name__ == "__main__":
    main()
