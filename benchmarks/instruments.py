"""What the instruments cost the application: updates, decorators, scrapes and memory, in CPU, in the process.

``python benchmarks/instruments.py [--json] [--rounds 5] [--quick]``. Ours in C and in Python, against
prometheus_client, pytheus and the OpenTelemetry SDK. Each is measured in processes of its own that take turns, round by
round, so that other work on the machine meets all alike; the least of all rounds counts. An update is timed in slices
of about a millisecond, and the loop around it is subtracted. ``--quick`` leaves out what takes long: the peers' scrapes
and the service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUCKETS = [number / 10 for number in range(1, 16)]
MIDDLE = 0.75
SLICE = 0.001  # seconds
SLICES = 150

# What is at most wanted, in the unit of the row; "peer": what prometheus_client takes in the same run.
GOALS: dict[str, float] = {
    "inc": 16, "set": 16, "child_inc": 16, "shared_inc": 16, "shared_set": 16, "shared_child_inc": 16,
    "labelled_inc": 32, "labelled_inc_kw": 60, "shared_labelled_inc": 32, "shared_labelled_inc_kw": 60,
    "observe": 24, "labelled_observe": 40, "shared_observe": 24, "shared_labelled_observe": 40,
    "measure_sync": 80, "measure_async": 300,
    "scrape_10k": 0.6, "scrape_100k": 8, "scrape_100k_histogram": 8,
    "scrape_100k_16_workers": 8, "scrape_100k_256_dead": 8,
    "counter_child_bytes": 300, "histogram_child_bytes": 600,
    "asgi_1_route": 4, "asgi_100_routes": 4, "service_cpu": 1, "service_memory": 20,
}  # fmt: skip
UNITS = {"scrape": "ms CPU", "counter": "bytes", "histogram": "bytes", "asgi": "µs CPU added to a request"}


def nanoseconds(statement: str, **names: Any) -> float:
    """One statement, the loop around it included."""
    timer = timeit.Timer(statement, globals=names)
    once = timer.timeit(1000) / 1000
    loops = max(1000, int(SLICE / once))
    return min(timer.repeat(SLICES, loops)) / loops * 1e9


def awaited(function: Any) -> float:
    """One call of a coroutine function that does nothing."""

    async def run(loops: int) -> float:
        began = time.perf_counter()
        for _ in range(loops):
            await function()
        return (time.perf_counter() - began) / loops * 1e9

    return min(asyncio.run(run(4000)) for _ in range(SLICES // 2))


def cpu_of(render: Any, repeat: int = 15) -> float:
    """Milliseconds of CPU of the least of several calls."""
    best = float("inf")
    for _ in range(repeat):
        began = time.process_time()
        render()
        best = min(best, time.process_time() - began)
    return best * 1000


def ours(*, twin: bool = False) -> dict[str, float]:
    """Our updates, with values of this process alone and with shared ones, and the decorators."""
    from vedette import measure
    from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Histogram, Registry

    empty = nanoseconds("pass")
    rows: dict[str, float] = {}
    for prefix, registry in (("", Registry()), ("shared_", DEFAULT)):
        plain = Counter("bench_a_total", "A.", registry=registry)
        gauge = Gauge("bench_b_depth", "B.", registry=registry)
        histogram = Histogram("bench_c_seconds", "C.", buckets=BUCKETS, registry=registry)
        labelled = Counter("bench_d_total", "D.", ["method", "route"], registry=registry)
        observed = Histogram("bench_e_seconds", "E.", ["method", "route"], buckets=BUCKETS, registry=registry)
        for key, statement, name in (
            ("inc", "o.inc()", plain),
            ("set", "o.set(3.5)", gauge),
            ("child_inc", "o.inc()", labelled.labels("GET", "/")),
            ("labelled_inc", "o.inc('GET', '/')", labelled),
            ("labelled_inc_kw", "o.inc(method='GET', route='/')", labelled),
            ("observe", f"o.observe({MIDDLE})", histogram),
            ("labelled_observe", f"o.observe({MIDDLE}, 'GET', '/')", observed),
        ):
            rows[prefix + key] = nanoseconds(statement, o=name) - empty
    if twin:
        return {f"twin_{key}": value for key, value in rows.items() if not key.startswith("shared_")}

    def nothing() -> None: ...

    async def nothing_async() -> None: ...

    time.sleep(0.1)  # so long the clock is compared with the kernel's
    measured = measure("bench_work", registry=Registry())
    rows["measure_sync"] = nanoseconds("f()", f=measured(nothing)) - nanoseconds("f()", f=nothing)
    rows["measure_async"] = awaited(measured(nothing_async)) - awaited(nothing_async)
    return rows


def prometheus_client() -> dict[str, float]:
    """The same with prometheus_client: its labels() before each labelled update."""
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

    registry = CollectorRegistry()
    empty = nanoseconds("pass")
    labelled = Counter("d", "D.", ["method", "route"], registry=registry)
    observed = Histogram("e", "E.", ["method", "route"], buckets=BUCKETS, registry=registry)
    histogram = Histogram("c", "C.", buckets=BUCKETS, registry=registry)

    def nothing() -> None: ...

    rows = {
        "inc": nanoseconds("o.inc()", o=Counter("a", "A.", registry=registry)),
        "set": nanoseconds("o.set(3.5)", o=Gauge("b", "B.", registry=registry)),
        "child_inc": nanoseconds("o.inc()", o=labelled.labels("GET", "/")),
        "labelled_inc": nanoseconds("o.labels('GET', '/').inc()", o=labelled),
        "labelled_inc_kw": nanoseconds("o.labels(method='GET', route='/').inc()", o=labelled),
        "observe": nanoseconds(f"o.observe({MIDDLE})", o=histogram),
        "labelled_observe": nanoseconds(f"o.labels('GET', '/').observe({MIDDLE})", o=observed),
    }
    rows = {key: value - empty for key, value in rows.items()}
    rows["measure_sync"] = nanoseconds("f()", f=histogram.time()(nothing)) - nanoseconds("f()", f=nothing)
    return rows


def pytheus() -> dict[str, float]:
    """The same with pytheus."""
    from pytheus.metrics import Counter, Gauge, Histogram

    empty = nanoseconds("pass")
    labelled = Counter("d", "D.", required_labels=["method", "route"])
    observed = Histogram("e", "E.", required_labels=["method", "route"], buckets=BUCKETS)
    rows = {
        "inc": nanoseconds("o.inc()", o=Counter("a", "A.")),
        "set": nanoseconds("o.set(3.5)", o=Gauge("b", "B.")),
        "child_inc": nanoseconds("o.inc()", o=labelled.labels({"method": "GET", "route": "/"})),
        "labelled_inc_kw": nanoseconds("o.labels({'method': 'GET', 'route': '/'}).inc()", o=labelled),
        "observe": nanoseconds(f"o.observe({MIDDLE})", o=Histogram("c", "C.", buckets=BUCKETS)),
        "labelled_observe": nanoseconds(f"o.labels({{'method': 'GET', 'route': '/'}}).observe({MIDDLE})", o=observed),
    }
    return {key: value - empty for key, value in rows.items()}


def opentelemetry() -> dict[str, float]:
    """The same with the OpenTelemetry SDK."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    meter = MeterProvider(metric_readers=[InMemoryMetricReader()]).get_meter("bench")
    empty = nanoseconds("pass")
    counter, gauge, histogram = meter.create_counter("a"), meter.create_gauge("b"), meter.create_histogram("c")
    rows = {
        "inc": nanoseconds("o.add(1)", o=counter),
        "set": nanoseconds("o.set(3.5)", o=gauge),
        "labelled_inc_kw": nanoseconds("o.add(1, {'method': 'GET', 'route': '/'})", o=counter),
        "observe": nanoseconds(f"o.record({MIDDLE})", o=histogram),
        "labelled_observe": nanoseconds(f"o.record({MIDDLE}, {{'method': 'GET', 'route': '/'}})", o=histogram),
    }
    return {key: value - empty for key, value in rows.items()}


# --- scrapes and memory -----------------------------------------------------------------------------------------------


def fill(counter: Any, lines: int, inc: str = "inc") -> None:
    """So many series of a counter with two labels."""
    update = getattr(counter, inc)
    for number in range(lines):
        update(f"/api/things/{number // 4}", f"20{number % 4}")


def resident() -> int:
    """Bytes of memory of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def our_scrapes() -> dict[str, float]:
    """Pages of counters and of histograms."""
    from vedette.instruments.metrics import Counter, Histogram, Registry
    from vedette.instruments.metrics.exposition import text

    rows = {}
    for name, lines in (("scrape_10k", 10_000), ("scrape_100k", 100_000)):
        registry = Registry()
        counter = Counter("bench_requests_total", "A.", ["route", "status"], max_series=10**6, registry=registry)
        before = resident()
        fill(counter, lines)
        if lines == 100_000:
            rows["counter_child_bytes"] = (resident() - before) / lines
        rows[name] = cpu_of(lambda registry=registry: text(registry))
    registry = Registry()
    histogram = Histogram(
        "bench_duration_seconds", "A.", ["route", "status"], buckets=BUCKETS, max_series=10**6, registry=registry
    )
    children = 100_000 // (len(BUCKETS) + 3)
    before = resident()
    for number in range(children):
        for part in range(3):
            histogram.observe(0.1 + number * 0.0137 % 1.6 + part / 7, f"/api/things/{number // 4}", f"20{number % 4}")
    rows["histogram_child_bytes"] = (resident() - before) / children
    rows["scrape_100k_histogram"] = cpu_of(lambda: text(registry))
    return rows


def our_workers() -> dict[str, float]:
    """Pages of 100,000 series that 16 living processes, and then 256 dead ones, have updated."""
    from vedette.instruments.metrics import DEFAULT, Counter
    from vedette.instruments.metrics.exposition import text

    counter = Counter("bench_requests_total", "A.", ["route", "status"], max_series=10**6)
    fill(counter, 100_000)
    context = multiprocessing.get_context("fork")
    ready, over = context.Semaphore(0), context.Event()

    def work() -> None:
        fill(counter, 100_000)
        ready.release()
        over.wait()

    workers = [context.Process(target=work) for _ in range(16)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    rows = {"scrape_100k_16_workers": cpu_of(text)}
    over.set()
    for worker in workers:
        worker.join()

    def die() -> None:
        fill(counter, 1000)
        os.kill(os.getpid(), signal.SIGKILL)

    for _ in range(32):
        dead = [context.Process(target=die) for _ in range(8)]
        for process in dead:
            process.start()
        for process in dead:
            process.join()
    rows["scrape_100k_256_dead"] = cpu_of(text)
    counted = sum(counter.series().values())
    if counted != 100_000 * 17 + 256 * 1000:
        sys.exit(f"counted {counted}")
    del DEFAULT
    return rows


def peer_scrapes() -> dict[str, float]:
    """The same pages of prometheus_client, without its lines of creation times."""
    import prometheus_client
    from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest

    disable_created_metrics()
    rows = {}
    for name, lines in (("scrape_10k", 10_000), ("scrape_100k", 100_000)):
        registry = CollectorRegistry()
        counter = Counter("bench_requests", "A.", ["route", "status"], registry=registry)
        before = resident()
        for number in range(lines):
            counter.labels(f"/api/things/{number // 4}", f"20{number % 4}").inc()
        if lines == 100_000:
            rows["counter_child_bytes"] = (resident() - before) / lines
        rows[name] = cpu_of(lambda registry=registry: generate_latest(registry), 3)
    registry = CollectorRegistry()
    histogram = Histogram("bench_duration_seconds", "A.", ["route", "status"], buckets=BUCKETS, registry=registry)
    children = 100_000 // (len(BUCKETS) + 3)
    before = resident()
    for number in range(children):
        histogram.labels(f"/api/things/{number // 4}", f"20{number % 4}").observe(number * 0.0137 % 1.6)
    rows["histogram_child_bytes"] = (resident() - before) / children
    rows["scrape_100k_histogram"] = cpu_of(lambda: generate_latest(registry), 3)
    del prometheus_client
    return rows


def peer_workers() -> dict[str, float]:
    """A page of 100,000 series of 16 processes in prometheus_client's multi-process mode."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}
        code = (
            "from prometheus_client import Counter\n"
            "c = Counter('bench_requests', 'A.', ['route', 'status'])\n"
            "for n in range(100_000): c.labels(f'/api/things/{n // 4}', f'20{n % 4}').inc()\n"
        )
        for _ in range(8):
            pair = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
            for process in pair:
                process.wait()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return {"scrape_100k_16_workers": cpu_of(lambda: generate_latest(registry), 1)}


# --- a service --------------------------------------------------------------------------------------------------------

SERVICE = """
import sys
from fastapi import FastAPI
from sqlalchemy import create_engine, text
app = FastAPI()
engine = create_engine("sqlite://")
@app.get("/things/{thing}")
async def thing(thing: str) -> dict[str, str]:
    return {"thing": thing}
@app.get("/rows")
def rows() -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT 1")).scalar_one()
if sys.argv[1] == "measured":
    import vedette
    from vedette.integrations import sqlalchemy
    from vedette.packs import database, http, process
    sqlalchemy.attach(engine)
    app = vedette.instrument(app)
import uvicorn
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False)
"""
RATE = 1000  # requests a second
CONNECTIONS = 10
PAIRS = 16  # of stretches of time, one with and one without


async def load(port: int, seconds: float) -> None:
    """Ask at `RATE` over a few connections that stay open; and scrape once, where that is answered."""

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = f"GET /things/{number} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
        clock = asyncio.get_running_loop().time
        start = clock()
        for turn in range(int(seconds * RATE / CONNECTIONS)):
            await asyncio.sleep(max(0.0, start + turn * CONNECTIONS / RATE - clock()))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    async def scrape() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        await reader.read()
        writer.close()

    await asyncio.gather(scrape(), *map(connection, range(CONNECTIONS)))


def cpu_seconds(pid: int) -> float:
    """CPU of another process, by its clock: Linux keeps one of each, to the nanosecond (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def service(seconds: float) -> dict[str, float]:
    """What all packs add to a FastAPI service under load: per cent of a core (the median of pairs), and MB."""
    import psutil

    sys.path.insert(0, str(HERE.parent / "tests"))
    from real import free_port

    servers: dict[str, Any] = {}
    used: dict[str, list[float]] = {"bare": [], "measured": []}
    try:
        for kind in used:
            port = free_port()
            servers[kind] = port, subprocess.Popen([sys.executable, "-c", SERVICE, kind, str(port)])
        for port, _ in servers.values():
            for _ in range(200):
                try:
                    asyncio.run(load(port, 0.1))
                    break
                except OSError:
                    time.sleep(0.05)
        for _ in range(PAIRS):
            for kind, (port, server) in servers.items():
                before = cpu_seconds(server.pid)
                asyncio.run(load(port, seconds))
                used[kind].append((cpu_seconds(server.pid) - before) / seconds * 100)
        memory = {kind: psutil.Process(server.pid).memory_info().rss for kind, (_, server) in servers.items()}
    finally:
        for _, server in servers.values():
            server.kill()
            server.wait()
    more = [measured - bare for bare, measured in zip(used["bare"], used["measured"], strict=True)]
    return {
        "service_cpu": statistics.median(more),
        "service_memory": (memory["measured"] - memory["bare"]) / 1e6,
    }


# --- all of it --------------------------------------------------------------------------------------------------------

MEASURED = {
    "ours": ours,
    "twin": lambda: ours(twin=True),
    "prometheus_client": prometheus_client,
    "pytheus": pytheus,
    "opentelemetry": opentelemetry,
    "our_scrapes": our_scrapes,
    "our_workers": our_workers,
    "peer_scrapes": peer_scrapes,
    "peer_workers": peer_workers,
}


def apart(name: str) -> dict[str, float]:
    """One of `MEASURED` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
    environment["VEDETTE_CORE"] = "python" if name == "twin" else "c"
    done = subprocess.run(
        [sys.executable, __file__, "--measure", name], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr}{done.stdout}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def least(names: list[str], rounds: int) -> dict[str, dict[str, float]]:
    """The least figure of each over the rounds, in which they take turns."""
    best: dict[str, dict[str, float]] = {name: {} for name in names}
    for _ in range(rounds):
        for name in names:
            for key, value in apart(name).items():
                best[name][key] = min(best[name].get(key, float("inf")), value)
    return best


def unit_of(key: str) -> str:
    if key == "service_cpu":
        return "% of a core"
    if key == "service_memory":
        return "MB"
    return next((unit for start, unit in UNITS.items() if key.startswith(start)), "ns")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--measure", choices=MEASURED, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.measure:
        print(json.dumps(MEASURED[given.measure]()))
        return

    updates = least(["ours", "twin", "prometheus_client", "pytheus", "opentelemetry"], given.rounds)
    scrapes = least(["our_scrapes", "our_workers"], max(2, given.rounds // 2))
    mine = {**updates["ours"], **updates["twin"], **scrapes["our_scrapes"], **scrapes["our_workers"]}
    theirs = dict(updates["prometheus_client"])
    if not given.quick:
        theirs |= apart("peer_scrapes") | apart("peer_workers")
        asgi = subprocess.run(
            [sys.executable, HERE / "asgi.py", "--json"], capture_output=True, text=True, check=True
        ).stdout
        for key, row in json.loads(asgi).items():
            mine[key], theirs[key] = row["ours"], row["peer"]
        mine |= service(2.0)
    rows = {}
    for key, value in mine.items():
        bare = key.removeprefix("shared_").removeprefix("twin_")
        peer = theirs.get(bare)
        goal = peer if key.startswith("twin_") else GOALS.get(key)
        others = {name: round(updates[name][bare], 1) for name in ("pytheus", "opentelemetry") if bare in updates[name]}
        rows[key] = {
            "ours": round(value, 3),
            "peer": None if peer is None else round(peer, 1),
            "ratio": None if not peer else round(value / peer, 4),
            "goal": None if goal is None else round(goal, 1),
            "unit": unit_of(key),
            **({"others": others} if others else {}),
        }
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    print(f"{'':26}{'ours':>10}{'goal':>10}{'prometheus_client':>20}{'pytheus':>10}{'otel':>10}")
    for key, row in rows.items():
        others = row.get("others", {})
        cells = [row["ours"], row["goal"], row["peer"], others.get("pytheus"), others.get("opentelemetry")]
        shown = ["" if cell is None else f"{cell:,.1f}" if cell >= 10 else f"{cell:.2f}" for cell in cells]
        print(f"{key:26}{shown[0]:>10}{shown[1]:>10}{shown[2]:>20}{shown[3]:>10}{shown[4]:>10}  {row['unit']}")


main()
