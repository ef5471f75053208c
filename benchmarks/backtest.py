"""Thirty days of 100 alerts over 1,000 series, replayed by us and by ``vmalert -replay`` from one VictoriaMetrics.

``python benchmarks/backtest.py [--json] [--days 30]``. Ten services with 100 series each, a sample and an evaluation a
minute: 43 million samples, 43,200 evaluations of 100 alerts and 30 recording rules. Both read over HTTP from the same
server, we samples, vmalert the answers to each rule; vmalert also writes what it finds back. Ours is also timed over
samples in this process, which is what the engine alone takes. CPU seconds of all processes of a side, the server's
apart; wall time is printed beside, and says little on a busy machine: over HTTP three processes need two cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from vedette.formats import rules
from vedette.promql.labels import NAME, Labels, labels
from vedette.testing.backtest import Candidate, Server, backtest

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.real import binary, victoria_metrics
from tests.testing.backtest.memory import Memory

if TYPE_CHECKING:
    from vedette.testing.backtest import Batch, Samples

GOAL = 20.0
MINUTE = 60_000
DAY = 86_400_000
BOUNDS = ("0.1", "0.5", "1", "2.5", "+Inf")

# one service's rules: three recordings and ten alerts
SERVICE = """
  - name: JOB
    interval: 1m
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(requests_total{job="JOB"}[5m]))
      - record: job:errors:ratio_rate5m
        expr: sum by (job) (rate(requests_total{job="JOB",code="500"}[5m])) / (job:requests:rate5m{job="JOB"} > 0)
      - record: job:latency:p95_5m
        expr: histogram_quantile(0.95, sum by (job, le) (rate(latency_bucket{job="JOB"}[5m])))
      - {alert: ErrorsHigh, expr: 'job:errors:ratio_rate5m{job="JOB"} > 0.05', for: 5m}
      - {alert: ErrorsCritical, expr: 'job:errors:ratio_rate5m{job="JOB"} > 0.1', for: 2m}
      - {alert: Slow, expr: 'job:latency:p95_5m{job="JOB"} > 1', for: 5m}
      - {alert: VerySlow, expr: 'job:latency:p95_5m{job="JOB"} > 2', for: 5m}
      - {alert: NoTraffic, expr: 'job:requests:rate5m{job="JOB"} == 0', for: 10m}
      - {alert: QueueLong, expr: 'max by (job) (queue{job="JOB"}) > 90', for: 10m}
      - {alert: QueueGrows, expr: 'sum by (job) (deriv(queue{job="JOB"}[30m])) > 0.05', for: 15m}
      - {alert: MemoryHigh, expr: 'avg_over_time(memory{job="JOB"}[10m]) > 0.9', for: 15m}
      - alert: MemoryExhausted
        expr: predict_linear(memory{job="JOB"}[1h], 14400) > 1 and memory{job="JOB"} > 0.6
        for: 30m
      - alert: Errors
        expr: sum by (job, code) (increase(requests_total{job="JOB",code="500"}[15m])) > 800
        keep_firing_for: 10m
"""
JOBS = [f"service-{number}" for number in range(10)]


def series(start: int, days: int) -> Batch:
    """Ten times 100 series: 30 counters of requests, 50 of buckets, 10 queues, 10 memories."""
    generator = np.random.default_rng(7)
    times = start + MINUTE * np.arange(days * 1440, dtype=np.int64)
    count = len(times)
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(count) / 1440)
    found: dict[Labels, tuple[np.ndarray, np.ndarray]] = {}
    for job in JOBS:
        bad = np.zeros(count, np.bool_)
        for at in generator.integers(0, count - 120, days // 5 + 1):
            bad[at : at + int(generator.integers(5, 90))] = True
        for number in range(10):
            who = {"job": job, "instance": f"i{number}"}
            for code, share in (("200", 0.97), ("404", 0.02), ("500", 0.01)):
                rate = 120 * share * day * np.where(bad & (code == "500"), 8, 1)
                found[labels({NAME: "requests_total", "code": code, **who})] = (
                    times,
                    np.cumsum(generator.poisson(rate)) * 1.0,
                )
            below = np.zeros(count)
            for le, share in zip(BOUNDS, (0.5, 0.3, 0.17, 0.02, 0.01), strict=True):
                slow = np.where(bad, 2.0 if le in ("2.5", "+Inf") else 0.8, 1.0)
                below = below + generator.poisson(120 * share * day * slow)
                found[labels({NAME: "latency_bucket", "le": le, **who})] = times, np.cumsum(below)
            wander = np.abs(np.cumsum(generator.normal(0, 1, count))) % 100
            found[labels({NAME: "queue", **who})] = times, np.floor(wander)
            found[labels({NAME: "memory", **who})] = times, (np.arange(count) + 500 * number) % 4000 / 4000
    return found


def send(base: str, batch: Batch) -> None:
    """Into VictoriaMetrics, as lines of JSON."""
    for of, (times, values) in batch.items():
        line = json.dumps({"metric": dict(of), "values": values.tolist(), "timestamps": times.tolist()})
        request = urllib.request.Request(f"{base}/api/v1/import", line.encode(), method="POST")
        urllib.request.urlopen(request, timeout=120).read()
    urllib.request.urlopen(f"{base}/internal/force_flush", timeout=120).read()


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float
    server: float
    """CPU of the server meanwhile."""
    fired: int = 0

    def __str__(self) -> str:
        return f"{self.cpu:5.1f} s CPU + {self.server:5.1f} s of the server's   {self.wall:6.1f} s wall"


def cpu(process: psutil.Process) -> float:
    """Seconds that a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def ours(samples: Samples, text: str, span: tuple[int, int], server: psutil.Process) -> Cost:
    """What it took, and how often an alert fired."""
    candidate = Candidate("now", rules.read(text, "rules.yml").groups)
    before, began, own = cpu(server), time.perf_counter(), cpu(psutil.Process())
    known = {process.pid for process in psutil.Process().children()}
    (history,) = backtest(samples, [candidate], start=span[0], end=span[1])
    beside = sum(cpu(process) for process in psutil.Process().children() if process.pid not in known)
    took = time.perf_counter() - began
    assert not history.problems, history.problems
    fired = sum(one.fired_at is not None for one in history.episodes)
    return Cost(took, cpu(psutil.Process()) - own + beside, cpu(server) - before, fired)


def theirs(base: str, folder: Path, span: tuple[int, int], server: psutil.Process) -> Cost:
    """What vmalert takes, with as many queries at once as there are groups."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    since, until = (time.strftime(form, time.gmtime(ms / 1000)) for ms in span)
    command = [
        binary("victoria-metrics", "1.145").with_name("vmalert"),
        f"-rule={folder / 'rules.yml'}",
        f"-datasource.url={base}",
        f"-remoteWrite.url={base}",
        f"-replay.timeFrom={since}",
        f"-replay.timeTo={until}",
        "-replay.disableProgressBar",
        "-replay.rulesDelay=0s",
        "-httpListenAddr=127.0.0.1:0",
        "-loggerLevel=ERROR",
    ]
    before, began = cpu(server), time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return Cost(time.perf_counter() - began, own, cpu(server) - before)


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--json", action="store_true")
    given.add_argument("--days", type=int, default=30)
    options = given.parse_args()
    start = (int(time.time() * 1000) // DAY - options.days - 1) * DAY
    span = start, start + options.days * DAY - MINUTE
    text = "groups:\n" + "".join(SERVICE.replace("JOB", job) for job in JOBS)
    batch = series(start, options.days)
    count = sum(len(times) for times, _ in batch.values())
    assert len(batch) == 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yml").write_text(text)
        limits = ("-retentionPeriod=10y", "-search.maxSamplesPerQuery=1000000000")
        with victoria_metrics(folder / "vm", "1.145", *limits) as base:
            (server,) = psutil.Process().children()
            send(base, batch)
            before = psutil.Process().memory_info().rss
            over_http = ours(Server(base), text, span, server)
            grown = psutil.Process().memory_info().rss - before
            alone = ours(Memory(batch), text, span, server)
            assert over_http.fired == alone.fired, "the samples that came over HTTP give other alerts"
            peer = theirs(base, folder, span, server)
    both, against = over_http.cpu + over_http.server, peer.cpu + peer.server
    rows = {
        "backtest_in_memory": {"ours": alone.cpu, "peer": None, "ratio": None, "goal": GOAL, "unit": "s CPU"},
        "backtest_over_http": {
            "ours": both, "peer": against, "ratio": both / against, "goal": None, "unit": "s CPU, server included",
        },
        "backtest_over_http_wall": {
            "ours": over_http.wall, "peer": peer.wall, "ratio": over_http.wall / peer.wall, "goal": GOAL, "unit": "s",
        },
    }  # fmt: skip
    if options.json:
        rounded = {
            key: {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}
            for key, row in rows.items()
        }
        print(json.dumps(rounded))
        return
    print(f"{options.days} days, 1,000 series, {count:,} samples, 100 alerts that fired {alone.fired:,} times")
    print(f"in memory         {alone}   goal {GOAL:.0f} s")
    print(f"over HTTP         {over_http}   goal {GOAL:.0f} s by the wall   {grown / 2**20:.0f} MiB more memory")
    print(f"vmalert -replay   {peer}")


if __name__ == "__main__":
    main()
