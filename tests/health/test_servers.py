"""A real PostgreSQL and a real Redis are paused, killed and restarted under load; probes and metrics tell the truth."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import asynccontextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
import redis.asyncio
import uvicorn
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from tests import data_servers
from tests.health.conftest import threads_of
from tests.instruments.servers import page, until
from tests.real import free_port

import vedette
from vedette.health import Check, Health, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TOKEN = "t"
# So many ask at a time, each as often as it can.
LOAD = 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[data_servers.Server]:
    with data_servers.postgres() as server:
        yield server


@pytest.fixture(scope="module")
def cache() -> Iterator[data_servers.Server]:
    with data_servers.redis() as server:
        yield server


class Service:
    """An application under a real server, and who asks it all the time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.codes: dict[str, list[int]] = {"/health/live": [], "/health/ready": [], "/health": []}
        """The status codes of each page, as one asker has seen them one after the other."""
        self.over = threading.Event()

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def load(self, path: str, codes: list[int]) -> None:
        while not self.over.is_set():
            codes.append(self.get(path)[0])

    def seen(self, path: str) -> list[int]:
        """The codes, repetitions left out."""
        return [code for code, _ in groupby(self.codes[path])]

    def check(self, name: str) -> dict[str, Any]:
        """What is told of one check."""
        _, body = self.get("/health", authorization=f"Bearer {TOKEN}")
        [found] = json.loads(body)["checks"][name]
        return found

    def metric(self, series: str) -> float | None:
        return page(self.get("/metrics", authorization=f"Bearer {TOKEN}")[1].decode()).get(series)

    def until(self, path: str, code: int) -> None:
        until(lambda: self.get(path)[0] == code, f"{code} of {path}")


@pytest.fixture
def service(postgres, cache, monkeypatch) -> Iterator[Service]:
    """Its database is asked through its pool in a thread, its cache through its client on the loop."""
    monkeypatch.setattr("vedette.integrations.instrument.HEALTH", Health())
    pool = ConnectionPool(postgres.url, min_size=1, max_size=2, timeout=1, open=False)
    client = redis.asyncio.Redis.from_url(cache.url)

    def ask_database() -> Reading:
        with pool.connection() as connection:
            row = connection.execute("SELECT 1").fetchone()
        assert row is not None
        return Reading(row[0], "rows")

    async def ask_cache() -> None:
        await client.ping()

    settings: Any = {"timeout": "3s", "every": "50ms", "breaker": None}

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    app = vedette.instrument(
        Starlette(lifespan=lifespan),
        token=TOKEN,
        health=[
            Check("database", ask_database, **settings),
            Check("cache", ask_cache, level="warning", **settings),
        ],
    )
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    found = Service(server.config.port)
    until(lambda: server.started, "the server")
    pool.open()
    found.until("/health", 200)
    askers = [threading.Thread(target=found.load, args=item, daemon=True) for item in found.codes.items()]
    askers += [threading.Thread(target=found.load, args=("/health", []), daemon=True) for _ in range(LOAD)]
    for asker in askers:
        asker.start()
    yield found
    found.over.set()
    for asker in askers:
        asker.join(60)
    server.should_exit = True
    thread.join(60)
    pool.close()


def status(check: str, level: str) -> str:
    return f'health_check_status{{check="{check}",level="{level}"}}'


DATABASE, CACHE = status("database", "critical"), status("cache", "warning")


def test_a_database_that_is_paused_killed_and_restarted_is_told_at_each_moment(service, postgres):
    assert (service.metric(DATABASE), service.metric(CACHE), service.metric("health_ready")) == (1, 1, 1)
    assert service.check("database")["observedValue"] == 1

    postgres.pause()
    service.until("/health/ready", 503)
    hung = service.check("database")
    assert hung["output"] == "TimeoutError: no answer within 3 s"
    assert service.get("/health") == (503, b'{"status":"fail"}')
    assert service.check("cache")["status"] == "pass"
    assert service.metric(DATABASE) == service.metric("health_ready") == 0
    assert service.metric(CACHE) == 1
    assert len(threads_of("database")) <= 1  # however often it is asked for
    assert service.metric('health_check_failures_total{check="database",error_type="TimeoutError"}') >= 1
    stands = service.metric('health_check_last_success_timestamp_seconds{check="database"}')

    postgres.resume()
    service.until("/health/ready", 200)
    assert service.check("database")["lastError"].startswith(("TimeoutError", "psycopg"))
    assert (service.metric(DATABASE), service.metric("health_ready")) == (1, 1)
    assert service.metric('health_check_last_success_timestamp_seconds{check="database"}') > stands

    postgres.kill()
    service.until("/health/ready", 503)
    until(lambda: service.check("database")["output"].startswith("psycopg"), "the pool's own error")
    assert "127.0.0.1" not in service.check("database")["output"]
    assert service.metric(DATABASE) == 0

    postgres.start()
    service.until("/health/ready", 200)
    assert service.metric(DATABASE) == 1

    service.over.set()
    # Nobody saw it come or go but when it did, and nobody ever took the process for dead.
    assert service.seen("/health/live") == [200]
    assert service.seen("/health/ready") == service.seen("/health") == [200, 503, 200, 503, 200]


def test_a_cache_that_is_paused_killed_and_restarted_degrades_the_service(service, cache):
    cache.pause()
    until(lambda: service.get("/health") == (200, b'{"status":"warn"}'), "the pause to be told")
    assert service.check("cache")["output"] == "TimeoutError: no answer within 3 s"
    assert (service.metric(CACHE), service.metric(DATABASE), service.metric("health_ready")) == (0, 1, 1)

    cache.resume()
    until(lambda: service.get("/health") == (200, b'{"status":"pass"}'), "the end of the pause to be told")
    assert service.metric(CACHE) == 1

    cache.kill()
    until(lambda: service.get("/health") == (200, b'{"status":"warn"}'), "the end to be told")
    until(lambda: service.check("cache")["output"].startswith("redis.exceptions.ConnectionError"), "the client's error")
    assert str(cache.port) not in service.check("cache")["output"]

    cache.start()
    until(lambda: service.get("/health") == (200, b'{"status":"pass"}'), "the start to be told")

    service.over.set()
    assert service.seen("/health/live") == service.seen("/health/ready") == service.seen("/health") == [200]


def test_psycopg_and_redis_are_asked_directly_too(postgres, cache):
    def ask_database() -> None:
        with psycopg.connect(postgres.url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")

    client = redis.Redis.from_url(cache.url)
    health = Health(Check("database", ask_database, timeout="30s"), Check("cache", client.ping, timeout="30s"))
    assert health.wait().status == "pass"
    client.close()


def test_a_database_that_refuses_the_user_is_told_without_his_name(postgres):
    def ask() -> None:
        psycopg.connect(postgres.url.replace("postgres@", "shop_owner:hunter2@"), connect_timeout=5)

    [found] = Health(Check("database", ask, timeout="30s")).wait().found
    assert found.state.failure.kind == "psycopg.OperationalError"
    assert "shop_owner" not in found.state.failure.text
    assert "hunter2" not in found.state.failure.text
    assert "connection failed" in found.state.failure.text
