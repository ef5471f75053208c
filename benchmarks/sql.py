"""What measuring adds to an operation of SQLAlchemy, asyncpg and psycopg: CPU, in the process, with a real PostgreSQL.

``python benchmarks/sql.py [--json] [--rounds 100]``. Bare, with ours (all that the database pack tells, SQLAlchemy and
what is below it) and with OpenTelemetry's instrumentor (SDK spans, an exporter that drops them) take turns, a few
milliseconds each; the fastest round of each counts. What the server takes is not in it. SQLAlchemy runs on SQLite in
memory, where nothing else is to be seen. OpenTelemetry's instrumentor of it knows no version from 2.1 on, but works.
"""

# ruff: noqa: D102 - each is what its name says

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path

import asyncpg
import psycopg
import sqlalchemy
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from psycopg_pool import ConnectionPool
from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from vedette.integrations import attached

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests import data_servers

CALLS = 40
WARM = 100  # calls until the interpreter has adapted to what has been attached
LIBRARIES = ("sqlalchemy", "asyncpg", "psycopg")
STATEMENT = "SELECT id, note FROM orders WHERE id = 1"
TEXT = text(STATEMENT)
GOALS = {
    "SQLAlchemy, execute": 6.0,
    "asyncpg, fetch": 3.0,
    "psycopg, execute": 3.0,
    "psycopg async, execute": 3.0,
}


class Dropped(SpanExporter):
    """For spans that nobody wants."""

    def export(self, spans) -> SpanExportResult:  # noqa: ARG002 - OpenTelemetry's
        return SpanExportResult.SUCCESS


class Cases:
    """The same clients for every round, each with what it is asked."""

    def __init__(self, url: str) -> None:
        self._open = contextlib.ExitStack()
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._asyncpg = self._loop.run_until_complete(asyncpg.connect(url))
        self._asyncpg_pool = self._loop.run_until_complete(_pool(url))
        self._cursor = self._open.enter_context(psycopg.connect(url, autocommit=True)).cursor()
        self._async = self._loop.run_until_complete(psycopg.AsyncConnection.connect(url, autocommit=True))
        self._async_cursor = self._async.cursor()
        self._pool = self._open.enter_context(
            ConnectionPool(url, min_size=1, max_size=1, open=False, kwargs={"autocommit": True})
        )
        self._pool.wait()
        self._engine = sqlalchemy.create_engine("sqlite://", poolclass=QueuePool, pool_size=1)
        with self._engine.begin() as made:
            made.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT)"))

    def close(self) -> None:
        for ended in (self._asyncpg.close(), self._asyncpg_pool.close(), self._async.close()):
            self._loop.run_until_complete(ended)
        self._open.close()
        self._loop.close()

    def sqlalchemy_execute(self) -> float:
        with self._engine.connect() as connection:
            return clocked(lambda: connection.execute(TEXT))

    def sqlalchemy_connect(self) -> float:
        def work() -> None:
            with self._engine.connect() as connection:
                connection.execute(TEXT)

        return clocked(work)

    def asyncpg_fetch(self) -> float:
        return self._loop.run_until_complete(clocked_async(lambda: self._asyncpg.fetch(STATEMENT)))

    def asyncpg_pool(self) -> float:
        return self._loop.run_until_complete(clocked_async(lambda: self._asyncpg_pool.fetch(STATEMENT)))

    def psycopg_execute(self) -> float:
        return clocked(lambda: self._cursor.execute(STATEMENT))

    def psycopg_async(self) -> float:
        return self._loop.run_until_complete(clocked_async(lambda: self._async_cursor.execute(STATEMENT)))

    def psycopg_pool(self) -> float:
        def work() -> None:
            with self._pool.connection() as connection:
                connection.execute(STATEMENT)

        return clocked(work)

    def run(self) -> dict[str, float]:
        """CPU microseconds of a call of each."""
        return {
            "SQLAlchemy, execute": self.sqlalchemy_execute(),
            "SQLAlchemy, connect, execute, close": self.sqlalchemy_connect(),
            "asyncpg, fetch": self.asyncpg_fetch(),
            "asyncpg, fetch of a pool": self.asyncpg_pool(),
            "psycopg, execute": self.psycopg_execute(),
            "psycopg async, execute": self.psycopg_async(),
            "psycopg, connection of a pool": self.psycopg_pool(),
        }


async def _pool(url: str) -> asyncpg.Pool:
    return await asyncpg.create_pool(url, min_size=1, max_size=1)


def clocked(work) -> float:
    for _ in range(WARM):
        work()
    began = time.thread_time()
    for _ in range(CALLS):
        work()
    return (time.thread_time() - began) / CALLS * 1e6


async def clocked_async(work) -> float:
    for _ in range(WARM):
        await work()
    began = time.thread_time()
    for _ in range(CALLS):
        await work()
    return (time.thread_time() - began) / CALLS * 1e6


def measure(url: str, rounds: int) -> dict[str, dict[str, float]]:
    """CPU microseconds of an operation, by case and way."""
    found: dict[str, dict[str, float]] = {}

    def keep(way: str, spent: dict[str, float]) -> None:
        for name, microseconds in spent.items():
            fastest = found.setdefault(name, {})
            fastest[way] = min(microseconds, fastest.get(way, microseconds))

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Dropped()))
    tracers = (AsyncPGInstrumentor(), PsycopgInstrumentor(), SQLAlchemyInstrumentor())
    cases = Cases(url)
    for _ in range(rounds // 10):
        for _ in range(10):
            keep("bare", cases.run())
            for library in LIBRARIES:
                attached.attach(library)
            keep("ours", cases.run())
            for library in LIBRARIES:
                attached.detach(library)
        # it traces connections and engines that are made while it is on
        for tracer in tracers:
            tracer.instrument(tracer_provider=provider, skip_dep_check=True)
        traced = Cases(url)
        for _ in range(3):
            keep("opentelemetry", traced.run())
        traced.close()
        for tracer in tracers:
            tracer.uninstrument()
    cases.close()
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=100)
    given = arguments.parse_args()
    with data_servers.postgres() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE orders (id INT PRIMARY KEY, note TEXT)")
        found = measure(server.url, given.rounds)
    if given.json:
        rows = {
            f"sql_{name.replace(',', '').replace(' ', '_').lower()}": {
                "ours": round(spent["ours"] - spent["bare"], 2),
                "peer": round(spent["opentelemetry"] - spent["bare"], 1),
                "ratio": round((spent["ours"] - spent["bare"]) / (spent["opentelemetry"] - spent["bare"]), 3),
                "goal": GOALS.get(name),
                "unit": "µs CPU added to an operation",
            }
            for name, spent in found.items()
        }
        print(json.dumps(rows, ensure_ascii=False))
        return
    for name, spent in found.items():
        added, peer = spent["ours"] - spent["bare"], spent["opentelemetry"] - spent["bare"]
        print(
            f"{name:<36} bare {spent['bare']:6.1f} µs  ours +{added:5.2f}  OpenTelemetry +{peer:6.1f}"
            f"  ratio {added / peer:.3f}"
        )


if __name__ == "__main__":
    main()
