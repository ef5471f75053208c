"""Worker loops and queues written by hand, as the worker pack declares them. Task queues have their integrations.

Example:
    >>> from vedette.domains import worker
    >>> events = worker.queue("events")
    >>> events.enqueued()
    >>> events.dequeued()
    >>> with events.task("store"):
    ...     pass
    >>> with events.batch("store", size=50):
    ...     pass
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.domains.run import Run
from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.packs.worker import (
    batch_size,
    data_timestamp,
    dequeued,
    enqueued,
    heartbeat,
    process_duration,
    queue_capacity,
    queue_depth,
    queue_wait,
    task_errors,
    tasks,
    tasks_in_progress,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Queue", "WorkerTask", "queue"]


class WorkerTask(Run):
    """One task, or a batch of messages that are one task. While tasks begin and end, the worker is seen at work."""

    __slots__ = ("_key", "_size", "_task", "_waited_since")

    def __init__(self, key: tuple[str, str], task: str, size: int | None, waited_since: float | None) -> None:
        super().__init__()
        self._key, self._task, self._size, self._waited_since = key, task, size, waited_since

    def _began(self) -> None:
        tasks.inc(*self._key, self._task, "started")
        tasks_in_progress.inc(*self._key)
        heartbeat.set_to_current_time(self._key[0])
        if self._size is not None:
            batch_size.observe(self._size, *self._key)
        if self._waited_since is not None:
            queue_wait.observe(max(0.0, clock.now() - self._waited_since), *self._key)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        tasks_in_progress.dec(*self._key)
        process_duration.observe(seconds, *self._key, self._task)
        heartbeat.set_to_current_time(self._key[0])
        if error is None:
            tasks.inc(*self._key, self._task, "succeeded")
        elif isinstance(error, Exception):
            tasks.inc(*self._key, self._task, "failed")
            task_errors.inc(self._key[0], self._task, error_type(error))
        else:
            tasks.inc(*self._key, self._task, "revoked")


class Queue:
    """A queue and the loop that works on it; made by `queue`."""

    __slots__ = ("_key",)

    def __init__(self, system: str, name: str) -> None:
        self._key = system, name

    def enqueued(self, count: int = 1) -> None:
        """Messages were put into it."""
        enqueued.inc(*self._key, amount=count)

    def dequeued(self, count: int = 1) -> None:
        """Messages were taken from it."""
        dequeued.inc(*self._key, amount=count)

    def received(self, task: str, count: int = 1) -> None:
        """Tasks have come in that are not begun yet."""
        tasks.inc(*self._key, task, "received", amount=count)

    def task(self, name: str, *, waited_since: float | None = None) -> WorkerTask:
        """A task: a block or a decorated function.

        Args:
            name: what is done.
            waited_since: when the message was put into the queue, in seconds since the epoch; then its wait is told.
        """
        return WorkerTask(self._key, name, None, waited_since)

    def batch(self, name: str, *, size: int, waited_since: float | None = None) -> WorkerTask:
        """A batch of ``size`` messages, worked on together as one task."""
        return WorkerTask(self._key, name, size, waited_since)

    def retried(self, task: str) -> None:
        """A task has failed, and will be tried again."""
        tasks.inc(*self._key, task, "retried")

    def capacity(self, count: float) -> None:
        """How many messages it has room for."""
        queue_capacity.set(count, *self._key)

    def watch_depth(self, depth: Callable[[], float]) -> None:
        """Ask ``depth`` at every scrape how many messages wait."""
        queue_depth.set_function(depth, *self._key)

    def beat(self) -> None:
        """The loop goes on; call it at every turn, also of one that finds nothing to do."""
        heartbeat.set_to_current_time(self._key[0])

    def data(self, *, about: float) -> None:
        """What was worked on is about the time ``about``, in seconds since the epoch."""
        data_timestamp.set(about, *self._key)


def queue(name: str, *, system: str = "loop") -> Queue:
    """A queue by its name; ``system`` tells loops of several kinds apart in ``messaging_system``."""
    return Queue(system, name)
