"""Jobs of arq, and the settings of the worker that runs them. With ``TASKS_PORT`` it is instrumented."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from arq import Retry, func
from arq.connections import RedisSettings

import vedette

if os.environ.get("TASKS_PORT"):
    vedette.instrument(port=int(os.environ["TASKS_PORT"]))


async def add(_ctx: object, a: int, b: int) -> int:
    return a + b


async def fail(_ctx: object) -> None:
    raise ValueError("no")


async def flaky(ctx: dict[str, int]) -> str:
    """Well at the third time."""
    if ctx["job_try"] < 3:
        raise Retry(defer=0.01 if ctx["job_try"] == 1 else None) from KeyError("no")
    return "well"


async def hang(_ctx: object) -> None:
    await asyncio.sleep(60)


async def waits(_ctx: object, until: str) -> None:
    """Run until a file is there."""
    while not await asyncio.to_thread(Path(until).exists):  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.01)


FUNCTIONS = [add, fail, flaky, func(hang, timeout=0.2), waits]


class WorkerSettings:
    """As ``arq`` reads them."""

    functions = FUNCTIONS
    redis_settings = RedisSettings.from_dsn(os.environ.get("TASKS_BROKER", "redis://localhost"))
    queue_name = "jobs"
    allow_abort_jobs = True
    poll_delay = 0.05
    max_jobs = 3
