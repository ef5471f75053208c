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
from vedette.integrations.tasks import beat, kind_of, put, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dramatiq.brokers.redis import RedisBroker

    from vedette.integrations.patch import Patches
    from vedette.integrations.tasks import End, Kind

    Make = Callable[[Patches, Callable[..., Any]], Callable[..., Any]]

__all__ = ["DUE", "patch", "watch_queues"]

DUE = "vedette_due"
"""The option of a message that says since when it could be worked on, in seconds since the epoch."""

_SYSTEM = "dramatiq"
_ENDS = ("process_message", "skip_message")  # what is told after a message has been worked on
_DELAYED = ".DQ"  # what the name of a queue ends in whose messages are to be worked on later

_measuring = guard.shield("measuring a Dramatiq message")


class _Work:
    """A message that is worked on."""

    __slots__ = ("again", "began", "kind", "message", "moving", "seconds")

    def __init__(self) -> None:
        self.message: str | None = None
        """Its id; None where there is none."""
        self.kind: Kind | None = None
        self.began: float | None = None
        """When it began; None where it has ended."""
        self.seconds = 0.0
        """How long it took."""
        self.again = False
        """Whether it has been put in again meanwhile."""
        self.moving = False
        """Whether delayed messages, which are due, are moved to where they are worked on."""


class _Here(threading.local):
    """What this thread is doing."""

    def __init__(self) -> None:
        self.work = _Work()


_here = _Here()


def patch(patches: Patches) -> None:
    """Measure what Dramatiq does."""
    from dramatiq import broker, worker  # noqa: PLC0415 - it has been imported

    modules: Any = worker  # the names of its threads were private before Dramatiq 2
    consumer = getattr(modules, "ConsumerThread", None) or modules._ConsumerThread  # noqa: SLF001
    thread = getattr(modules, "WorkerThread", None) or modules._WorkerThread  # noqa: SLF001

    def replace(owner: Any, name: str, make: Make) -> None:
        patches.replace(owner, name, lambda original: functools.wraps(original)(make(patches, original)))

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


# What is measured of each part; `self` is the part's. What happens to every message is not guarded as a block: that
# costs more than what is in it.


def _emit_before(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
        if signal == "enqueue" and patches.active:
            try:
                options = _plain(args[0]).options
                if not (DUE in options and _here.work.moving):
                    eta = options.get("eta")
                    options[DUE] = eta / 1000 if eta else clock.now()
            except Exception:
                with _measuring:
                    raise
        return original(self, signal, *args, **kwargs)

    return measuring


def _emit_after(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
        ended, work = False, None
        try:
            if not patches.active:
                pass
            elif signal == "enqueue":
                _put(_plain(args[0]))
            elif signal in _ENDS:
                work = _here.work
                if work.began is not None and work.kind is not None:
                    work.seconds = work.kind.end(work.began, None)
                    work.began, ended = None, True
        except Exception:
            with _measuring:
                raise
        # what stands behind it in the broker decides what is to become of the message
        result = original(self, signal, *args, **kwargs)
        if ended and work is not None and work.kind is not None:
            try:
                _finish(work, work.kind, signal, args[0], kwargs.get("exception"))
            except Exception:
                with _measuring:
                    raise
        return result

    return measuring


def _plain(message: Any) -> Any:
    """A message without what stands for it while it is worked on, which is slow to tell what it is asked."""
    return vars(message).get("_message", message)


def _put(message: Any) -> None:
    work = _here.work
    if work.message == message.message_id:
        work.again = True
    if not work.moving:
        put(_SYSTEM, message.queue_name.removesuffix(_DELAYED))


def _finish(work: _Work, kind: Kind, signal: str, message: Any, error: BaseException | None) -> None:
    state: End = "succeeded"
    if error is not None:
        state = "failed"
        if type(error).__name__ == "Retry":
            error = error.__cause__ or error.__context__  # it asks for it, perhaps since something has gone wrong
    elif signal == "skip_message":
        state = "revoked" if message.failed else "ignored"
    if work.again and not message.failed:
        state = "retried"
    kind.finish(state, error, work.seconds)


def _handle_message(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, message: Any) -> Any:
        if not patches.active:
            return original(self, message)
        try:
            plain = _plain(message)
            if plain.options.get("eta") is None:
                take(_SYSTEM, plain.queue_name)
                kind_of(_SYSTEM, plain.queue_name, plain.actor_name).receive()
        except Exception:
            with _measuring:
                raise
        result = original(self, message)
        if message.failed:  # nobody takes such messages
            with _measuring:
                kind = kind_of(_SYSTEM, message.queue_name, message.actor_name)
                kind.finish("failed", "dramatiq.errors.ActorNotFound")
        return result

    return measuring


def _handle_delayed(patches: Patches, original: Any) -> Any:
    """What a thread that consumes does at every turn, and not while it finds no broker."""

    def measuring(self: Any) -> Any:
        if not patches.active:
            return original(self)
        with _measuring:
            beat(_SYSTEM)
        work = _here.work
        work.moving = True
        try:
            return original(self)
        finally:
            work.moving = False

    return measuring


def _process(patches: Patches, original: Any) -> Any:
    def measuring(self: Any, message: Any) -> Any:
        if not patches.active:
            return original(self, message)
        work = _here.work
        try:
            plain = _plain(message)
            work.message, work.again = plain.message_id, False
            work.kind = kind = kind_of(_SYSTEM, plain.queue_name, plain.actor_name)
            work.began = kind.begin(plain.options.get(DUE))
        except Exception:
            with _measuring:
                raise
        try:
            return original(self, message)
        finally:
            work.message = None
            if work.began is not None and work.kind is not None:
                with _measuring:
                    work.kind.end(work.began, None)  # nobody has said how
                work.began = None

    return measuring


def _start(patches: Patches, original: Any) -> Any:
    def measuring(self: Any) -> Any:
        with _measuring:
            broker, only = self.broker, self.consumer_whitelist
            if patches.active and hasattr(broker, "namespace") and hasattr(broker, "client"):

                def queues() -> Iterable[str]:
                    return [name for name in broker.get_declared_queues() if not only or name in only]

                _watch(id(self), broker, queues)
        return original(self)

    return measuring


def _stop(_patches: Patches, original: Any) -> Any:
    def measuring(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _measuring:
            queue_depth.forget((_SYSTEM, id(self)))
        return original(self, *args, **kwargs)

    return measuring
