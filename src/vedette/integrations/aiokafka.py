"""aiokafka: messages sent until they are acknowledged and consumed, lag, rebalances and commits.

A message is told in ``messaging_client_sent_messages_total`` when its batch is acknowledged or given up, and timed from
when it got into the batch; so it is whether or not anybody still waits for its future. A batch of the application's
own is timed as one and tells all its messages. `getone`, `getmany` and ``async for`` tell what is consumed. Commits are
told each time they are tried, those of the library included, in ``kafka_consumer_commits_total``. Lag is the end of the
partition, as it came with the last messages, less the position.
"""

from __future__ import annotations

from functools import wraps
from importlib import import_module
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
    from collections.abc import Callable, Sequence

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["patch"]

_SYSTEM = "kafka"
_STOPPED = "aiokafka.errors.ConsumerStoppedError"
"""How the end is said to who consumes: no error."""
_measuring = guard.shield("measuring aiokafka")


def patch(patches: Patches) -> None:
    """Measure every producer and consumer of the library."""
    producer, accumulator, consumer, coordinator = (
        import_module(f"aiokafka.{name}")
        for name in (
            "producer.producer",
            "producer.message_accumulator",
            "consumer.consumer",
            "consumer.group_coordinator",
        )
    )
    patches.also_undo(lambda: kafka_lag.forget_all(_lags))
    patches.replace(producer.AIOKafkaProducer, "send", _send(patches, 0))
    patches.replace(producer.AIOKafkaProducer, "send_batch", _send(patches, 1))
    patches.replace(accumulator.MessageBatch, "__init__", _begin(patches))
    patches.replace(accumulator.MessageBatch, "append", _append(patches))
    for name in ("done", "done_noack", "failure"):
        patches.replace(accumulator.MessageBatch, name, _ended(patches))
    patches.replace(consumer.AIOKafkaConsumer, "getone", _getone(patches))
    patches.replace(consumer.AIOKafkaConsumer, "getmany", _getmany(patches))
    patches.replace(consumer.AIOKafkaConsumer, "start", _start(patches))
    patches.replace(coordinator.GroupCoordinator, "_do_commit_offsets", _commit(patches))
    patches.replace(coordinator.GroupCoordinator, "_on_join_prepare", _moved(patches, "revoked"))
    patches.replace(coordinator.GroupCoordinator, "_on_join_complete", _moved(patches, "assigned"))


def _send(patches: Patches, place: int) -> Make:
    """Messages that do not even get into a batch; ``place`` is that of the topic among the arguments."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def send(self: Any, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return await original(self, *args, **options)
            began = clock.perf()
            try:
                return await original(self, *args, **options)
            except BaseException as error:
                with _measuring:
                    topic = args[place] if len(args) > place else options.get("topic")
                    batch: Any = args[0] if args else options.get("batch")
                    number = batch.record_count() if place else 1
                    if isinstance(topic, str):
                        _sent(topic, error_type(error), began, number, 0)
                raise

        return send

    return make


class _Batch:
    """What is in a batch."""

    __slots__ = ("began", "messages", "size")

    def __init__(self) -> None:
        self.began = clock.perf()
        self.messages: list[float] = []
        """When each message got into it."""
        self.size = 0


def _begin(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807 - it stands for one
            original(self, *args, **options)
            with _measuring:
                if patches.active:
                    self._vedette = _Batch()

        return __init__

    return make


def _append(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def append(self: Any, key: Any, value: Any, *args: Any, **options: Any) -> Any:
            future = original(self, key, value, *args, **options)
            if future is not None and patches.active:
                with _measuring:
                    batch: _Batch | None = getattr(self, "_vedette", None)
                    if batch is not None:
                        batch.messages.append(clock.perf())
                        batch.size += (0 if key is None else len(key)) + (0 if value is None else len(value))
            return future

        return append

    return make


def _ended(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def ended(self: Any, *args: Any, **options: Any) -> Any:
            answer = original(self, *args, **options)
            with _measuring:
                batch: _Batch | None = self.__dict__.pop("_vedette", None)
                if batch is not None and patches.active:
                    error = args[0] if args else options.get("exception")
                    _tell(batch, self, error_type(error) if isinstance(error, BaseException) else "")
            return answer

        return ended

    return make


def _tell(batch: _Batch, message_batch: Any, failure: str) -> None:
    topic: str = message_batch.tp.topic
    if batch.messages:
        sent_messages.inc(_SYSTEM, topic, failure, amount=len(batch.messages))
        if not failure:
            sent_bytes.inc(_SYSTEM, topic, amount=batch.size)
        now = clock.perf()
        series = operation_duration.labels(_SYSTEM, "send", topic, failure)
        for began in batch.messages:
            series.observe(max(0.0, now - began))
    elif message_batch.record_count:  # of the application's own making
        _sent(topic, failure, batch.began, message_batch.record_count, message_batch._builder.size())  # noqa: SLF001


def _sent(topic: str, failure: str, began: float, messages: int, size: int) -> None:
    sent_messages.inc(_SYSTEM, topic, failure, amount=messages)
    if not failure:
        sent_bytes.inc(_SYSTEM, topic, amount=size)
    operation_duration.observe(max(0.0, clock.perf() - began), _SYSTEM, "send", topic, failure)


def _getone(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def getone(self: Any, *partitions: Any) -> Any:
            if not patches.active:
                return await original(self, *partitions)
            began = clock.perf()
            try:
                record = await original(self, *partitions)
            except BaseException as error:
                _unpolled(error, began)
                raise
            with _measuring:
                _consumed(self, record.topic, (record,))
                operation_duration.observe(max(0.0, clock.perf() - began), _SYSTEM, "poll", record.topic, "")
            return record

        return getone

    return make


def _getmany(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def getmany(self: Any, *partitions: Any, **options: Any) -> Any:
            if not patches.active:
                return await original(self, *partitions, **options)
            began = clock.perf()
            try:
                found = await original(self, *partitions, **options)
            except BaseException as error:
                _unpolled(error, began)
                raise
            with _measuring:
                topic = ""
                for place, records in found.items():
                    topic = place.topic
                    _consumed(self, topic, records)
                operation_duration.observe(max(0.0, clock.perf() - began), _SYSTEM, "poll", topic, "")
            return found

        return getmany

    return make


def _consumed(consumer: Any, topic: str, records: Sequence[Any]) -> None:
    group = consumer._group_id or ""  # noqa: SLF001 - there is no public way to ask
    # a key or value that is not there has the size -1
    size = sum(max(0, one.serialized_key_size) + max(0, one.serialized_value_size) for one in records)
    consumed_messages.inc(_SYSTEM, topic, group, amount=len(records))
    consumed_bytes.inc(_SYSTEM, topic, group, amount=size)


def _unpolled(error: BaseException, began: float) -> None:
    with _measuring:
        failure = error_type(error)
        if failure != _STOPPED:
            operation_duration.observe(max(0.0, clock.perf() - began), _SYSTEM, "poll", "", failure)


def _start(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def start(self: Any) -> Any:
            answer = await original(self)
            with _measuring:
                if patches.active:
                    kafka_lag.watch(self, self._group_id or "", _lags)
            return answer

        return start

    return make


def _commit(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def commit(self: Any, assignment: Any, offsets: Any) -> Any:
            if not patches.active or not offsets:
                return await original(self, assignment, offsets)
            began = clock.perf()
            try:
                answer = await original(self, assignment, offsets)
            except BaseException as error:
                _committed(self.group_id, error_type(error), began)
                raise
            _committed(self.group_id, "", began)
            return answer

        return commit

    return make


def _committed(group: str, failure: str, began: float) -> None:
    with _measuring:
        commits.inc(group, failure)
        operation_duration.observe(max(0.0, clock.perf() - began), _SYSTEM, "commit", "", failure)


def _moved(patches: Patches, event: str) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def rebalanced(self: Any, *args: Any, **options: Any) -> Any:
            with _measuring:
                # before the first assignment there is nothing to revoke
                if patches.active and (event == "assigned" or (args and args[0] is not None)):
                    rebalances.inc(self.group_id, event)
            return await original(self, *args, **options)

        return rebalanced

    return make


def _lags(consumer: Any) -> dict[tuple[str, int], int]:
    """Only numbers are read, which another thread may do while the loop runs."""
    subscription = consumer._subscription.subscription  # noqa: SLF001 - the public ways are coroutines
    assignment = getattr(subscription, "assignment", None)
    if consumer._closed or assignment is None:  # noqa: SLF001
        return {}
    found = {}
    for place in list(assignment.tps):
        state = assignment.state_value(place)
        if state is not None and state.has_valid_position and state.highwater is not None:
            found[place.topic, place.partition] = max(0, state.highwater - state.position)
    return found
