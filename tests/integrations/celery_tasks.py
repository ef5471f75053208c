"""A Celery application, as a worker runs it and as the tests call it. ``TASKS_BARE=1`` leaves it as it is."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from celery import Celery
from celery.exceptions import Ignore, Reject
from kombu import Exchange, Queue

import vedette

app = Celery("tasks", broker=os.environ.get("TASKS_BROKER", "memory://"), backend=os.environ.get("TASKS_BACKEND"))
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"polling_interval": 0.01},
    result_extended=True,
    task_default_queue="tasks",
    worker_prefetch_multiplier=1,
    task_queues=[
        Queue("tasks", Exchange("tasks"), routing_key="tasks"),
        Queue("films", Exchange("media", "direct"), routing_key="media.film"),
    ],
)
if not os.environ.get("TASKS_BARE"):
    vedette.instrument(app, port=int(os.environ["TASKS_PORT"]) if "TASKS_PORT" in os.environ else None)


@app.task(name="add", shared=False)
def add(a: int, b: int) -> int:
    return a + b


@app.task(name="fail", shared=False)
def fail() -> None:
    raise ValueError("no")


@app.task(name="flaky", shared=False, bind=True, max_retries=2)
def flaky(self) -> None:
    raise self.retry(exc=KeyError("no"), countdown=0.01)


@app.task(name="soft", shared=False, soft_time_limit=1)
def soft() -> None:
    time.sleep(60)


@app.task(name="hard", shared=False, time_limit=1)
def hard() -> None:
    time.sleep(60)


@app.task(name="killed", shared=False)
def killed() -> None:
    time.sleep(0.2)  # the main process knows by then who runs it, or it would be run again
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(name="killed_late", shared=False, acks_late=True, reject_on_worker_lost=True)
def killed_late(once: str) -> None:
    """Killed the first time, and well the second."""
    if not Path(once).exists():
        Path(once).touch()
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)


@app.task(name="leaves", shared=False)
def leaves() -> None:
    raise SystemExit(3)


@app.task(name="ignores", shared=False)
def ignores() -> None:
    raise Ignore


@app.task(name="rejects", shared=False)
def rejects() -> None:
    raise Reject


@app.task(name="waits", shared=False)
def waits(until: str) -> None:
    """Run until a file is there."""
    while not Path(until).exists():
        time.sleep(0.01)


@app.task(name="film", shared=False)
def film() -> None:
    """Goes to a queue by an exchange and a key."""


@app.task(name="strange", shared=False)
def strange(of: int) -> int:
    return of
