"""RQ: jobs, their queues and the workers, as the worker pack declares them. Nothing is to be called for it.

A worker forks a process for each job, which counts it with the worker; so has ``vedette.instrument(port=9464)`` to be
called by the program that starts the worker, and not by the module of the jobs, which the worker itself does not
import. It tells the depth of its queues; `watch_queues` does so in another process. While it waits for a job, RQ gives
a sign of life only every few minutes (``worker_ttl``). What a `SpawnWorker` runs is not measured: each of its jobs is a
program of its own.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.instruments import clock, guard
from vedette.integrations import queue_depth
from vedette.integrations.queue_depth import RedisQueues
from vedette.integrations.tasks import beat, begin, end, finish, put, receive, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from redis import Redis
    from rq.job import Job

    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End

__all__ = ["patch", "watch_queues"]

_SYSTEM = "rq"
_KILLED = "WorkHorseTerminated"  # there is no exception: the process that could raise one is gone
_ABANDONED = "rq.exceptions.AbandonedJobError"
_NOTE = 1024  # bytes of the note of which job runs

_measuring = guard.shield("measuring an RQ job")


class _Performed(NamedTuple):
    """What running a job has come to."""

    name: str
    seconds: float | None = None
    error: BaseException | None = None


class _Here(threading.local):
    """What this thread is doing."""

    job: str = ""
    """The job that its worker performs."""
    performed = _Performed("")
    abandoned = False
    """Whether it looks for jobs whose worker has gone."""


_here = _Here()


def patch(patches: Patches) -> None:
    """Measure what RQ does."""
    from rq.job import Job  # noqa: PLC0415 - it is being imported
    from rq.queue import Queue  # noqa: PLC0415
    from rq.registry import FailedJobRegistry, StartedJobRegistry  # noqa: PLC0415
    from rq.worker import Worker  # noqa: PLC0415

    def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        def measured(original: Any) -> Any:
            measuring = make(original)

            @functools.wraps(original)
            def method(self: Any, *args: Any, **kwargs: Any) -> Any:
                if not patches.active:
                    return original(self, *args, **kwargs)
                return measuring(self, *args, **kwargs)

            return method

        patches.replace(owner, name, measured)

    def replace_in_worker(name: str, make: Callable[[Any], Any]) -> None:
        replace(next(owner for owner in Worker.__mro__ if name in vars(owner)), name, make)

    replace(Queue, "_enqueue_job", _enqueue_job)
    replace(Job, "perform", _perform)
    replace(Job, "retry", _retry)
    replace(FailedJobRegistry, "add", _add_failed)
    replace(StartedJobRegistry, "cleanup", _cleanup)
    replace_in_worker("work", _work)
    replace_in_worker("heartbeat", _heartbeat)
    replace_in_worker("dequeue_job_and_maintain_ttl", _dequeue)
    replace_in_worker("perform_job", _perform_job)
    replace_in_worker("handle_job_success", _handle_success)
    replace_in_worker("handle_job_failure", _handle_failure)
    if hasattr(Worker, "handle_job_retry"):  # from RQ 2.1 on
        replace_in_worker("handle_job_retry", _handle_retry)


def watch_queues(connection: Redis, queues: Iterable[str]) -> None:
    """Tell the depth of queues in this process. Workers do so by themselves for the queues that they work on.

    Args:
        connection: to the Redis they are in; the depth is asked for over another one like it.
        queues: their names.
    """
    names = tuple(queues)
    _watch(id(connection), connection, lambda: names)


def _watch(key: int, connection: Any, queues: Callable[[], Iterable[str]]) -> None:
    from rq.queue import Queue  # noqa: PLC0415 - see patch

    prefix = Queue.redis_queue_namespace_prefix
    ask = RedisQueues(connection.connection_pool, lambda queue: ("LLEN", f"{prefix}{queue}"))
    queue_depth.watch((_SYSTEM, key), _SYSTEM, queues, ask)


# What is measured of each part; `self` is the part's, and what is returned stands in its place.


def _enqueue_job(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        job = original(self, *args, **kwargs)
        with _measuring:
            if self.is_async:
                put(_SYSTEM, self.name)
        return job

    return measuring


def _work(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _measuring:
            from mmap import mmap  # noqa: PLC0415 - for workers

            self._vedette_note = mmap(-1, _NOTE)  # shared with the processes that it forks
            _watch(id(self), self.connection, self.queue_names)
        try:
            return original(self, *args, **kwargs)
        finally:
            with _measuring:
                queue_depth.forget((_SYSTEM, id(self)))

    return measuring


def _heartbeat(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _measuring:
            beat(_SYSTEM)
        return original(self, *args, **kwargs)

    return measuring


def _dequeue(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        with _measuring:
            if found is not None:
                take(_SYSTEM, found[1].name)
        return found

    return measuring


def _perform_job(original: Any) -> Any:
    """In the process of the job, if it has one of its own."""

    def measuring(self: Any, job: Job, queue: Any, *args: Any, **kwargs: Any) -> Any:
        with _measuring:
            _here.job = job.id
            _here.performed = _Performed(_name(job))
            receive(_SYSTEM, queue.name, _here.performed.name)
            note: Any = getattr(self, "_vedette_note", None)
            if note is not None:
                said = f"{job.id}\n{_here.performed.name}\n".encode()
                if len(said) <= _NOTE:
                    note[: len(said)] = said
        try:
            return original(self, job, queue, *args, **kwargs)
        finally:
            _here.job = ""

    return measuring


def _perform(original: Any) -> Any:
    def measuring(self: Any) -> Any:
        in_worker = _here.job == self.id
        run = None
        with _measuring:
            run = begin(
                _SYSTEM,
                self.origin if in_worker else "",
                _name(self),
                _timestamp(self.enqueued_at) if in_worker else None,
            )
        error: BaseException | None = None
        try:
            return original(self)
        except BaseException as raised:
            error = raised
            raise
        finally:
            if run is not None:
                with _measuring:
                    # of a worker's job is told later how it ended: it may be tried again
                    state: End = "failed" if error else "succeeded"
                    seconds = end(run, None if in_worker else state, None if in_worker else error)
                    _here.performed = _Performed(run.task, seconds, error)

    return measuring


def _handle_success(original: Any) -> Any:
    def measuring(self: Any, job: Job, queue: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, job, queue, *args, **kwargs)
        with _measuring:
            _finish(self, job, queue, "succeeded")
        return result

    return measuring


def _handle_failure(original: Any) -> Any:
    def measuring(self: Any, job: Job, queue: Any, *args: Any, **kwargs: Any) -> Any:
        state: End = "failed"
        with _measuring:
            if self._stopped_job_id == job.id:
                state = "revoked"
            elif job.retries_left:
                state = "retried"
        try:
            return original(self, job, queue, *args, **kwargs)
        finally:
            with _measuring:
                _finish(self, job, queue, state)

    return measuring


def _handle_retry(original: Any) -> Any:
    """Of a job that asks for it by what it returns."""

    def measuring(self: Any, job: Job, queue: Any, retry: Any, *args: Any, **kwargs: Any) -> Any:
        state: End = "retried"
        with _measuring:
            if job.number_of_retries and job.number_of_retries >= retry.max:
                state = "failed"
        result = original(self, job, queue, retry, *args, **kwargs)
        with _measuring:
            _finish(self, job, queue, state)
        return result

    return measuring


def _cleanup(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        _here.abandoned = True
        try:
            return original(self, *args, **kwargs)
        finally:
            _here.abandoned = False

    return measuring


def _retry(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if _here.abandoned:
            with _measuring:
                finish(_SYSTEM, self.origin, _name(self), "retried", _ABANDONED)
        return result

    return measuring


def _add_failed(original: Any) -> Any:
    def measuring(self: Any, job: Job, *args: Any, **kwargs: Any) -> Any:
        result = original(self, job, *args, **kwargs)
        if _here.abandoned:
            with _measuring:
                finish(_SYSTEM, job.origin, _name(job), "failed", _ABANDONED)
        return result

    return measuring


def _finish(worker: Any, job: Job, queue: Any, state: End) -> None:
    """Count how a job ended, in its own process or, if that is gone, in the worker's."""
    if _here.job == job.id:
        name, seconds, error = _here.performed
        if state in ("failed", "retried"):
            error = error or sys.exception()  # what failed may be what was to be done with the result
        finish(_SYSTEM, queue.name, name, state, error, seconds=seconds)
        return
    note = bytes(getattr(worker, "_vedette_note", b"")).split(b"\n", 2)
    ran = note[0].decode() == job.id
    why = None if state == "revoked" else _KILLED if ran else _ABANDONED
    began = _timestamp(job.started_at) if ran else None
    seconds = None if began is None else clock.now() - began
    finish(_SYSTEM, queue.name, note[1].decode() if ran else _name(job), state, why, seconds=seconds)


def _name(job: Job) -> str:
    try:
        return job.func_name or ""
    except Exception:  # noqa: BLE001 - it cannot be read, and will fail for that
        return ""


def _timestamp(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    from datetime import UTC  # noqa: PLC0415 - RQ has loaded it

    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
