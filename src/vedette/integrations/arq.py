"""arq: jobs, their queue and the worker, as the worker pack declares them. Nothing is to be called for it.

The worker is one process, which imports the module of its settings: ``vedette.instrument(port=9464)`` may stand there,
or in ``on_startup``. A worker tells the depth of its queue, those of its jobs that run included, since arq leaves them
there; `watch_queues` does so in another process. A job that is tried again without delay has not been put in again, so
that only the process that ran it before knows since when it waits.
"""

from __future__ import annotations

import functools
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations import queue_depth
from vedette.integrations.queue_depth import RedisQueues
from vedette.integrations.tasks import beat, kind_of, put, take

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arq.connections import ArqRedis

    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End, Kind

__all__ = ["patch", "watch_queues"]

_SYSTEM = "arq"
_MOST_REMEMBERED = 10_000
_COUNTS: dict[str, End] = {"jobs_retried": "retried", "jobs_failed": "failed"}
"""What a worker counts → how the job ended of which it does; of any other it counts that it is complete."""

_measuring = guard.shield("measuring an arq job")
_again: dict[str, float] = {}
"""Job → since when it could have run, of one that is tried again without delay."""


class _Job:
    """What is known of a job while the worker runs it."""

    __slots__ = ("began", "error", "id", "kind", "name", "queue", "score", "state")

    def __init__(self, job_id: str, queue: str, score: int) -> None:
        self.id = job_id
        self.queue = queue
        self.score = score
        """When it was due, in milliseconds since the epoch."""
        self.name = ""
        self.kind: Kind | None = None
        self.began: float | None = None
        self.state: End | None = None
        self.error: BaseException | None = None


_job: ContextVar[_Job | None] = ContextVar("vedette_arq_job", default=None)


def patch(patches: Patches) -> None:
    """Measure what arq does."""
    patches.when_imported("arq.connections", functools.partial(_patch_connections, patches))
    patches.when_imported("arq.worker", functools.partial(_patch_worker, patches))


def watch_queues(pool: ArqRedis, queues: Iterable[str]) -> None:
    """Tell the depth of queues in this process. A worker does so by itself for its queue.

    Args:
        pool: as `arq.create_pool` gives it; the depth is asked for over another connection like it.
        queues: their names.
    """
    names = tuple(queues)
    _watch(id(pool), pool, names)


def _watch(key: int, pool: Any, queues: tuple[str, ...]) -> None:
    # a job that is to run later has a time in the future
    ask = RedisQueues(pool.connection_pool, lambda queue: ("ZCOUNT", queue, "-inf", int(clock.now() * 1000)))
    queue_depth.watch((_SYSTEM, key), _SYSTEM, lambda: queues, ask)


def _patch_connections(patches: Patches) -> None:
    from arq.connections import ArqRedis  # noqa: PLC0415 - it has been imported

    def measure(original: Any) -> Any:
        @functools.wraps(original)
        async def enqueue_job(self: Any, *args: Any, **kwargs: Any) -> Any:
            job = await original(self, *args, **kwargs)
            if job is not None and patches.active:  # there was none of this id
                try:
                    put(_SYSTEM, kwargs.get("_queue_name") or self.default_queue_name)
                except Exception:  # a block that is guarded at every call costs more than what is in it
                    with _measuring:
                        raise
            return job

        return enqueue_job

    patches.replace(ArqRedis, "enqueue_job", measure)


def _patch_worker(patches: Patches) -> None:
    from arq import worker  # noqa: PLC0415 - it has been imported

    _patch_loop(patches, worker.Worker)
    _patch_job(patches, worker)
    for name, state in _COUNTS.items():
        _listen(patches, worker.Worker, name, state)


def _patch_loop(patches: Patches, worker: Any) -> None:
    def measure_main(original: Any) -> Any:
        @functools.wraps(original)
        async def main(self: Any) -> Any:
            try:
                return await original(self)
            finally:
                with _measuring:
                    queue_depth.forget((_SYSTEM, id(self)))

        return main

    def measure_beat(original: Any) -> Any:
        @functools.wraps(original)
        async def heart_beat(self: Any) -> Any:
            if patches.active:
                with _measuring:
                    beat(_SYSTEM)
                    if getattr(self, "_vedette_pool", None) is not self.pool:
                        self._vedette_pool = self.pool
                        _watch(id(self), self.pool, (self.queue_name,))
            return await original(self)

        return heart_beat

    patches.replace(worker, "main", measure_main)
    patches.replace(worker, "heart_beat", measure_beat)


def _patch_job(patches: Patches, worker: Any) -> None:
    """What a worker does with a job one after the other, in a task of its own."""

    def measure_all(original: Any) -> Any:
        @functools.wraps(original)
        async def run_job(self: Any, job_id: str, score: int) -> Any:
            if not patches.active:
                return await original(self, job_id, score)
            job = _Job(job_id, self.queue_name, score)
            told = _job.set(job)
            try:
                result = await original(self, job_id, score)
            except BaseException as error:
                if job.state is None:  # what was to be done when it had ended
                    job.state, job.error = "failed", error
                raise
            finally:
                _job.reset(told)
                try:
                    _end(job)
                except Exception:  # a block that is guarded at every call costs more than what is in it
                    with _measuring:
                        raise
            return result

        return run_job

    def measure_reading(original: Any) -> Any:
        @functools.wraps(original)
        def deserialize_job_raw(*args: Any, **kwargs: Any) -> Any:
            found = original(*args, **kwargs)
            job = _job.get()
            if job is not None:
                job.name = found[0]
            return found

        return deserialize_job_raw

    def measure_start(original: Any) -> Any:
        @functools.wraps(original)
        def args_to_string(*args: Any, **kwargs: Any) -> Any:
            job = _job.get()
            if job is not None and job.began is None:
                try:
                    due = _again.pop(job.id, None) if _again else None
                    take(_SYSTEM, job.queue)
                    job.kind = kind = kind_of(_SYSTEM, job.queue, job.name)
                    kind.receive()
                    job.began = kind.begin(due or job.score / 1000)
                except Exception:
                    with _measuring:
                        raise
            return original(*args, **kwargs)

        return args_to_string

    def measure_result(original: Any) -> Any:
        @functools.wraps(original)
        def serialize_result(*args: Any, **kwargs: Any) -> Any:
            job = _job.get()
            if job is not None and job.began is None:  # it was not begun, and this tells why
                with _measuring:
                    job.error = next((one for one in (*args, *kwargs.values()) if isinstance(one, BaseException)), None)
            return original(*args, **kwargs)

        return serialize_result

    patches.replace(worker.Worker, "run_job", measure_all)
    patches.replace(worker, "deserialize_job_raw", measure_reading)
    patches.replace(worker, "args_to_string", measure_start)
    patches.replace(worker, "serialize_result", measure_result)


class _Count:
    """A count of the worker's, kept where it was, and heard when it grows: then a job has ended so."""

    def __init__(self, name: str, state: End) -> None:
        self._name = name
        self._state = state

    def __get__(self, worker: Any, _kind: Any = None) -> Any:
        if worker is None:
            return self
        return vars(worker)[self._name]

    def __set__(self, worker: Any, value: int) -> None:
        vars(worker)[self._name] = value
        job = _job.get()
        if job is not None:
            job.state = self._state
            job.error = sys.exception()  # it is being handled


def _listen(patches: Patches, worker: Any, name: str, state: End) -> None:
    setattr(worker, name, _Count(name, state))
    patches.also_undo(functools.partial(delattr, worker, name))


def _end(job: _Job) -> None:
    """Count how a job ended."""
    kind, began = job.kind, job.began
    if job.state is None:
        if kind is not None and began is not None:
            kind.end(began, "succeeded")
        return
    state, error = _told(job, job.state, job.error) if job.error is not None else (job.state, None)
    if kind is not None and began is not None:
        kind.end(began, state, error)
        return
    take(_SYSTEM, job.queue)
    kind = kind_of(_SYSTEM, job.queue, job.name)
    if job.name:
        kind.receive()
    kind.finish(state, error)


def _told(job: _Job, state: End, error: BaseException) -> tuple[End, BaseException | None]:
    """What is told of a job that has not ended well."""
    called_off = type(error).__name__ == "CancelledError"
    if state == "failed":
        expired = not job.name and type(error).__name__ == "JobExecutionFailed"  # it is gone, with its name
        return ("revoked", None) if called_off or expired else ("failed", error)
    if len(_again) < _MOST_REMEMBERED and not getattr(error, "defer_score", None):
        _again[job.id] = clock.now()
    # it asks for it, perhaps since something has gone wrong; or the worker ends
    return state, None if called_off else error.__cause__ or error.__context__
