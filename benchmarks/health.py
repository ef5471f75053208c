"""How long probes take to be answered, and what they cost the dependency, with a real PostgreSQL that works and hangs.

``python benchmarks/health.py [--json] [--rounds 2000]``. An application under uvicorn, in a process of its own, has
twelve checks, one of which asks PostgreSQL through a pool. Probes come over one connection that stays open; the same
server's answer of a bare ``ok`` is the peer, so that what is above it is ours. Then the database is paused (SIGSTOP).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests import data_servers  # noqa: E402 - the path has to be known
from tests.real import free_port  # noqa: E402 - the same

TIMEOUT = 0.3  # of the database's check, in seconds
EVERY = 2.0
STORM = 10.0  # seconds of a thousand probes each

APPLICATION = f"""
import os
from psycopg_pool import ConnectionPool
import vedette
from vedette.health import Check

pool = ConnectionPool(os.environ["DATABASE"], min_size=1, max_size=4, open=False)
asked = 0


def database():
    global asked
    asked += 1
    with pool.connection() as connection:
        connection.execute("SELECT 1")


async def bare(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        pool.open()
        await send({{"type": "lifespan.startup.complete"}})
        await receive()
        pool.close()
        await send({{"type": "lifespan.shutdown.complete"}})
        return
    body = str(asked).encode() if scope["path"] == "/asked" else b"ok"
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}})
    await send({{"type": "http.response.body", "body": body}})


checks = [Check(f"part-{{number}}", lambda: None, every={EVERY}) for number in range(11)]
app = vedette.instrument(
    bare, token="t", health=[*checks, Check("database", database, timeout={TIMEOUT}, every={EVERY}, breaker=None)]
)
"""


class Service:
    """The application, running."""

    def __init__(self, folder: Path, database: str) -> None:
        (folder / "application.py").write_text(APPLICATION)
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                Path(sys.executable).parent / "uvicorn",
                "application:app",
                "--port",
                str(self.port),
                "--log-level",
                "error",
            ],
            cwd=folder,
            env={**os.environ, "DATABASE": database, "PYTHONPATH": f"{folder}:{ROOT / 'src'}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.get("/ok")
                break
            except OSError:
                self.connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        self.connection.request("GET", path, headers={"authorization": "Bearer t"})
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def times(self, path: str, rounds: int, status: int = 200) -> list[float]:
        """Milliseconds of so many probes."""
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            found, _ = self.get(path)
            taken.append((time.perf_counter() - began) * 1000)
            if found != status:
                raise RuntimeError(f"{path} answered {found}")
        return taken

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


def told(taken: list[float]) -> dict[str, float]:
    return {"median": statistics.median(taken), "p99": sorted(taken)[int(len(taken) * 0.99)], "most": max(taken)}


def storm(service: Service) -> tuple[int, float]:
    """How often the database was asked in a storm of probes, and how many a second there were."""
    before, began, probes = int(service.get("/asked")[1]), time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < STORM:
        service.get("/health/ready")
        probes += 1
        time.sleep(max(began + probes / 1000 - time.perf_counter(), 0))
    return int(service.get("/asked")[1]) - before, probes / passed


def first_while_hung(folder: Path, server: data_servers.Server, times: int) -> list[float]:
    """Milliseconds above the timeout that the first probe takes whose database hangs."""
    taken = []
    for _ in range(times):
        service = Service(folder, server.url)
        server.pause()
        try:
            taken += [one - TIMEOUT * 1000 for one in service.times("/health/ready", 1, 503)]
        finally:
            server.resume()
            service.stop()
    return taken


def measure(rounds: int, folder: Path) -> dict[str, dict[str, float]]:
    with data_servers.postgres() as server:
        service = Service(folder, server.url)
        while service.get("/health/ready")[0] != 200:
            time.sleep(0.05)
        found: dict[str, dict[str, float]] = {}
        for name, path in {
            "bare": "/ok",
            "live": "/health/live",
            "ready": "/health/ready",
            "health": "/health",
        }.items():
            found[name] = told(service.times(path, rounds))
        asked, rate = storm(service)
        found["storm"] = {"asked": asked, "intervals": STORM / EVERY, "rate": rate}
        server.pause()
        try:
            while service.get("/health/ready")[0] != 503:
                time.sleep(0.01)
            found["live while it hangs"] = told(service.times("/health/live", rounds))
            found["ready while it hangs"] = told(service.times("/health/ready", rounds, 503))
        finally:
            server.resume()
            service.stop()
        found["first while it hangs"] = told(first_while_hung(folder, server, 10))
        return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=2000)
    given = arguments.parse_args()
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="vedette-bench-") as name:
        found = measure(given.rounds, Path(name))
    asked = found.pop("storm")
    if given.json:
        bare = found.pop("bare")["median"]
        goals = {"live": 1.0, "live while it hangs": 1.0, "first while it hangs": 10.0}
        rows = {
            f"health_{name.replace(' ', '_')}": {
                "ours": round(spent["median"], 3),
                "peer": None if name.startswith("first") else round(bare, 3),
                "ratio": None if name.startswith("first") else round(spent["median"] / bare, 3),
                "goal": goals.get(name),
                "unit": "ms above the timeout" if name.startswith("first") else "ms, server and client included",
            }
            for name, spent in found.items()
        }
        rows["health_storm"] = {
            "ours": asked["asked"],
            "peer": None,
            "ratio": None,
            "goal": asked["intervals"],
            "unit": f"queries in {STORM:g} s of {asked['rate']:.0f} probes/s",
        }
        print(json.dumps(rows, ensure_ascii=False))
        return
    for name, spent in found.items():
        what = "ms above the timeout" if name.startswith("first") else "ms"
        print(f"{name:<22} median {spent['median']:6.3f}  p99 {spent['p99']:6.3f}  most {spent['most']:6.3f} {what}")
    print(
        f"{asked['rate']:.0f} probes/s for {STORM:g} s: {asked['asked']:.0f} queries, {asked['intervals']:g} intervals"
    )


if __name__ == "__main__":
    main()
