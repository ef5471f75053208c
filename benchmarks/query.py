"""Range queries over 1,000 counters and 1,000 buckets in memory, against real Prometheus 3.5 over the same samples.

``python benchmarks/query.py [--json] [--rounds 5]``. Ten targets of 100 ``http_requests_total`` and 100 ``_bucket``
series, 24 h at 15 s, counter resets in every fifth. Ours is parse, evaluate and write the API's JSON in this process;
theirs is what the server's process uses for the same answer over HTTP, so that its wall time carries that too.
Both sides' answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from vedette.engine.tsdb.head import Head
from vedette.promql.evaluate import instant, query_range
from vedette.promql.labels import labels
from vedette.promql.source import Block
from vedette.server.prometheus_json import range_data, result_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.promql.labels import Labels

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.promql.remote_write import write
from tests.real import binary, free_port, running

GOAL = 0.25  # of Prometheus' CPU
START = 1_700_006_400_000
HOURS = 24
STEP = 15_000
COLUMNS = HOURS * 3_600_000 // STEP
END = START + HOURS * 3_600_000
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")

QUERIES = {
    "sum_rate": "sum by (route) (rate(http_requests_total[5m]))",
    "histogram_quantile": (
        "histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket[5m])))"
    ),
    "error_ratio": 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    "topk": "topk(5, rate(http_requests_total[5m]))",
}
SPANS = {"1h@15s": (3600, 15), "24h@60s": (86_400 - 600, 60)}
INSTANT = {"instant_sum_rate_50_series": 'sum by (route) (rate(http_requests_total{instance="i0",route=~"r."}[5m]))'}


def dataset() -> list[Block]:
    """The ten targets."""
    generator = np.random.default_rng(7)
    blocks = []
    for instance in range(10):
        times = START + np.arange(COLUMNS) * STEP + instance * 1373
        where = {"instance": f"i{instance}", "job": "api"}
        series: list[Labels] = [
            labels({"__name__": "http_requests_total", "route": f"r{route}", "status": status, **where})
            for route in range(20)
            for status in ("200", "201", "404", "500", "503")
        ]
        values = np.cumsum(generator.poisson(3, (100, COLUMNS)), axis=1).astype(float)
        series += [
            labels({"__name__": "http_request_duration_seconds_bucket", "route": f"r{route}", "le": le, **where})
            for route in range(10)
            for le in BOUNDS
        ]
        observed = np.cumsum(generator.poisson(1, (10, 10, COLUMNS)), axis=1).reshape(100, COLUMNS)
        values = np.concatenate([values, np.cumsum(observed, axis=1)])
        if instance % 5 == 0:
            values[:, COLUMNS // 2 :] -= values[:, COLUMNS // 2, np.newaxis]
        blocks.append(Block(series, times, values, np.ones(values.shape, np.bool_)))
    return blocks


@dataclass
class Peer:
    """The real server."""

    base: str
    process: psutil.Process

    def ask(self, path: str, **parameters: object) -> bytes:
        """The answer of the API, unread."""
        data = urllib.parse.urlencode(parameters).encode()
        with urllib.request.urlopen(f"{self.base}/api/v1/{path}", data=data, timeout=120) as reply:
            return reply.read()

    def cpu(self) -> float:
        """Seconds of CPU that the server has used."""
        times = self.process.cpu_times()
        return times.user + times.system


def least(call: Callable[[], object], cpu: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Milliseconds of CPU and median wall of one call; a round is long enough for the clock of 10 ms."""
    call()
    began = time.perf_counter()
    call()
    repeat = max(1, math.ceil(0.4 / (time.perf_counter() - began)))
    cost, walls = math.inf, []
    for _ in range(rounds):
        before = cpu()
        for _ in range(repeat):
            began = time.perf_counter()
            call()
            walls.append(time.perf_counter() - began)
        cost = min(cost, (cpu() - before) / repeat)
    return cost * 1e3, statistics.median(walls) * 1e3


def agree(ours: bytes, theirs: bytes, *, ranked: bool) -> None:
    """Stop where the two answers differ. Which of equal series are ranked is not defined, only their values are."""
    mine, peer = (cells(json.loads(text), ranked=ranked) for text in (b'{"data":' + ours + b"}", theirs))
    assert mine.keys() == peer.keys(), (len(mine), len(peer))
    for key, want in peer.items():
        assert len(mine[key]) == len(want), key
        for have, value in zip(mine[key], want, strict=True):
            assert math.isclose(have, value, rel_tol=1e-9) or (math.isnan(have) and math.isnan(value)), (
                key,
                have,
                value,
            )


def cells(answer: dict[str, Any], *, ranked: bool) -> dict[tuple[str, float], list[float]]:
    """Values by series and time, or by time alone."""
    found: dict[tuple[str, float], list[float]] = {}
    for item in answer["data"]["result"]:
        key = "" if ranked else json.dumps(item["metric"], sort_keys=True)
        for at, value in item.get("values") or [item["value"]]:
            found.setdefault((key, at), []).append(float(value))
    return {key: sorted(values) for key, values in found.items()}


def measure(head: Head, peer: Peer, rounds: int) -> dict[str, dict[str, object]]:
    """Each query's row."""
    rows: dict[str, dict[str, object]] = {}

    def compare(name: str, ours: Callable[[], bytes], theirs: Callable[[], bytes]) -> None:
        agree(ours(), theirs(), ranked=name.startswith("topk"))
        mine, my_wall = least(ours, time.process_time, rounds)
        cost, wall = least(theirs, peer.cpu, rounds)
        rows[f"{name} cpu"] = row(mine, cost, "ms CPU")
        rows[f"{name} wall"] = row(my_wall, wall, "ms")

    for name, expr in QUERIES.items():
        for span, (seconds, step) in SPANS.items():
            start = END - seconds * 1000
            compare(
                f"{name} {span}",
                lambda expr=expr, start=start, step=step: range_data(query_range(expr, head, start, END, step * 1000)),
                lambda expr=expr, start=start, step=step: peer.ask(
                    "query_range", query=expr, start=start / 1000, end=END / 1000, step=step
                ),
            )
    for name, expr in INSTANT.items():
        compare(
            name,
            lambda expr=expr: result_data(instant(expr, head, END)),
            lambda expr=expr: peer.ask("query", query=expr, time=END / 1000),
        )
    return rows


def row(ours: float, peer: float, unit: str) -> dict[str, object]:
    """The figures of one line; the goal is a quarter of the peer's."""
    ratio = round(ours / peer, 3) if peer else None
    return {"ours": round(ours, 3), "peer": round(peer, 3), "ratio": ratio, "goal": round(GOAL * peer, 3), "unit": unit}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--json", action="store_true", help="one flat object instead of the table")
    arguments.add_argument("--rounds", type=int, default=5, help="the least of this many counts (default 5)")
    chosen = arguments.parse_args()
    try:
        program = binary("prometheus", "3.5")
    except pytest.skip.Exception as reason:
        print("{}" if chosen.json else f"skipped: {reason}")
        return
    blocks = dataset()
    head = Head()
    for number, block in enumerate(blocks):
        target = head.target(number)
        target.append_columns(block.timestamps, [target.slot(of) for of in block.labels], block.values, block.present)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        command = [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
            "--log.level=error",
        ]
        with running(command, f"{base}/-/ready", folder) as process:
            quarter = COLUMNS // 24
            for at in range(0, COLUMNS, quarter):
                cut = slice(at, at + quarter)
                write(base, [Block(b.labels, b.timestamps[cut], b.values[:, cut], b.present[:, cut]) for b in blocks])
            del blocks
            rows = measure(head, Peer(base, psutil.Process(process.pid)), chosen.rounds)
    if chosen.json:
        print(json.dumps(rows))
        return
    print(f"{'query':<42} {'ours':>9} {'Prometheus':>11} {'ratio':>7} {'goal':>9}")
    for name, found in rows.items():
        print(
            f"{name:<42} {found['ours']:>9} {found['peer']:>11} {found['ratio']:>7} {found['goal']:>9} {found['unit']}"
        )


main()
