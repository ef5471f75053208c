"""What measuring adds to a command of redis-py: CPU, in the process, over connections that answer at once.

``python benchmarks/redis_client.py [--json] [--rounds 60]``. The library is the real one, but for its connections,
which answer without a server, so that only what is added is left to see. Bare, with ours and with OpenTelemetry's
instrumentor (SDK spans, an exporter that drops them) take turns; the fastest round of each counts.
"""

# ruff: noqa: ARG002, D101, D102 - what stands in for a connection is called as one

from __future__ import annotations

import argparse
import asyncio
import json
import time
from contextlib import contextmanager

import redis
import redis.asyncio
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from vedette.integrations import attached
from vedette.integrations.redis import name_cache

CALLS = 500
PIPELINED = 10


class Answering(redis.Connection):
    """A connection that is always there and has the answer to everything."""

    def connect(self) -> None:
        pass

    def can_read(self, timeout=0) -> bool:
        return False

    def send_command(self, *args, **options) -> None:
        pass

    def send_packed_command(self, command, check_health=True) -> None:
        pass

    def read_response(self, *args, **options) -> bytes:
        return b"1"


class AsyncAnswering(redis.asyncio.Connection):
    """The same for asyncio."""

    async def connect(self) -> None:
        pass

    async def can_read_destructive(self) -> bool:
        return False

    async def send_command(self, *args, **options) -> None:
        pass

    async def read_response(self, *args, **options) -> bytes:
        return b"1"


class Dropped(SpanExporter):
    def export(self, spans) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def get(client) -> None:
    for _ in range(CALLS):
        client.get("customer")


def pipeline(client) -> None:
    for _ in range(CALLS // PIPELINED):
        pipe = client.pipeline(transaction=False)
        for _ in range(PIPELINED):
            pipe.get("customer")
        pipe.execute()


def get_async(client) -> None:
    async def work() -> None:
        for _ in range(CALLS):
            await client.get("customer")

    asyncio.run(work())


def cases() -> dict[str, tuple]:
    """Name → what is done with which client, and how many operations that is."""
    named = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=Answering))
    blocking = redis.Redis(connection_pool=redis.BlockingConnectionPool(connection_class=Answering))
    name_cache(named, "sessions")
    plain = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=Answering))
    coroutines = redis.asyncio.Redis(connection_pool=redis.asyncio.ConnectionPool(connection_class=AsyncAnswering))
    return {
        "GET": (get, plain, CALLS),
        "GET of a named cache": (get, named, CALLS),
        "GET, pool that blocks": (get, blocking, CALLS),
        f"pipeline of {PIPELINED} GET": (pipeline, named, CALLS // PIPELINED),
        "GET, asyncio": (get_async, coroutines, CALLS),
    }


@contextmanager
def ours():
    attached.attach("redis")
    yield
    attached.detach("redis")


@contextmanager
def opentelemetry():
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Dropped()))
    RedisInstrumentor().instrument(tracer_provider=provider)
    yield
    RedisInstrumentor().uninstrument()


@contextmanager
def bare():
    yield


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """CPU microseconds of an operation, by case and way."""
    found: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for way in (bare, ours, opentelemetry):
            with way():
                for name, (work, client, operations) in cases().items():
                    work(client)
                    began = time.process_time()
                    work(client)
                    spent = (time.process_time() - began) / operations * 1e6
                    fastest = found.setdefault(name, {})
                    fastest[way.__name__] = min(spent, fastest.get(way.__name__, spent))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=60)
    given = arguments.parse_args()
    found = measure(given.rounds)
    if given.json:
        rows = {
            f"redis_{name.replace(',', '').replace(' ', '_').lower()}": {
                "ours": round(spent["ours"] - spent["bare"], 2),
                "peer": round(spent["opentelemetry"] - spent["bare"], 1),
                "ratio": round((spent["ours"] - spent["bare"]) / (spent["opentelemetry"] - spent["bare"]), 3),
                "goal": 3.0,
                "unit": "µs CPU added to an operation",
            }
            for name, spent in found.items()
        }
        print(json.dumps(rows, ensure_ascii=False))
        return
    for name, spent in found.items():
        added, peer = spent["ours"] - spent["bare"], spent["opentelemetry"] - spent["bare"]
        print(
            f"{name:<24} bare {spent['bare']:6.1f} µs  ours +{added:5.2f}  OpenTelemetry +{peer:6.1f}"
            f"  ratio {added / peer:.3f}"
        )


if __name__ == "__main__":
    main()
