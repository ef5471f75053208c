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
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations import queue_depth
from vedette.integrations.queue_depth import RedisQueues
from vedette.integrations.tasks import beat, kind_of, put, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from redis import Redis
    from rq.job import Job

    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End, Kind

    Make = Callable[[Patches, Callable[..., Any]], Callable[..., Any]]

__all__ = ["patch", "watch_queues"]

_SYSTEM = "rq"
_KILLED = "WorkHorseTerminated"  # there is no exception: the process that could raise one is gone
_ABANDONED = "rq.exceptions.AbandonedJobError"
_NOTE = 1024  # bytes of the note of which job runs

_measuring = guard.shield("measuring an RQ job")


class _Work:
    """A job that is performed."""

    __slots__ = ("abandoned", "error", "job", "kind", "seconds")

    def __init__(self) -> None:
        self.job = ""
        """Its id; empty where there is none."""
        self.kind: Kind | None = None
        self.seconds: float | None = None
        """How long it has run, once it has ended."""
        self.error: BaseException | None = None
        self.abandoned = False
        """Whether jobs are looked for whose worker has gone."""


class _Here(threading.local):
    """What this thread is doing."""

    def __init__(self) -> None:
        self.work = _Work()


_here = _Here()


def patch(patches: Patches) -> None:
    """Measure what RQ does."""
    from rq.job import Job  # noqa: PLC0415 - it is being imported
    from rq.queue import Queue  # noqa: PLC0415
    from rq.registry import FailedJobRegistry, StartedJobRegistry  # noqa: PLC0415
    from rq.worker import Worker  # noqa: PLC0415

    def replace(owner: Any, name: str, make: Make) -> None:
        patches.replace(owner, name, lambda original: functools.wraps(original)(make(patches, original)))

    def replace_in_worker(name: str, make: Make) -> None:
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


# What is measured of each part; `self` is the part's, and what is returned stands in its place. What happens to every
# job is not guarded as a block: that costs more than what is in it.


def _enqueue_job(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        job = original(self, *args, **kwargs)
        if patches.active:
            try:
                if self._is_async:
                    put(_SYSTEM, self.name)
            except Exception:
                with _measuring:
                    raise
        return job

    return measuring


def _work(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not patches.active:
            return original(self, *args, **kwargs)
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


def _heartbeat(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        if patches.active:
            with _measuring:
                beat(_SYSTEM)
        return original(self, *args, **kwargs)

    return measuring


def _dequeue(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        if found is not None and patches.active:
            try:
                take(_SYSTEM, found[1].name)
            except Exception:
                with _measuring:
                    raise
        return found

    return measuring


def _perform_job(patches: Patches, original: Any) -> Any:
    """In the process of the job, if it has one of its own."""

    def measuring(self: Any, job: Job, queue: Any, *args: Any, **kwargs: Any) -> Any:
        if not patches.active:
            return original(self, job, queue, *args, **kwargs)
        work = _here.work
        try:
            name = _name(job)
            work.job, work.kind, work.seconds, work.error = job.id, None, None, None
            work.kind = kind_of(_SYSTEM, queue.name, name)
            work.kind.receive()
            if self.is_horse and hasattr(self, "_vedette_note"):
                self._vedette_note[:] = f"{job.id}\n{name}\n".encode().ljust(_NOTE)[:_NOTE]
        except Exception:
            with _measuring:
                raise
        try:
            return original(self, job, queue, *args, **kwargs)
        finally:
            work.job = ""

    return measuring


def _perform(patches: Patches, original: Any) -> Any:
    def measuring(self: Any) -> Any:
        if not patches.active:
            return original(self)
        kind = began = None
        work = _here.work
        in_worker = work.job == self.id
        try:
            if in_worker:
                kind = work.kind or kind_of(_SYSTEM, self.origin, _name(self))
                began = kind.begin(_timestamp(self.enqueued_at))
            else:
                kind = kind_of(_SYSTEM, "", _name(self))
                began = kind.begin(None)
        except Exception:
            with _measuring:
                raise
        error: BaseException | None = None
        try:
            return original(self)
        except BaseException as raised:
            error = raised
            raise
        finally:
            if kind is not None and began is not None:
                try:
                    if in_worker:  # how it ended is told later: it may be tried again
                        work.error = error
                        work.seconds = kind.end(began, None)
                    else:
                        kind.end(began, "failed" if error else "succeeded", error)
                except Exception:
                    with _measuring:
                        raise

    return measuring


def _handle_success(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, job: Job, queue: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, job, queue, *args, **kwargs)
        if patches.active:
            try:
                work = _here.work
                if work.kind is not None:
                    work.kind.finish("succeeded", None, work.seconds)
            except Exception:
                with _measuring:
                    raise
        return result

    return measuring


def _handle_failure(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, job: Job, queue: Any, *args: Any, **kwargs: Any) -> Any:
        if not patches.active:
            return original(self, job, queue, *args, **kwargs)
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


def _handle_retry(patches: Patches, original: Any) -> Any:
    """Of a job that asks for it by what it returns."""

    def measuring(self: Any, job: Job, queue: Any, retry: Any, *args: Any, **kwargs: Any) -> Any:
        if not patches.active:
            return original(self, job, queue, retry, *args, **kwargs)
        state: End = "retried"
        with _measuring:
            if job.number_of_retries and job.number_of_retries >= retry.max:
                state = "failed"
        result = original(self, job, queue, retry, *args, **kwargs)
        with _measuring:
            _finish(self, job, queue, state)
        return result

    return measuring


def _cleanup(_patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        _here.work.abandoned = True
        try:
            return original(self, *args, **kwargs)
        finally:
            _here.work.abandoned = False

    return measuring


def _retry(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if _here.work.abandoned and patches.active:
            with _measuring:
                kind_of(_SYSTEM, self.origin, _name(self)).finish("retried", _ABANDONED)
        return result

    return measuring


def _add_failed(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, job: Job, *args: Any, **kwargs: Any) -> Any:
        result = original(self, job, *args, **kwargs)
        if _here.work.abandoned and patches.active:
            with _measuring:
                kind_of(_SYSTEM, job.origin, _name(job)).finish("failed", _ABANDONED)
        return result

    return measuring


def _finish(worker: Any, job: Job, queue: Any, state: End) -> None:
    """Count how a job ended, in its own process or, if that is gone, in the worker's."""
    work = _here.work
    if work.job == job.id and work.kind is not None:
        # what failed may be what was to be done with the result
        error = work.error or sys.exception() if state in ("failed", "retried") else None
        work.kind.finish(state, error, work.seconds)
        return
    note = bytes(getattr(worker, "_vedette_note", b"")).split(b"\n", 2)
    ran = note[0].decode() == job.id
    why = None if state == "revoked" else _KILLED if ran else _ABANDONED
    began = _timestamp(job.started_at) if ran else None
    seconds = None if began is None else clock.now() - began
    kind_of(_SYSTEM, queue.name, note[1].decode() if ran else _name(job)).finish(state, why, seconds)


def _name(job: Job) -> str:
    try:
        return job.func_name or ""
    except Exception:  # noqa: BLE001 - it cannot be read, and will fail for that
        return ""


def _timestamp(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    if moment.tzinfo is None:  # before RQ 2.1
        from datetime import UTC  # noqa: PLC0415 - RQ has loaded it

        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
