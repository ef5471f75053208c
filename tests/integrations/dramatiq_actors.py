"""Actors of Dramatiq, as a worker runs them. With ``TASKS_PORT`` it is instrumented."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, Pipelines, Retries, SkipMessage, TimeLimit

import vedette

if os.environ.get("TASKS_PORT"):
    vedette.instrument(port=int(os.environ["TASKS_PORT"]))

broker = RedisBroker(url=os.environ.get("TASKS_BROKER", "redis://localhost"), middleware=[])
for middleware in (AgeLimit(), TimeLimit(interval=50), Pipelines(), Retries(), AsyncIO()):
    broker.add_middleware(middleware)
dramatiq.set_broker(broker)


@dramatiq.actor(broker=broker, queue_name="jobs")
def add(a: int, b: int) -> None:
    if a + b < 0:
        raise ArithmeticError


@dramatiq.actor(broker=broker, queue_name="jobs")
async def add_async(_a: int) -> None:
    """Runs in the loop of its process."""


@dramatiq.actor(broker=broker, queue_name="jobs", max_retries=2, min_backoff=1, max_backoff=1)
def fail() -> None:
    raise ValueError("no")


@dramatiq.actor(broker=broker, queue_name="jobs", max_retries=1)
def ask_again() -> None:
    raise dramatiq.Retry(delay=1)


@dramatiq.actor(broker=broker, queue_name="jobs", throws=KeyError)
def expected() -> None:
    raise KeyError("no")


@dramatiq.actor(broker=broker, queue_name="jobs", time_limit=100, max_retries=0)
def hang() -> None:
    for _ in range(6000):
        time.sleep(0.01)


@dramatiq.actor(broker=broker, queue_name="jobs")
def skip() -> None:
    raise SkipMessage


@dramatiq.actor(broker=broker, queue_name="jobs", max_age=1)
def old() -> None:
    """Too old, whenever it comes."""


@dramatiq.actor(broker=broker, queue_name="waiting")
def waits(until: str) -> None:
    """Run until a file is there."""
    while not Path(until).exists():
        time.sleep(0.01)
