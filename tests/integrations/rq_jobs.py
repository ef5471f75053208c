"""Jobs of RQ, and the program that works on them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from rq import Retry


def add(a: int, b: int) -> int:
    return a + b


async def wait_and_add(a: int, b: int) -> int:
    return a + b


def fail() -> None:
    raise ValueError("no")


def ask_again() -> Retry:
    """Wants to be tried once more."""
    return Retry(max=1)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leaves() -> None:
    raise SystemExit(3)


def hang() -> None:
    time.sleep(60)


def waits(until: str) -> None:
    """Run until a file is there."""
    while not Path(until).exists():
        time.sleep(0.01)


def refuse(*_: object) -> None:
    """A callback that fails."""
    raise LookupError("no")


if __name__ == "__main__":
    import vedette

    if os.environ.get("TASKS_PORT"):
        vedette.instrument(port=int(os.environ["TASKS_PORT"]))

    from redis import Redis
    from rq import Worker

    Worker(["jobs", "more"], connection=Redis.from_url(os.environ["TASKS_BROKER"])).work()
