"""What the integrations of task queues tell in common, as the worker pack declares it: how a task begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["End", "Kind", "beat", "kind_of", "put", "take"]

End = Literal["succeeded", "failed", "retried", "revoked", "ignored"]
"""How a task ends: `vedette.packs.worker.STATES`."""

# An application has that many names of tasks at most; what is more is measured all the same.
_MOST = 5000


def put(system: str, queue: str) -> None:
    """A message was put into a queue."""
    enqueued.inc(system, queue)


def take(system: str, queue: str) -> None:
    """A message was taken from a queue."""
    dequeued.inc(system, queue)


def beat(system: str) -> None:
    """A worker is at work."""
    heartbeat.set(clock.now(), system)


class Kind:
    """The tasks of one name in one queue, with their series at hand; made by `kind_of`."""

    __slots__ = ("_active", "_ends", "_key", "_received", "_started", "_took", "_waited")

    def __init__(self, system: str, queue: str, task: str) -> None:
        self._key = system, queue, task
        self._received = tasks.labels(system, queue, task, "received").inc
        self._started = tasks.labels(system, queue, task, "started").inc
        self._active = tasks_in_progress.labels(system, queue)
        self._took: Callable[[float], None] | None = None
        # begun with zero, so that the first that fails is seen to be one more
        self._ends: dict[str, Callable[[], None]] = {
            state: tasks.labels(system, queue, task, state).inc for state in ("succeeded", "failed")
        }
        self._waited: Callable[[float], None] | None = None

    def receive(self) -> None:
        """A worker has a task."""
        self._received()

    def begin(self, due: float | None) -> float:
        """A task begins; what is returned says when, for `end`.

        Args:
            due: since when it could have begun, in seconds since the epoch; None where that is not known.
        """
        self._started()
        if due is not None:
            if self._waited is None:
                self._waited = queue_wait.labels(self._key[0], self._key[1]).observe
            waited = clock.now() - due
            self._waited(waited if waited > 0 else 0.0)  # the clocks of two machines differ
        self._active.inc()
        return clock.perf()

    def end(self, began: float, state: End | None, error: BaseException | str | None = None) -> float:
        """It ends, in this process, after the seconds that are returned; how is told later where ``state`` is None."""
        seconds = clock.perf() - began
        self._active.dec()
        if state is not None:
            self.finish(state, error, seconds)
        return seconds

    def finish(self, state: End, error: BaseException | str | None = None, seconds: float | None = None) -> None:
        """Say how a task ended.

        Args:
            state: how it ended.
            error: what it failed with, or the name of its class where there is none.
            seconds: how long it ran, None where it did not or nobody knows.
        """
        if seconds is not None:
            if self._took is None:
                self._took = process_duration.labels(*self._key).observe
            self._took(seconds if seconds > 0 else 0.0)
        if error is not None:
            system, _, task = self._key
            task_errors.inc(system, task, error if isinstance(error, str) else error_type(error))
        # the last: a page that has the end of a task has its time and error, too
        ended = self._ends.get(state)
        if ended is None:
            ended = self._ends[state] = tasks.labels(*self._key, state).inc
        ended()


_kinds: dict[tuple[str, str, str], Kind] = {}


def kind_of(system: str, queue: str, task: str) -> Kind:
    """The tasks of a name in a queue.

    Args:
        system: the task queue's name.
        queue: its queue, empty for a task that went through none.
        task: its name.
    """
    key = system, queue, task
    found = _kinds.get(key)
    if found is None:
        found = Kind(system, queue, task)
        if len(_kinds) < _MOST:
            _kinds[key] = found
    return found
