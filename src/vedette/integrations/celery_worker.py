"""What the main process of a worker of Celery knows of tasks: which came, were called off or killed, and which wait."""

from __future__ import annotations

import functools
import os
import time
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.integrations import queue_depth
from vedette.integrations.celery_routes import queue_of
from vedette.integrations.queue_depth import TIMEOUT, UnansweredError
from vedette.integrations.tasks import beat, kind_of, take

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import Kind

__all__ = ["Depths", "is_in_pool", "patch_worker"]

_SYSTEM = "celery"
# What ends a task from outside of it: its process is gone, so that the main process says so.
_KILLED = ("WorkerLostError", "TimeLimitExceeded", "SystemExit", "KeyboardInterrupt")

_measuring = guard.shield("measuring a Celery task")
_main: list[int] = []
"""The main process of the worker that this one belongs to."""
_retried: set[str] = set()
"""Tasks that the main process has sent again after their process was lost."""


def patch_worker(patches: Patches) -> None:
    """Measure what the main process of a worker does."""
    from celery import signals  # noqa: PLC0415 - it is being imported

    for signal, receiver in (
        (signals.task_revoked, _revoked),
        (signals.task_retry, _sent_again),
        (signals.worker_init, _worker_starts),
        (signals.worker_ready, _worker_is_ready),
    ):
        signal.connect(receiver, weak=False)
        patches.also_undo(functools.partial(signal.disconnect, receiver))
    patches.when_imported("celery.worker.strategy", functools.partial(_patch_strategy, patches))
    patches.when_imported("celery.worker.request", functools.partial(_patch_request, patches))
    patches.when_imported("celery.worker.consumer.consumer", functools.partial(_patch_loops, patches))


def is_in_pool() -> bool:
    """Whether this is one of the processes that a worker forks for its tasks."""
    return bool(_main) and os.getpid() not in _main


def _patch_strategy(patches: Patches) -> None:
    from celery.worker import strategy  # noqa: PLC0415 - see patch_worker

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
                queue = queue_of(task, message.delivery_info)
                take(_SYSTEM, queue)
                kind_of(_SYSTEM, queue, name).receive()
            except Exception:
                with _measuring:
                    raise
        return original(message, *args, **kwargs)

    return task_message_handler


def _revoked(sender: Any = None, request: Any = None, **_: Any) -> None:
    with _measuring:
        _kind(sender, request.delivery_info).finish("revoked")


def _sent_again(sender: Any = None, request: Any = None, reason: Any = None, **_: Any) -> None:
    """Count tasks that the main process sends again; a task that does so itself is counted where it runs."""
    with _measuring:
        if reason is None:  # it was called off with the connection to the broker, and comes again
            _kind(sender, request.delivery_info).finish("retried")
        elif type(reason.exc).__name__ in _KILLED:
            _retried.add(request.id)


def _kind(task: Any, delivery: Any) -> Kind:
    return kind_of(_SYSTEM, queue_of(task, delivery), task.name)


def _worker_starts(**_: Any) -> None:
    _main[:] = [os.getpid()]


def _worker_is_ready(sender: Any = None, **_: Any) -> None:
    with _measuring:
        app = sender.app
        queue_depth.watch((_SYSTEM, id(app)), _SYSTEM, lambda: tuple(app.amqp.queues.consume_from), Depths(app))


def _patch_request(patches: Patches) -> None:
    from celery.worker.request import Request  # noqa: PLC0415 - see patch_worker

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


def _patch_loops(patches: Patches) -> None:
    """The loops of a worker ask whether to end at every turn; those who wait for a broker ask by another name."""
    from celery.worker import state  # noqa: PLC0415 - see patch_worker

    def measure(original: Callable[[], None]) -> Callable[[], None]:
        @functools.wraps(original)
        def maybe_shutdown() -> None:
            if patches.active:
                with _measuring:
                    beat(_SYSTEM)
            original()

        return maybe_shutdown

    patches.replace(state, "maybe_shutdown", measure)


def _killed(request: Any, error: BaseException) -> None:
    """Count a task that could not say itself how it ended."""
    error = getattr(error, "exc", error)  # as it comes from another process
    if type(error).__name__ not in _KILLED:
        return
    task = request.task
    started = request.time_start
    again = request.id in _retried or _comes_again(task, lost=type(error).__name__ != "TimeLimitExceeded")
    _retried.discard(request.id)
    ran = time.time() - started if started else None
    _kind(task, request.delivery_info).finish("retried" if again else "failed", error, ran)


def _comes_again(task: Any, *, lost: bool) -> bool:
    """Whether the message of a task that was killed goes back into its queue."""
    if not task.acks_late:
        return False
    if lost:
        return bool(task.reject_on_worker_lost)
    both = getattr(task, "acks_on_failure_or_timeout", True)  # before Celery 5.6
    return not getattr(task, "acks_on_timeout", both)


class Depths:
    """Asks the broker of an app for the lengths of queues, over a connection of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._channel: Any = None

    def __call__(self, queues: tuple[str, ...]) -> dict[str, float]:
        """How many messages wait in each.

        Raises:
            UnansweredError: the broker does not answer.
        """
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
