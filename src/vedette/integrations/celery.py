"""Celery: tasks, their queues and the workers, as the worker pack declares them. Nothing is to be called for it.

Each task is counted where it happens: put into its queue by who calls it, received and revoked by the worker's main
process, run by a process of its pool, and said to have failed by the main process where that one was killed. Served
are they by the main process, with ``vedette.instrument(app, port=9464)``. A message tells by one header, `DUE`, since
when its task could run; one without it is run like any other, and its time in the queue is not told.

A worker tells the depth of the queues that it consumes; `watch_queues` does so in another process.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations import queue_depth
from vedette.integrations.queue_depth import TIMEOUT, UnansweredError
from vedette.integrations.tasks import beat, begin, end, finish, put, receive, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from celery import Celery

    from vedette.instruments.metrics.serving.answer import Pages
    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End, Run

__all__ = ["DUE", "patch", "serve_in_workers", "watch_queues"]

DUE = "vedette_due"
"""The header of a message that says since when its task could run, in seconds since the epoch."""

_SYSTEM = "celery"
# What ends a task from outside of it: its process is gone, so that the main process says so.
_KILLED = ("WorkerLostError", "TimeLimitExceeded", "SystemExit", "KeyboardInterrupt")
_MOST_ROUTES = 1000

_measuring = guard.shield("measuring a Celery task")
_routes: dict[tuple[str | None, str | None], str] = {}
_main: list[int] = []
"""The main process of the worker that this one belongs to."""
_retried: set[str] = set()
"""Tasks that the main process has sent again after their process was lost."""


def patch(patches: Patches) -> None:
    """Measure what Celery does."""
    from celery import signals  # noqa: PLC0415 - it is being imported

    for signal, receiver in (
        (signals.before_task_publish, _before_publish),
        (signals.after_task_publish, _published),
        (signals.task_received, _received),
        (signals.task_revoked, _revoked),
        (signals.task_retry, _sent_again),
        (signals.worker_init, _worker_starts),
        (signals.worker_ready, _worker_is_ready),
    ):
        signal.connect(receiver, weak=False)
        patches.also_undo(functools.partial(signal.disconnect, receiver))
    patches.when_imported("celery.app.trace", functools.partial(_patch_trace, patches))
    patches.when_imported("celery.worker.request", functools.partial(_patch_request, patches))


def watch_queues(app: Celery, queues: Iterable[str]) -> None:
    """Tell the depth of queues in this process. Workers do so by themselves for the queues that they consume.

    Args:
        app: whose broker it is.
        queues: their names.
    """
    names = tuple(queues)
    queue_depth.watch((_SYSTEM, id(app)), _SYSTEM, lambda: names, _Depths(app))


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


def _before_publish(headers: dict[str, Any] | None = None, **_: Any) -> None:
    with _measuring:
        if headers is not None:
            eta = headers.get("eta")
            headers[DUE] = clock.now() if eta is None else _timestamp(eta)


def _published(exchange: str | None = None, routing_key: str | None = None, **_: Any) -> None:
    with _measuring:
        from celery import current_app  # noqa: PLC0415 - see patch

        put(_SYSTEM, _queue(current_app, exchange, routing_key))


def _timestamp(eta: str) -> float | None:
    from datetime import datetime  # noqa: PLC0415 - Celery has loaded it

    due = datetime.fromisoformat(eta)
    return None if due.tzinfo is None else due.timestamp()


def _queue(app: Any, exchange: str | None, routing_key: str | None) -> str:
    """The queue that a message is routed to; of one that may go to many the exchange, of none the empty string."""
    if not exchange:
        return routing_key or ""
    route = exchange, routing_key
    known = _routes.get(route)
    if known is None:
        queues = app.amqp.queues.values()
        known = next((one.name for one in queues if (one.exchange.name, one.routing_key) == route), exchange)
        if len(_routes) < _MOST_ROUTES:
            _routes[route] = known
    return known


# In the main process of a worker


def _received(request: Any = None, **_: Any) -> None:
    with _measuring:
        queue = _queue_of(request.task, request.delivery_info)
        take(_SYSTEM, queue)
        receive(_SYSTEM, queue, request.task.name)


def _revoked(sender: Any = None, request: Any = None, **_: Any) -> None:
    with _measuring:
        finish(_SYSTEM, _queue_of(sender, request.delivery_info), sender.name, "revoked")


def _sent_again(sender: Any = None, request: Any = None, reason: Any = None, **_: Any) -> None:
    """Count tasks that the main process sends again; a task that does so itself is counted where it runs."""
    with _measuring:
        if reason is None:  # it was called off with the connection to the broker, and comes again
            finish(_SYSTEM, _queue_of(sender, request.delivery_info), sender.name, "retried")
        elif type(reason.exc).__name__ in _KILLED:
            _retried.add(request.id)


def _queue_of(task: Any, delivery: Any) -> str:
    delivery = delivery or {}
    return _queue(task.app, delivery.get("exchange"), delivery.get("routing_key"))


def _worker_starts(**_: Any) -> None:
    _main[:] = [os.getpid()]


def _worker_is_ready(sender: Any = None, **_: Any) -> None:
    with _measuring:
        app = sender.app
        queue_depth.watch((_SYSTEM, id(app)), _SYSTEM, lambda: tuple(app.amqp.queues.consume_from), _Depths(app))


def _patch_request(patches: Patches) -> None:
    from celery.worker.request import Request  # noqa: PLC0415 - see patch

    def measure(original: Any) -> Any:
        @functools.wraps(original)
        def on_failure(self: Any, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
            if not patches.active:
                return original(self, exc_info, *args, **kwargs)
            called_off = self._already_revoked or getattr(self, "_already_cancelled", False)
            try:
                return original(self, exc_info, *args, **kwargs)
            finally:
                with _measuring:
                    if not called_off:
                        _killed(self, exc_info.exception)

        return on_failure

    patches.replace(Request, "on_failure", measure)

    # The loops of a worker ask this at every turn; those who wait for a broker ask by another name.
    def patch_loops() -> None:
        from celery.worker import state  # noqa: PLC0415 - see patch

        def measure(original: Callable[[], None]) -> Callable[[], None]:
            @functools.wraps(original)
            def maybe_shutdown() -> None:
                if patches.active:
                    with _measuring:
                        beat(_SYSTEM)
                original()

            return maybe_shutdown

        patches.replace(state, "maybe_shutdown", measure)

    patches.when_imported("celery.worker.consumer.consumer", patch_loops)


def _killed(request: Any, error: BaseException) -> None:
    """Count a task that could not say itself how it ended."""
    error = getattr(error, "exc", error)  # as it comes from another process
    if type(error).__name__ not in _KILLED:
        return
    task = request.task
    started = request.time_start
    again = request.id in _retried or _comes_again(task, lost=type(error).__name__ != "TimeLimitExceeded")
    _retried.discard(request.id)
    finish(
        _SYSTEM,
        _queue_of(task, request.delivery_info),
        task.name,
        "retried" if again else "failed",
        error,
        seconds=time.time() - started if started else None,
    )


def _comes_again(task: Any, *, lost: bool) -> bool:
    """Whether the message of a task that was killed goes back into its queue."""
    if not task.acks_late:
        return False
    if lost:
        return bool(task.reject_on_worker_lost)
    both = getattr(task, "acks_on_failure_or_timeout", True)  # before Celery 5.6
    return not getattr(task, "acks_on_timeout", both)


class _Depths:
    """Asks the broker of an app for the lengths of queues, over a connection of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._channel: Any = None

    def __call__(self, queues: tuple[str, ...]) -> dict[str, float]:
        connection = self._app.connection_for_read(connect_timeout=TIMEOUT, heartbeat=0)
        try:
            if self._channel is None:
                self._channel = _open(connection)
            return {queue: float(_length(self._channel, queue)) for queue in queues}
        except (OSError, *connection.connection_errors, *connection.channel_errors) as problem:
            self._channel = None
            raise UnansweredError from problem


def _open(connection: Any) -> Any:
    """A channel; not as kombu opens one, which tries again after seconds."""
    if connection.transport.driver_type == "redis":
        connection.transport_options.update(
            socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry_on_timeout=False
        )
    return connection.transport.create_channel(connection.transport.establish_connection())


def _length(channel: Any, queue: str) -> float:
    size = getattr(channel, "_size", None)  # of a broker that kombu makes a message broker of, such as Redis
    found: float = size(queue) if size is not None else channel.queue_declare(queue, passive=True).message_count
    return found


# Where a task runs


def _patch_trace(patches: Patches) -> None:
    from celery.app import trace  # noqa: PLC0415 - see patch

    unmeasured: Any = None
    measured: Any = None

    def measure(original: Any) -> Any:
        nonlocal unmeasured, measured

        @functools.wraps(original)
        def build_tracer(name: str, task: Any, *args: Any, **kwargs: Any) -> Any:
            tracer = original(name, task, *args, **kwargs)
            return _measured(patches, tracer, name, task) if patches.active else tracer

        unmeasured, measured = original, build_tracer
        return build_tracer

    patches.replace(trace, "build_tracer", measure)

    def patch_consumer() -> None:
        consumer: Any = sys.modules["celery.worker.consumer.consumer"]
        if consumer.build_tracer is measured:
            consumer.build_tracer = unmeasured  # it took ours, and is put back to the library's own
        patches.replace(consumer, "build_tracer", lambda _: measured)

    patches.when_imported("celery.worker.consumer.consumer", patch_consumer)


def _measured(patches: Patches, tracer: Any, name: str, task: Any) -> Any:
    """The function that runs a task, measured."""

    @functools.wraps(tracer)
    def trace_task(uuid: str, args: Any, kwargs: Any, request: Any = None) -> Any:
        if not patches.active:
            return tracer(uuid, args, kwargs, request)
        run: Run | None = None
        with _measuring:
            headers = request or {}
            run = begin(_SYSTEM, _queue_of(task, headers.get("delivery_info")), name, headers.get(DUE))
        try:
            outcome = tracer(uuid, args, kwargs, request)
        except BaseException as error:
            if run is not None:
                with _measuring:
                    end(run, *_raised(error))
            raise
        if run is not None:
            with _measuring:
                end(run, *_returned(outcome))
        return outcome

    return trace_task


def _returned(outcome: Any) -> tuple[End, BaseException | None]:
    """How a task ended of which Celery has taken note."""
    info = outcome.info
    if info is None:
        return "succeeded", None
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
    if not isinstance(error, Exception) and _main and os.getpid() not in _main:
        return None, None  # the main process is told, and counts it
    return "failed", error
