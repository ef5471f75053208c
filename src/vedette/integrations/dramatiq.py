"""Dramatiq: messages to actors, their queues and the workers, as the worker pack declares them.

Nothing is to be called for it. Each process of a worker counts what its threads do. All import the module of the
actors, where ``vedette.instrument(port=9464)`` may stand: one of them serves the metrics of all. A message tells by one
option, `DUE`, since when it could be worked on; one without it is worked on like any other, and its time in the queue
is not told. A worker tells the depth of the queues that it consumes if they are in a Redis; `watch_queues` does so in
another process.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations import queue_depth
from vedette.integrations.queue_depth import RedisQueues
from vedette.integrations.tasks import beat, begin, end, finish, put, receive, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dramatiq.brokers.redis import RedisBroker

    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End, Run

__all__ = ["DUE", "patch", "watch_queues"]

DUE = "vedette_due"
"""The option of a message that says since when it could be worked on, in seconds since the epoch."""

_SYSTEM = "dramatiq"
_DELAYED = ".DQ"  # what the name of a queue ends in whose messages are to be worked on later

_measuring = guard.shield("measuring a Dramatiq message")


class _Message:
    """A message that is worked on."""

    __slots__ = ("again", "id", "run")

    def __init__(self, message_id: str, run: Run) -> None:
        self.id = message_id
        self.run: Run | None = run
        self.again = False
        """Whether it has been put in again meanwhile."""


class _Here(threading.local):
    """What this thread is doing."""

    message: _Message | None = None
    moving = False
    """Whether it moves delayed messages, which are due, to where they are worked on."""


_here = _Here()


def patch(patches: Patches) -> None:
    """Measure what Dramatiq does."""
    from dramatiq import broker, worker  # noqa: PLC0415 - it has been imported

    modules: Any = worker  # the names of its threads were private before Dramatiq 2
    consumer = getattr(modules, "ConsumerThread", None) or modules._ConsumerThread  # noqa: SLF001
    thread = getattr(modules, "WorkerThread", None) or modules._WorkerThread  # noqa: SLF001

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

    replace(broker.Broker, "emit_before", _emit_before)
    replace(broker.Broker, "emit_after", _emit_after)
    replace(consumer, "handle_message", _handle_message)
    replace(consumer, "handle_delayed_messages", _handle_delayed)
    replace(thread, "process_message", _process)
    replace(worker.Worker, "start", _start)
    replace(worker.Worker, "stop", _stop)


def watch_queues(broker: RedisBroker, queues: Iterable[str]) -> None:
    """Tell the depth of queues in this process. Workers do so by themselves for the queues that they consume.

    Args:
        broker: whose Redis they are in; the depth is asked for over another connection like its own.
        queues: their names.
    """
    names = tuple(queues)
    _watch(id(broker), broker, lambda: names)


def _watch(key: int, broker: Any, queues: Callable[[], Iterable[str]]) -> None:
    ask = RedisQueues(broker.client.connection_pool, lambda queue: ("LLEN", f"{broker.namespace}:{queue}"))
    queue_depth.watch((_SYSTEM, key), _SYSTEM, queues, ask)


# What is measured of each part; `self` is the part's.


def _emit_before(original: Any) -> Any:
    def measuring(self: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
        if signal == "enqueue":
            with _measuring:
                options = args[0].options
                if not (_here.moving and DUE in options):
                    options[DUE] = options["eta"] / 1000 if options.get("eta") else clock.now()
        return original(self, signal, *args, **kwargs)

    return measuring


def _emit_after(original: Any) -> Any:
    def measuring(self: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
        if signal == "enqueue":
            with _measuring:
                _put(args[0])
        elif signal in ("process_message", "skip_message"):
            return _ended(original, self, signal, *args, **kwargs)
        return original(self, signal, *args, **kwargs)

    return measuring


def _put(message: Any) -> None:
    here = _here.message
    if here is not None and here.id == message.message_id:
        here.again = True
    if not _here.moving:
        put(_SYSTEM, message.queue_name.removesuffix(_DELAYED))


def _ended(original: Any, broker: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
    """A message has been worked on; what stands behind it in the broker decides what is to become of it."""
    here, seconds = _here.message, 0.0
    run = None
    with _measuring:
        if here is not None and here.id == args[0].message_id:
            run, here.run = here.run, None
            if run is not None:
                seconds = end(run, None)
    result = original(broker, signal, *args, **kwargs)
    if run is not None and here is not None:
        with _measuring:
            error = kwargs.get("exception")
            state = _state(args[0], error, skipped=signal == "skip_message", again=here.again)
            asked = type(error).__name__ == "Retry"  # perhaps since something has gone wrong
            why = error.__cause__ or error.__context__ if asked and error else error
            finish(_SYSTEM, run.queue, run.task, state, why, seconds=seconds)
    return result


def _state(message: Any, error: BaseException | None, *, skipped: bool, again: bool) -> End:
    if again and not message.failed:
        return "retried"
    if skipped:
        return "revoked" if message.failed else "ignored"
    return "succeeded" if error is None else "failed"


def _handle_message(original: Any) -> Any:
    def measuring(self: Any, message: Any) -> Any:
        at_once = False
        with _measuring:
            at_once = message.options.get("eta") is None
            if at_once:
                take(_SYSTEM, message.queue_name)
                receive(_SYSTEM, message.queue_name, message.actor_name)
        result = original(self, message)
        if message.failed:  # nobody takes such messages
            with _measuring:
                finish(_SYSTEM, message.queue_name, message.actor_name, "failed", "dramatiq.errors.ActorNotFound")
        return result

    return measuring


def _handle_delayed(original: Any) -> Any:
    """What a thread that consumes does at every turn, and not while it finds no broker."""

    def measuring(self: Any) -> Any:
        with _measuring:
            beat(_SYSTEM)
        _here.moving = True
        try:
            return original(self)
        finally:
            _here.moving = False

    return measuring


def _process(original: Any) -> Any:
    def measuring(self: Any, message: Any) -> Any:
        with _measuring:
            run = begin(_SYSTEM, message.queue_name, message.actor_name, message.options.get(DUE))
            _here.message = _Message(message.message_id, run)
        try:
            return original(self, message)
        finally:
            here, _here.message = _here.message, None
            if here is not None and here.run is not None:
                with _measuring:
                    end(here.run, None)  # nobody has said how

    return measuring


def _start(original: Any) -> Any:
    def measuring(self: Any) -> Any:
        with _measuring:
            broker, only = self.broker, self.consumer_whitelist
            if hasattr(broker, "namespace") and hasattr(broker, "client"):

                def queues() -> Iterable[str]:
                    return [name for name in broker.get_declared_queues() if not only or name in only]

                _watch(id(self), broker, queues)
        return original(self)

    return measuring


def _stop(original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _measuring:
            queue_depth.forget((_SYSTEM, id(self)))
        return original(self, *args, **kwargs)

    return measuring
