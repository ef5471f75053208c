"""What the integrations of task queues tell in common, as the worker pack declares it: how a task begins and ends."""

from __future__ import annotations

from typing import Literal

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.packs.worker import (
    dequeued,
    enqueued,
    heartbeat,
    process_duration,
    queue_wait,
    task_errors,
    tasks,
    tasks_in_progress,
)

__all__ = ["End", "beat", "begin", "end", "finish", "put", "receive", "take"]

End = Literal["succeeded", "failed", "retried", "revoked", "ignored"]
"""How a task ends: `vedette.packs.worker.STATES`."""


def put(system: str, queue: str) -> None:
    """A message was put into a queue."""
    enqueued.inc(system, queue)


def take(system: str, queue: str) -> None:
    """A message was taken from a queue."""
    dequeued.inc(system, queue)


def receive(system: str, queue: str, task: str) -> None:
    """A worker has a task."""
    tasks.inc(system, queue, task, "received")


def begin(system: str, queue: str, task: str, due: float | None) -> float:
    """A task begins; what is returned says when, for `end`.

    Args:
        system: the task queue's name.
        queue: its queue, empty for a task that went through none.
        task: its name.
        due: since when it could have begun, in seconds since the epoch; None where that is not known.
    """
    tasks.inc(system, queue, task, "started")
    if due is not None:
        waited = clock.now() - due
        queue_wait.observe(waited if waited > 0 else 0.0, system, queue)  # the clocks of two machines differ
    tasks_in_progress.inc(system, queue)
    return clock.perf()


def end(  # noqa: PLR0917 - the facts of a task, told at each of them
    system: str, queue: str, task: str, began: float, state: End | None, error: BaseException | str | None = None
) -> float:
    """It ends, in this process, after the seconds that are returned; how is told later where ``state`` is None."""
    seconds = clock.perf() - began
    tasks_in_progress.dec(system, queue)
    if state is not None:
        finish(system, queue, task, state, error, seconds)
    return seconds


def finish(  # noqa: PLR0917 - see end
    system: str,
    queue: str,
    task: str,
    state: End,
    error: BaseException | str | None = None,
    seconds: float | None = None,
) -> None:
    """Say how a task ended.

    Args:
        system: the task queue's name.
        queue: its queue.
        task: its name.
        state: how it ended.
        error: what it failed with, or the name of its class where there is none.
        seconds: how long it ran, None where it did not or nobody knows.
    """
    tasks.inc(system, queue, task, state)
    if seconds is not None:
        process_duration.observe(seconds if seconds > 0 else 0.0, system, queue, task)
    if error is not None:
        task_errors.inc(system, task, error if isinstance(error, str) else error_type(error))


def beat(system: str) -> None:
    """A worker is at work."""
    heartbeat.set(clock.now(), system)
