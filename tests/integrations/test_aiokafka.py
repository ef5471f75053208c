"""Producers and consumers of aiokafka against librdkafka's mock cluster, which speaks to them as to any client."""

from __future__ import annotations

import asyncio
import gc
import inspect
from importlib import import_module

import aiokafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError
from opentelemetry.instrumentation.aiokafka import AIOKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.kafka_cluster import cluster, new_topic
from tests.integrations.waiting import until_async

from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT
from vedette.integrations import aiokafka as ours
from vedette.integrations import attached, kafka_lag
from vedette.packs.kafka import (
    commits,
    consumed_bytes,
    consumed_messages,
    consumer_lag,
    operation_duration,
    rebalances,
    sent_bytes,
    sent_messages,
)

CANCELLED = "asyncio.exceptions.CancelledError"


@pytest.fixture(scope="module")
def brokers():
    with cluster() as found:
        yield found


@pytest.fixture(autouse=True)
def instrumented():
    attached.attach("aiokafka")
    assert attached.states()["aiokafka"].attached
    yield
    attached.detach("aiokafka")


@pytest.fixture
def topic() -> str:
    return new_topic()


@pytest.fixture
async def producer(brokers):
    async with AIOKafkaProducer(bootstrap_servers=brokers) as client:
        yield client


def consumer(brokers, group="billing", **options) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=brokers, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **options
    )


def operations(name: str) -> dict[tuple[str, ...], float]:
    """Durations of one kind by topic and error."""
    return {labels[2:]: value for labels, value in values(operation_duration).items() if labels[1] == name}


async def test_messages_are_counted_when_they_are_acknowledged(producer, topic):
    sent = await producer.send_and_wait(topic, b"123", key=b"k", partition=0)
    assert (sent.topic, sent.offset) == (topic, 0)
    future = await producer.send(topic, b"45", partition=0)
    assert (await future).offset == 1
    await producer.send_and_wait(topic, key=b"gone", partition=0)
    assert values(sent_messages) == {("kafka", topic, ""): 3}
    assert values(sent_bytes) == {("kafka", topic): 4 + 2 + 4}
    assert operations("send") == {(topic, ""): 3}


async def test_serialised_messages_are_measured_by_what_is_sent(brokers, topic):
    async with AIOKafkaProducer(bootstrap_servers=brokers, value_serializer=str.encode, acks=0) as client:
        assert await client.send_and_wait(topic, "täglich") is None
    assert values(sent_bytes) == {("kafka", topic): 8}


async def test_a_batch_of_the_application_counts_all_its_messages(producer, topic):
    await producer.send_and_wait(topic, b"first", partition=0)
    batch = producer.create_batch()
    for _ in range(3):
        assert batch.append(key=None, value=b"1", timestamp=None) is not None
    future = await producer.send_batch(batch, topic, partition=0)
    assert (await future).offset == 1
    assert values(sent_messages) == {("kafka", topic, ""): 1 + 3}
    assert operations("send") == {(topic, ""): 2}


async def test_what_cannot_be_sent_is_counted_by_its_class_and_raised_as_it_was(producer, topic):
    with pytest.raises(MessageSizeTooLargeError):
        await producer.send(topic, b"x" * 2_000_000)
    with pytest.raises(AssertionError, match="Unrecognized partition"):
        await producer.send(topic, b"1", partition=99)
    with pytest.raises(AssertionError, match="Unrecognized partition"):
        await producer.send_batch(producer.create_batch(), topic, partition=99)
    assert values(sent_messages) == {
        ("kafka", topic, "aiokafka.errors.MessageSizeTooLargeError"): 1,
        # one message, and a batch with none
        ("kafka", topic, "AssertionError"): 1,
    }
    assert operations("send")[topic, "AssertionError"] == 2
    assert values(sent_bytes) == {}


async def test_messages_for_brokers_that_are_gone_fail_and_nobody_looking_is_still_said(topic, caplog):
    caplog.set_level("CRITICAL", logger="aiokafka")  # what is logged would keep the future
    said = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))
    with cluster() as brokers:
        client = AIOKafkaProducer(bootstrap_servers=brokers, request_timeout_ms=300, retry_backoff_ms=50)
        await client.start()
        await client.send_and_wait(topic, b"1", partition=0)
    with pytest.raises(KafkaError) as raised:
        await client.send_and_wait(topic, b"2", partition=0)
    kind = type(raised.value)
    failed = f"{kind.__module__}.{kind.__qualname__}"
    assert values(sent_messages) == {("kafka", topic, ""): 1, ("kafka", topic, failed): 1}
    assert operations("send") == {(topic, ""): 1, (topic, failed): 1}
    said.clear()
    future = await client.send(topic, b"3", partition=0)
    await until_async(future.done)
    await until_async(lambda: values(sent_messages)["kafka", topic, failed] == 2)
    await client.stop()
    del future, client
    gc.collect()
    assert "Future exception was never retrieved" in said


async def test_a_message_nobody_waits_for_any_more_is_sent_and_told_as_that(brokers, topic):
    async with AIOKafkaProducer(bootstrap_servers=brokers) as client:
        future = await client.send(topic, b"1", partition=0)
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await future
    assert values(sent_messages) == {("kafka", topic, ""): 1}


async def test_sending_that_is_cancelled_before_there_is_a_batch_is_told_as_cancelled(producer, topic):
    task = asyncio.create_task(producer.send(topic, b"1", partition=0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert values(sent_messages) == {("kafka", topic, CANCELLED): 1}


async def test_tasks_at_once_are_counted_exactly(producer, topic):
    await asyncio.gather(*(producer.send_and_wait(topic, b"x") for _ in range(200)))
    assert values(sent_messages) == {("kafka", topic, ""): 200}
    assert values(sent_bytes) == {("kafka", topic): 200}


async def test_what_is_consumed_is_counted_by_topic_and_group(brokers, producer, topic):
    for value in (b"123", b"45", b"6"):
        await producer.send_and_wait(topic, value, key=b"k", partition=0)
    reader = consumer(brokers)
    await reader.start()
    reader.assign([TopicPartition(topic, 0)])
    assert (await reader.getone()).value == b"123"
    found = await reader.getmany(timeout_ms=60_000, max_records=1)
    assert [record.value for record in found[TopicPartition(topic, 0)]] == [b"45"]
    assert (await reader.getone()).value == b"6"
    assert await reader.getmany() == {}
    await producer.send_and_wait(topic, None, key=b"gone", partition=0)
    async for record in reader:
        assert record.key == b"gone"
        break
    assert values(consumed_messages) == {("kafka", topic, "billing"): 4}
    assert values(consumed_bytes) == {("kafka", topic, "billing"): 6 + 3 + 4}
    assert operations("poll") == {(topic, ""): 4, ("", ""): 1}
    await reader.stop()


async def test_waiting_that_is_cancelled_is_told_as_that_and_the_end_is_no_error(brokers, producer, topic):
    await producer.partitions_for(topic)
    async with consumer(brokers) as reader:
        reader.assign([TopicPartition(topic, 0)])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await reader.getone()
        assert operations("poll") == {("", CANCELLED): 1}
    with pytest.raises(aiokafka.ConsumerStoppedError):
        await reader.getone()
    assert operations("poll") == {("", CANCELLED): 1}


async def test_lag_is_what_is_not_consumed_yet_and_ends_with_the_consumer(brokers, producer, topic):
    for number in range(10):
        await producer.send_and_wait(topic, b"x", partition=number % 2)
    reader = consumer(brokers)
    await reader.start()
    reader.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)])
    for _ in range(4):
        await reader.getone(TopicPartition(topic, 0))
    await reader.getone(TopicPartition(topic, 1))
    DEFAULT.refresh()
    assert values(consumer_lag) == {(topic, "billing", "0"): 1, (topic, "billing", "1"): 4}
    await reader.stop()
    DEFAULT.refresh()
    assert values(consumer_lag) == {}


async def test_a_consumer_without_a_group_has_lag_and_no_group(brokers, producer, topic):
    await producer.send_and_wait(topic, b"x", partition=0)
    await producer.send_and_wait(topic, b"x", partition=0)
    async with consumer(brokers, group=None) as reader:
        reader.assign([TopicPartition(topic, 0)])
        await reader.getone()
        DEFAULT.refresh()
        assert values(consumer_lag) == {(topic, "", "0"): 1}
    del reader
    gc.collect()
    DEFAULT.refresh()
    assert values(consumer_lag) == {}


async def test_rebalances_and_commits_are_counted(brokers, producer, topic):
    await producer.send_and_wait(topic, b"x", partition=0)
    moved = []

    class Listener(aiokafka.ConsumerRebalanceListener):
        def on_partitions_assigned(self, assigned):
            moved.append(("assigned", len(assigned)))

        def on_partitions_revoked(self, revoked):
            moved.append(("revoked", len(revoked)))

    reader = consumer(brokers, group="moving")
    reader.subscribe([topic], listener=Listener())
    await reader.start()
    await reader.getone()
    await reader.commit()
    assert values(commits) == {("moving", ""): 1}
    assert operations("commit") == {("", ""): 1}
    assert moved == [("revoked", 0), ("assigned", 4)]
    assert values(rebalances) == {("moving", "assigned"): 1}
    # a rebalance by itself takes the mock many seconds: this is how one begins
    await reader._coordinator._on_join_prepare(reader._subscription.subscription.assignment)
    assert moved[-1] == ("revoked", 4)
    assert values(rebalances) == {("moving", "assigned"): 1, ("moving", "revoked"): 1}
    await reader.stop()


async def test_a_commit_that_fails_is_counted_by_its_class(topic):
    with cluster() as brokers:
        async with AIOKafkaProducer(bootstrap_servers=brokers) as client:
            await client.send_and_wait(topic, b"x", partition=0)
        reader = consumer(brokers, request_timeout_ms=300, retry_backoff_ms=50)
        await reader.start()
        reader.assign([TopicPartition(topic, 0)])
        await reader.getone()
        await reader.commit()
    committing = asyncio.create_task(reader.commit())
    await until_async(lambda: len(values(commits)) == 2 or committing.done())
    committing.cancel()
    with pytest.raises((asyncio.CancelledError, KafkaConnectionError)):
        await committing
    assert values(commits)["billing", ""] == 1
    (failed,) = (labels[1] for labels in values(commits) if labels[1])
    assert failed.startswith("aiokafka.errors.")
    stopping = asyncio.create_task(reader.stop())
    await until_async(lambda: reader._closed)
    stopping.cancel()


async def test_measuring_that_fails_changes_nothing_is_counted_and_said_once(brokers, producer, topic, caplog):
    before = guard.failures().get("measuring aiokafka", 0)
    with broken(ours, kafka_lag):
        assert (await producer.send_and_wait(topic, b"1", partition=0)).offset == 0
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send(topic, b"x" * 2_000_000)
        async with consumer(brokers) as reader:
            reader.assign([TopicPartition(topic, 0)])
            assert (await reader.getone()).value == b"1"
            await reader.commit()
            DEFAULT.refresh()
    assert guard.failures()["measuring aiokafka"] >= before + 4
    assert caplog.text.count("measuring aiokafka failed and was skipped") == 1


def _parts() -> dict[str, dict[str, object]]:
    found = {}
    for name in (
        "producer.producer",
        "producer.message_accumulator",
        "consumer.consumer",
        "consumer.group_coordinator",
    ):
        module = import_module(f"aiokafka.{name}")
        found[name] = dict(vars(module))
        for attribute, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                found[f"{name}.{attribute}"] = dict(vars(value))
    return found


async def test_detaching_restores_the_library_exactly_and_clients_go_on_unmeasured(producer, topic):
    functions = [AIOKafkaProducer.send, AIOKafkaProducer.send_batch, AIOKafkaConsumer.getone, AIOKafkaConsumer.getmany]
    attached.detach("aiokafka")
    before = _parts()
    bare = [AIOKafkaProducer.send, AIOKafkaProducer.send_batch, AIOKafkaConsumer.getone, AIOKafkaConsumer.getmany]
    for measured, original in zip(functions, bare, strict=True):
        assert measured is not original
        assert inspect.iscoroutinefunction(measured)
        assert inspect.signature(measured) == inspect.signature(original)
    attached.attach("aiokafka")
    assert _parts() != before
    attached.attach("aiokafka")
    await producer.send_and_wait(topic, b"1")
    assert values(sent_messages) == {("kafka", topic, ""): 1}
    attached.detach("aiokafka")
    assert _parts() == before
    await producer.send_and_wait(topic, b"2")
    assert values(sent_messages) == {("kafka", topic, ""): 1}


@pytest.mark.parametrize("traced_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
async def test_opentelemetry_measures_beside_us_whoever_comes_and_goes_first(
    brokers, topic, traced_first, tracer_leaves_first
):
    attached.detach("aiokafka")
    spans, provider, tracer = InMemorySpanExporter(), TracerProvider(), AIOKafkaInstrumentor()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    before = _parts()
    steps = [lambda: tracer.instrument(tracer_provider=provider), lambda: attached.attach("aiokafka")]
    for step in steps if traced_first else steps[::-1]:
        step()
    ends = [tracer.uninstrument, lambda: attached.detach("aiokafka")]

    async def work():
        async with AIOKafkaProducer(bootstrap_servers=brokers) as client:
            await client.send_and_wait(topic, b"1", partition=0)
        async with consumer(brokers) as reader:
            reader.assign([TopicPartition(topic, 0)])
            await reader.getone()

    try:
        await work()
        assert [span.name for span in spans.get_finished_spans()] == [f"{topic} send", f"{topic} receive"]
        assert values(sent_messages) == {("kafka", topic, ""): 1}
        assert values(consumed_messages) == {("kafka", topic, "billing"): 1}
    finally:
        for end in ends if tracer_leaves_first else ends[::-1]:
            end()
    after = _parts()
    for part in (before, after):  # counts producers
        part["producer.producer.AIOKafkaProducer"].pop("_PRODUCER_CLIENT_ID_SEQUENCE")
    assert after == before
