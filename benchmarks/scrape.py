"""CPU per scraped sample: our scrapes into the head in memory, against real Prometheus 3.5 scraping the same pages.

``python benchmarks/scrape.py [--json] [--seconds 20] [--targets 10] [--series 1000]``. Both scrape every target once a
second at the same time, and the least of several windows counts, as other work on the machine only adds. Prometheus
also writes its write-ahead log, which our head does not have yet. A second row is the reading and storing alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from vedette.engine.collect.collector import Collector
from vedette.engine.collect.http import FetchError, fetch, open_session
from vedette.engine.tsdb.head import Head
from vedette.formats.prometheus import GlobalConfig, PrometheusConfig, ScrapeConfig, TargetGroup

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from real import binary, free_port, wait_for

GOAL = 1.35  # µs: Prometheus 3.5.3 at 100,000 samples a second
WARM = 4.0  # seconds
WINDOWS = 5
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def page(series: int, round_: int) -> bytes:
    """A page as an instrumented service has it: histograms by route, code and bucket; every value moves."""
    lines = [
        "# HELP http_server_request_duration_seconds Duration.",
        "# TYPE http_server_request_duration_seconds histogram",
    ]
    lines += [
        f'http_server_request_duration_seconds_bucket{{http_route="/api/{i // 20}/items",http_request_method="GET",'
        f'le="{(i % 20) / 4}"}} {i * 1000 + round_ * 7}'
        for i in range(series)
    ]
    return ("\n".join(lines) + "\n").encode()


def expose(port: int, series: int) -> None:
    """Serve pages at the least cost, in a process of its own."""
    bodies = [page(series, round_) for round_ in range(16)]
    answers = [
        f"HTTP/1.1 200 OK\r\nContent-Type: {TEXT}\r\nContent-Length: {len(b)}\r\n\r\n".encode() + b for b in bodies
    ]
    served = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                served += 1
                writer.write(answers[served % len(answers)])
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(main())


def config(port: int, targets: int) -> PrometheusConfig:
    groups = (TargetGroup(targets=(f"127.0.0.1:{port}",)),)
    jobs = tuple(ScrapeConfig(job_name=f"job{i}", static_configs=groups) for i in range(targets))
    return PrometheusConfig(global_=GlobalConfig(scrape_interval=1000, scrape_timeout=1000), scrape_configs=jobs)


def scrape(port: int, targets: int, seconds: float, out: Any) -> None:
    """Scrape as the watch does, in a process of its own; sends CPU seconds and samples after warming up."""
    import uvloop

    async def main() -> None:
        head = Head()
        collector = Collector(config(port, targets), head, start=time.time_ns() // 1_000_000)
        running: set[asyncio.Task[None]] = set()

        async def one(job: Any) -> None:
            began = time.perf_counter()
            try:
                got = await fetch(session, job)
            except FetchError as error:
                collector.fail(job, str(error), time.perf_counter() - began)
            else:
                collector.ingest(job, got.body, got.content_type, time.perf_counter() - began)

        async with open_session() as session:
            marks: list[tuple[float, int]] = []
            begin = time.time() + WARM
            for until in [begin + seconds / WINDOWS * window for window in range(WINDOWS + 1)]:
                while time.time() < until:
                    for job in collector.step(time.time_ns() // 1_000_000):
                        task = asyncio.create_task(one(job))
                        running.add(task)
                        task.add_done_callback(running.discard)
                    due = collector.next_due() or 0
                    await asyncio.sleep(max(0.0, min(due / 1000, until) - time.time()))
                marks.append((time.process_time(), head.stats().samples))
            down = [status.last_error for status in collector.targets() if status.health != "up"]
        out.send((min((b[0] - a[0]) / max(b[1] - a[1], 1) for a, b in pairwise(marks)), down))

    uvloop.run(main())


def side_by_side(seconds: float, targets: int, series: int) -> tuple[float, float | None]:
    """µs of CPU per sample: ours, and Prometheus' where it is installed."""
    port, web = free_port(), free_port()
    context = multiprocessing.get_context("spawn")
    exporter = context.Process(target=expose, args=(port, series), daemon=True)
    exporter.start()
    peer: float | None = None
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stack.callback(exporter.terminate)
        prometheus = started_prometheus(Path(folder), port, web, targets)
        if prometheus is not None:
            stack.callback(prometheus.wait)
            stack.callback(prometheus.terminate)
        receive, send = context.Pipe(duplex=False)
        ours = context.Process(target=scrape, args=(port, targets, seconds, send), daemon=True)
        ours.start()
        time.sleep(WARM)
        if prometheus is not None:
            process = psutil.Process(prometheus.pid)
            marks = [(sum(process.cpu_times()[:2]), time.monotonic())]
            for _ in range(WINDOWS):
                time.sleep(seconds / WINDOWS)
                marks.append((sum(process.cpu_times()[:2]), time.monotonic()))
            rate = min((b[0] - a[0]) / (b[1] - a[1]) for a, b in pairwise(marks))
            peer = rate / (targets * (series + 5)) * 1e6
        cpu, down = receive.recv()
        ours.join()
        if down:
            raise SystemExit(f"our scrapes failed: {down}")
    return cpu * 1e6, peer


def started_prometheus(folder: Path, port: int, web: int, targets: int) -> subprocess.Popen[bytes] | None:
    try:
        program = binary("prometheus", "3.5")
    except pytest.skip.Exception as reason:
        print(f"without its peer: {reason}", file=sys.stderr)
        return None
    jobs = [{"job_name": f"job{i}", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for i in range(targets)]
    settings = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [
                str(program),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{web}",
            ],
            stdout=stream,
            stderr=stream,
            env={**os.environ, "GOMAXPROCS": "2"},
        )
    wait_for(f"http://127.0.0.1:{web}/-/ready", process, log)
    return process


def store_alone(series: int) -> float:
    """µs of CPU to read and store one sample of a page whose series are known; the best of many rounds."""
    head = Head()
    collector = Collector(config(1, 1), head, start=0)
    bodies = [page(series, round_) for round_ in range(16)]
    costs = []
    for round_ in range(300):
        (job,) = collector.step(collector.next_due() or 0)
        began = time.process_time_ns()
        collector.ingest(job, bodies[round_ % 16], TEXT, 0.01)
        costs.append((time.process_time_ns() - began) / 1000 / series)
    return sorted(costs)[len(costs) // 2]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--targets", type=int, default=10)
    arguments.add_argument("--series", type=int, default=1000)
    options = arguments.parse_args()
    ours, peer = side_by_side(options.seconds, options.targets, options.series)
    alone = store_alone(options.series)
    rows = {
        "scrape_cpu_per_sample": {
            "ours": round(ours, 3),
            "peer": None if peer is None else round(peer, 3),
            "ratio": None if peer is None else round(ours / peer, 3),
            "goal": GOAL,
            "unit": "µs",
        },
        "scrape_store_per_sample": {"ours": round(alone, 3), "peer": None, "ratio": None, "goal": None, "unit": "µs"},
    }
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{options.targets} targets of {options.series} series, scraped every second; peer: Prometheus 3.5")
    print(f"{'':<26}{'ours':>9}{'peer':>9}{'ratio':>8}{'goal':>8}")
    for name, row in rows.items():
        cells = (f"{row[key] if row[key] is not None else '-':>{width}}" for key, width in (("ours", 9), ("peer", 9)))
        rest = (f"{row[key] if row[key] is not None else '-':>{width}}" for key, width in (("ratio", 8), ("goal", 8)))
        print(f"{name:<26}{''.join(cells)}{''.join(rest)}  {row['unit']}")


if __name__ == "__main__":
    main()
