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
    from vedette.integrations.tasks import End

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
        (signals.task_revoked, _revoked),
        (signals.task_retry, _sent_again),
        (signals.worker_init, _worker_starts),
        (signals.worker_ready, _worker_is_ready),
    ):
        signal.connect(receiver, weak=False)
        patches.also_undo(functools.partial(signal.disconnect, receiver))
    patches.when_imported("celery.app.amqp", functools.partial(_patch_sender, patches))
    patches.when_imported("celery.app.trace", functools.partial(_patch_trace, patches))
    patches.when_imported("celery.worker.strategy", functools.partial(_patch_strategy, patches))
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
        if known is None or known[:2] != (self, made):
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
            put(_SYSTEM, _queue_for(amqp, **options))
        except Exception:
            with _measuring:
                raise
        return result

    return send_task_message


def _queue_for(amqp: Any, exchange: Any = None, routing_key: str | None = None, queue: Any = None, **_: Any) -> str:
    if exchange and routing_key:
        return _queue(amqp.app, getattr(exchange, "name", exchange), routing_key)
    if queue is None and exchange is None:
        queue = amqp.default_queue
    found: str = getattr(queue or exchange, "name", queue or exchange)
    return found


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


def _patch_strategy(patches: Patches) -> None:
    from celery.worker import strategy  # noqa: PLC0415 - see patch

    def measure(original: Any) -> Any:
        @functools.wraps(original)
        def default(task: Any, app: Any, *args: Any, **kwargs: Any) -> Any:
            return _measured_handler(patches, original(task, app, *args, **kwargs), task)

        return default

    patches.replace(strategy, "default", measure)


def _measured_handler(patches: Patches, original: Any, task: Any) -> Any:
    """What takes the messages of a task."""
    name = task.name

    @functools.wraps(original)
    def task_message_handler(message: Any, *args: Any, **kwargs: Any) -> Any:
        if patches.active:
            try:
                queue = _queue_of(task, message.delivery_info)
                take(_SYSTEM, queue)
                receive(_SYSTEM, queue, name)
            except Exception:
                with _measuring:
                    raise
        return original(message, *args, **kwargs)

    return task_message_handler


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
    if not delivery:
        return ""
    exchange = delivery.get("exchange")
    key: str | None = delivery.get("routing_key")
    return _queue(task.app, exchange, key) if exchange else key or ""


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
        time.time() - started if started else None,
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
        queue, began = "", None
        try:
            headers = request or {}
            queue = _queue_of(task, headers.get("delivery_info"))
            began = begin(_SYSTEM, queue, name, headers.get(DUE))
        except Exception:
            with _measuring:
                raise
        try:
            outcome = tracer(uuid, args, kwargs, request)
        except BaseException as error:
            if began is not None:
                with _measuring:
                    end(_SYSTEM, queue, name, began, *_raised(error))
            raise
        try:
            if began is not None:
                if outcome.info is None:
                    end(_SYSTEM, queue, name, began, "succeeded")
                else:
                    end(_SYSTEM, queue, name, began, *_returned(outcome.info))
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
    if not isinstance(error, Exception) and _main and os.getpid() not in _main:
        return None, None  # the main process is told, and counts it
    return "failed", error
