"""Celery: tasks, their queues and the workers, as the worker pack declares them.

Nothing is to be called for it. Each task is counted where it happens: put into its queue by who calls it, received and
revoked by the worker's main process, run by a process of its pool, and said to have failed by the main process where
that one was killed. With ``vedette.instrument(app, port=9464)`` the main process of each worker serves the metrics of
all its processes, and a program that only calls tasks serves none.

A message tells by one header, `DUE`, since when its task could run; one without it is run like any other, and its time
in the queue is not told. A task that is run where it is called (eagerly) has no queue. A worker tells the depth of the
queues that it consumes; `watch_queues` does so in another process.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations import queue_depth
from vedette.integrations.celery_routes import queue_for, queue_of
from vedette.integrations.celery_worker import Depths, is_in_pool, patch_worker
from vedette.integrations.tasks import kind_of, put

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celery import Celery

    from vedette.instruments.metrics.serving.answer import Pages
    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End

__all__ = ["DUE", "patch", "serve_in_workers", "watch_queues"]

DUE = "vedette_due"
"""The header of a message that says since when its task could run, in seconds since the epoch."""

_SYSTEM = "celery"
_MEASURED = "_vedette_measured"

_measuring = guard.shield("measuring a Celery task")


def patch(patches: Patches) -> None:
    """Measure what Celery does."""
    patch_worker(patches)
    patches.when_imported("celery.app.amqp", functools.partial(_patch_sender, patches))
    patches.when_imported("celery.app.trace", functools.partial(_patch_trace, patches))
    patches.when_imported("celery.worker.consumer.consumer", functools.partial(_patch_consumer, patches))


def watch_queues(app: Celery, queues: Iterable[str]) -> None:
    """Tell the depth of queues in this process. Workers do so by themselves for the queues that they consume.

    Args:
        app: whose broker it is.
        queues: their names.
    """
    names = tuple(queues)
    queue_depth.watch((_SYSTEM, id(app)), _SYSTEM, lambda: names, Depths(app))


def serve_in_workers(
    app: Celery, port: int, *, path: str = "/metrics", token: str | None = None, pages: Pages | None = None
) -> None:
    """Serve the metrics of each worker of ``app`` from its main process. Whoever only puts tasks in serves none.

    ``vedette.instrument(app, port=…)`` does it.
    """
    from celery import signals  # noqa: PLC0415 - it is imported, where there is an app

    def start(sender: Any = None, **_: Any) -> None:
        if getattr(sender, "app", app) is app:
            from vedette.instruments.metrics.serving import serve  # noqa: PLC0415 - for those who serve

            serve(port, path=path, token=token, pages=pages)

    signals.worker_init.connect(start, weak=False, dispatch_uid=f"vedette {id(app)}")


# Putting a task in


def _patch_sender(patches: Patches) -> None:
    from celery.app.amqp import AMQP  # noqa: PLC0415 - see patch

    own = vars(AMQP)["send_task_message"]
    AMQP.send_task_message = _Sender(patches, own)
    patches.also_undo(lambda: setattr(AMQP, "send_task_message", own))


class _Sender:
    """What puts messages in, which each application makes for itself once it is needed; measured."""

    def __init__(self, patches: Patches, original: Any) -> None:
        self._patches = patches
        self._original = original

    def __get__(self, amqp: Any, owner: Any = None) -> Any:
        if amqp is None:
            return self
        own = vars(amqp)
        made = own.get("send_task_message") or self._original.__get__(amqp, owner)
        known = own.get("_vedette_sender")
        if known is None or known[0] is not self or known[1] is not made:
            known = own["_vedette_sender"] = self, made, _measured_sender(self._patches, amqp, made)
        return known[2]

    def __set__(self, amqp: Any, value: Any) -> None:
        vars(amqp)["send_task_message"] = value


def _measured_sender(patches: Patches, amqp: Any, original: Any) -> Any:
    @functools.wraps(original)
    def send_task_message(producer: Any, name: str, message: Any, *args: Any, **options: Any) -> Any:
        if not patches.active:
            return original(producer, name, message, *args, **options)
        try:
            eta, given = message.headers.get("eta"), options.get("headers")
            due = clock.now() if eta is None else _timestamp(eta)
            if given and DUE in given:  # those of a message that is tried again
                options["headers"] = {**given, DUE: due}
            else:
                message.headers[DUE] = due
        except Exception:  # a block that is guarded at every call costs more than what is in it
            with _measuring:
                raise
        result = original(producer, name, message, *args, **options)
        try:
            queue = options.get("queue")
            if queue is None or options.get("exchange") is not None:
                put(_SYSTEM, queue_for(amqp, **options))
            else:
                put(_SYSTEM, queue if queue.__class__ is str else queue.name)
        except Exception:
            with _measuring:
                raise
        return result

    return send_task_message


def _timestamp(eta: str) -> float | None:
    from datetime import datetime  # noqa: PLC0415 - Celery has loaded it

    due = datetime.fromisoformat(eta)
    return None if due.tzinfo is None else due.timestamp()


# Running it


def _patch_trace(patches: Patches) -> None:
    from celery.app import trace  # noqa: PLC0415 - see patch

    patches.replace(trace, "build_tracer", functools.partial(_measured_builder, patches))


def _patch_consumer(patches: Patches) -> None:
    """A worker has the name for itself, of what is ours already where that was there first."""
    consumer: Any = sys.modules["celery.worker.consumer.consumer"]
    found = consumer.build_tracer
    if hasattr(found, _MEASURED):
        consumer.build_tracer = found.__wrapped__
    patches.replace(consumer, "build_tracer", functools.partial(_measured_builder, patches))


def _measured_builder(patches: Patches, original: Any) -> Any:
    """What makes the function that runs a task."""

    @functools.wraps(original)
    def build_tracer(name: str, task: Any, *args: Any, **kwargs: Any) -> Any:
        tracer = original(name, task, *args, **kwargs)
        return _measured(patches, tracer, name, task) if patches.active else tracer

    setattr(build_tracer, _MEASURED, True)
    return build_tracer


def _measured(patches: Patches, tracer: Any, name: str, task: Any) -> Any:
    """The function that runs a task, measured."""

    @functools.wraps(tracer)
    def trace_task(uuid: str, args: Any, kwargs: Any, request: Any = None) -> Any:
        if not patches.active:
            return tracer(uuid, args, kwargs, request)
        kind = began = None
        try:
            headers = request or {}
            kind = kind_of(_SYSTEM, queue_of(task, headers.get("delivery_info")), name)
            began = kind.begin(headers.get(DUE))
        except Exception:
            with _measuring:
                raise
        try:
            outcome = tracer(uuid, args, kwargs, request)
        except BaseException as error:
            if kind is not None and began is not None:
                with _measuring:
                    kind.end(began, *_raised(error))
            raise
        try:
            if kind is not None and began is not None:
                if outcome.info is None:
                    kind.end(began, "succeeded")
                else:
                    kind.end(began, *_returned(outcome.info))
        except Exception:
            with _measuring:
                raise
        return outcome

    return trace_task


def _returned(info: Any) -> tuple[End, BaseException | None]:
    """How a task ended that Celery says more of than that it is well."""
    if info.state == "RETRY":
        return "retried", info.retval.exc if isinstance(info.retval.exc, BaseException) else None
    if info.state == "FAILURE":
        return "failed", info.retval
    return "ignored", None  # ignored or rejected


def _raised(error: BaseException) -> tuple[End | None, BaseException | None]:
    """How a task ended that leaves with an exception, as when it is run where it was called."""
    from celery.exceptions import Ignore, Reject, Retry  # noqa: PLC0415 - see patch

    if isinstance(error, Retry):
        return "retried", error.exc if isinstance(error.exc, BaseException) else None
    if isinstance(error, Ignore | Reject):
        return "ignored", None
    if not isinstance(error, Exception) and is_in_pool():
        return None, None  # the main process is told, and counts it
    return "failed", error
