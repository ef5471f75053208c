"""confluent-kafka: messages sent until they are acknowledged and consumed, lag, rebalances and commits.

`Producer` and `Consumer` are classes in C that cannot be changed. So the module is given subclasses of them, and
whatever class derives from them is made to derive from these: `SerializingProducer`, `DeserializingConsumer`, those of
the application, those of a tracer. A module that has done ``from confluent_kafka import Producer`` before is not
measured, unless it has made a subclass: call `vedette.instrument` first. An object made before is no instance of the
class that the module has since.

Messages are told in ``messaging_client_sent_messages_total`` when their delivery is reported, by topic and with the
name of Kafka's error where they failed, and their duration, which librdkafka measures, in
``messaging_client_operation_duration_seconds``; with ``delivery.report.only.error`` only failures are known. Lag is
what `Consumer.position` and the watermarks that librdkafka keeps say before a scrape; a partition of which nothing was
consumed yet has no position, and none. The callbacks of the application are called as ever.
"""

from __future__ import annotations

import threading
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics.measure import error_type
from vedette.integrations import kafka_lag
from vedette.packs.kafka import (
    commits,
    consumed_bytes,
    consumed_messages,
    operation_duration,
    rebalances,
    sent_bytes,
    sent_messages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_SYSTEM = "kafka"
_STATE = "_vedette"
# No offset to commit, and the end of a partition for now: said as errors, and are none.
_NO_ERRORS = frozenset({"_NO_OFFSET", "_PARTITION_EOF"})
_measuring = guard.shield("measuring confluent-kafka")
_ours: weakref.WeakSet[type] = weakref.WeakSet()
"""The classes that measure, also those that do so no more."""


class _State:
    """What is known of one consumer."""

    __slots__ = ("closed", "group", "lock")

    def __init__(self, group: str) -> None:
        self.group = group
        self.closed = False
        # A consumer in C must not be asked while it is being closed.
        self.lock = threading.Lock()


def patch(patches: Patches) -> None:
    """Measure every producer and consumer of the library that is made from now on."""
    import confluent_kafka  # noqa: PLC0415 - it has just been imported by the application
    from confluent_kafka import cimpl  # noqa: PLC0415

    patches.also_undo(lambda: kafka_lag.forget_all(_lags))
    for bare, make in ((cimpl.Producer, _producer), (cimpl.Consumer, _consumer)):
        _replace(patches, confluent_kafka, bare, make(patches, bare))


def _replace(patches: Patches, module: Any, bare: type, measured: type) -> None:
    if getattr(module, bare.__name__) is bare:  # else there is one of a tracer, which derives from it
        patches.replace(module, bare.__name__, lambda _: measured)
    _rebase(bare, measured)
    patches.also_undo(lambda: _rebase(measured, bare))


def _rebase(before: type, after: type) -> None:
    """What derives from one class derives from another."""
    derived: type
    for derived in before.__subclasses__():
        if derived not in _ours:
            derived.__bases__ = tuple(after if base is before else base for base in derived.__bases__)


def _named(measured: type, bare: type) -> None:
    """It looks as what it stands for."""
    _ours.add(measured)
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(measured, name, getattr(bare, name))


def _configured(
    args: tuple[Any, ...], options: dict[str, Any], name: str, make: Callable[[Any], Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a client with one callback of its configuration replaced; those given stay as they are."""
    if name not in options and args and isinstance(args[0], dict):
        return ({**args[0], name: make(args[0].get(name))}, *args[1:]), options
    return args, {**options, name: make(options.get(name))}


def _name_of(error: Any) -> str:
    """Of a `KafkaError`, of the exception that holds one, or of any other exception."""
    held = error.args[0] if isinstance(error, Exception) and error.args else error
    name = getattr(held, "name", None)
    return str(name()) if callable(name) else error_type(error)


def _producer(patches: Patches, bare: Any) -> type:
    def reported(callback: Any) -> Any:
        """What takes the delivery report of a message, and then tells the application."""

        def delivered(error: Any, message: Any) -> Any:
            if patches.active:
                _delivered(error, message)
            return callback(error, message) if callback is not None else None

        return delivered

    class Producer(bare):  # type: ignore[misc] # a class in C
        __slots__ = ()  # else no other class could be made to derive from it

        def __init__(self, *args: Any, **options: Any) -> None:
            if patches.active and (args or options):
                with _measuring:
                    # of those messages that are sent without a callback of their own
                    args, options = _configured(args, options, "on_delivery", reported)
            bare.__init__(self, *args, **options)

        @wraps(bare.produce)
        def produce(self, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return bare.produce(self, *args, **options)
            args, options = _with_callbacks(args, options, 4, reported)
            try:
                return bare.produce(self, *args, **options)
            except Exception as error:
                _not_sent(args, options, error)
                raise

        if hasattr(bare, "produce_batch"):  # not in old ones

            @wraps(bare.produce_batch)
            def produce_batch(self, *args: Any, **options: Any) -> Any:
                messages = args[1] if len(args) > 1 else options.get("messages")
                if not patches.active or not isinstance(messages, list):
                    return bare.produce_batch(self, *args, **options)
                args, options = _with_callbacks(args, options, 3, reported)
                own = [one for one in messages if isinstance(one, dict) and callable(one.get("callback"))]
                theirs = [one["callback"] for one in own]
                failed = [id(one.get("_error")) for one in messages if isinstance(one, dict)]
                try:
                    for one, callback in zip(own, theirs, strict=True):
                        one["callback"] = reported(callback)
                    answer = bare.produce_batch(self, *args, **options)
                except Exception as error:
                    _not_sent(args, options, error)
                    raise
                finally:
                    for one, callback in zip(own, theirs, strict=True):
                        one["callback"] = callback
                for one, before in zip(messages, failed, strict=True):
                    if one.get("_error") is not None and id(one["_error"]) != before:
                        _not_sent(args, options, one["_error"])
                return answer

    measured: type = Producer
    _named(measured, bare)
    return measured


def _delivered(error: Any, message: Any) -> None:
    with _measuring:
        topic = message.topic() or ""
        failure = "" if error is None else _name_of(error)
        sent_messages.inc(_SYSTEM, topic, failure)
        if error is None:
            sent_bytes.inc(_SYSTEM, topic, amount=_size(message))
        took = message.latency()
        if took is not None and took >= 0:
            operation_duration.observe(took, _SYSTEM, "send", topic, failure)


def _not_sent(args: tuple[Any, ...], options: dict[str, Any], error: Any) -> None:
    """A message that was refused at once, of which nothing will be reported."""
    with _measuring:
        topic = args[0] if args else options.get("topic")
        if isinstance(topic, str):
            sent_messages.inc(_SYSTEM, topic, _name_of(error))


def _with_callbacks(
    args: tuple[Any, ...], options: dict[str, Any], place: int, reported: Callable[[Any], Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with what takes the delivery report replaced; ``place`` is where callbacks begin."""
    for name in ("on_delivery", "callback"):
        if callable(options.get(name)):
            options = {**options, name: reported(options[name])}
    if len(args) > place:
        callbacks = (reported(one) if callable(one) else one for one in args[place : place + 2])
        args = (*args[:place], *callbacks, *args[place + 2 :])
    return args, options


def _size(message: Any) -> int:
    key, value = message.key(), message.value()
    return (len(key) if key is not None else 0) + (len(value) if value is not None else 0)


def _consumer(patches: Patches, bare: Any) -> type:
    def committed(callback: Any, group: str) -> Any:
        """What takes the result of a commit that nobody waits for, and then tells the application."""

        def on_commit(error: Any, partitions: Any) -> Any:
            if patches.active:
                _committed(group, error, partitions)
            return callback(error, partitions) if callback is not None else None

        return on_commit

    def moved(callback: Any, event: str) -> Any:
        def on_rebalance(consumer: Any, partitions: Any) -> Any:
            with _measuring:
                if patches.active:
                    rebalances.inc(_group_of(consumer), event)
            return callback(consumer, partitions) if callback is not None else None

        return on_rebalance

    class Consumer(bare):  # type: ignore[misc] # a class in C
        __slots__ = ()  # else no other class could be made to derive from it

        def __new__(cls, *args: Any, **options: Any) -> Any:
            # one that can be referred to weakly; those of other classes can be already
            return bare.__new__(Held if cls is Consumer else cls, *args, **options)

        def __init__(self, *args: Any, **options: Any) -> None:
            group = ""
            if patches.active and (args or options):
                with _measuring:
                    given = args[0] if args and isinstance(args[0], dict) else {}
                    group = str(options.get("group.id", given.get("group.id", "")))
                    args, options = _configured(args, options, "on_commit", lambda own: committed(own, group))
            bare.__init__(self, *args, **options)
            with _measuring:
                if patches.active and (hasattr(self, "__dict__") or type(self) is Held):
                    setattr(self, _STATE, _State(group))
                    kafka_lag.watch(self, group, _lags)

        @wraps(bare.poll)
        def poll(self, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return bare.poll(self, *args, **options)
            began = clock.perf()
            try:
                message = bare.poll(self, *args, **options)
            except Exception as error:
                _polled(self, began, (), error)
                raise
            _polled(self, began, () if message is None else (message,))
            return message

        @wraps(bare.consume)
        def consume(self, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return bare.consume(self, *args, **options)
            began = clock.perf()
            try:
                messages = bare.consume(self, *args, **options)
            except Exception as error:
                _polled(self, began, (), error)
                raise
            _polled(self, began, messages)
            return messages

        @wraps(bare.subscribe)
        def subscribe(self, *args: Any, **options: Any) -> Any:
            if patches.active:
                with _measuring:
                    args, options = _with_rebalancing(args, options, moved)
            return bare.subscribe(self, *args, **options)

        @wraps(bare.commit)
        def commit(self, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return bare.commit(self, *args, **options)
            began = clock.perf()
            try:
                partitions = bare.commit(self, *args, **options)
            except Exception as error:
                _committed(_group_of(self), error, (), began)
                raise
            if partitions is not None:  # None: nobody waits for it, see on_commit
                _committed(_group_of(self), None, partitions, began)
            return partitions

        @wraps(bare.close)
        def close(self, *args: Any, **options: Any) -> Any:
            _closing(self)
            return bare.close(self, *args, **options)

        if hasattr(bare, "__exit__"):  # not in old ones

            @wraps(bare.__exit__)
            def __exit__(self, *args: object) -> Any:
                _closing(self)
                return bare.__exit__(self, *args)

    class Held(Consumer):
        __slots__ = ("__weakref__", _STATE)

    measured: type = Consumer
    _named(measured, bare)
    _named(Held, bare)
    return measured


def _group_of(consumer: Any) -> str:
    state: _State | None = getattr(consumer, _STATE, None)
    return "" if state is None else state.group


def _polled(consumer: Any, began: float, messages: Any, error: Exception | None = None) -> None:
    with _measuring:
        took = max(0.0, clock.perf() - began)
        group = _group_of(consumer)
        topic = failure = ""
        if error is not None:
            failure = _name_of(error)
        for message in messages:
            problem = message.error()
            if problem is None:
                topic = message.topic()
                consumed_messages.inc(_SYSTEM, topic, group)
                consumed_bytes.inc(_SYSTEM, topic, group, amount=_size(message))
            elif problem.name() not in _NO_ERRORS:
                failure = problem.name()
        operation_duration.observe(took, _SYSTEM, "poll", topic, failure)


def _with_rebalancing(
    args: tuple[Any, ...], options: dict[str, Any], moved: Callable[[Any, str], Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of `Consumer.subscribe` with its callbacks replaced. Without its own a loss is told as revoked."""
    names = ("on_assign", "on_revoke", "on_lost")
    own = dict(zip(names, args[1:], strict=False)) | {name: options[name] for name in names if name in options}
    if any(callback is not None and not callable(callback) for callback in own.values()):
        return args, options  # the library says what is wrong
    lost = own.get("on_lost") or own.get("on_revoke")
    events = {"on_assign": "assigned", "on_revoke": "revoked", "on_lost": "lost"}
    ours = {name: moved(lost if name == "on_lost" else own.get(name), event) for name, event in events.items()}
    return args[:1], {**options, **ours}


def _committed(group: str, error: Any, partitions: Any, began: float | None = None) -> None:
    with _measuring:
        failed = [one.error for one in partitions or () if one.error is not None]
        failure = _name_of(error) if error is not None else _name_of(failed[0]) if failed else ""
        if failure in _NO_ERRORS:
            return
        commits.inc(group, failure)
        if began is not None:
            operation_duration.observe(max(0.0, clock.perf() - began), _SYSTEM, "commit", "", failure)


def _closing(consumer: Any) -> None:
    with _measuring:
        state: _State | None = getattr(consumer, _STATE, None)
        if state is not None:
            with state.lock:
                state.closed = True
            kafka_lag.forget(consumer)


def _lags(consumer: Any) -> dict[tuple[str, int], int]:
    from confluent_kafka import cimpl  # noqa: PLC0415 - loaded by who has made the consumer

    bare, state = cimpl.Consumer, getattr(consumer, _STATE)
    found = {}
    with state.lock:
        if state.closed:
            return {}
        for place in bare.position(consumer, bare.assignment(consumer)):
            _, end = bare.get_watermark_offsets(consumer, place, cached=True)
            if place.offset >= 0 and end >= 0:
                found[place.topic, place.partition] = max(0, end - place.offset)
    return found
