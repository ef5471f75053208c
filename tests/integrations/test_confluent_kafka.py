"""Producers and consumers of confluent-kafka against librdkafka's mock cluster."""

from __future__ import annotations

import abc
import gc
import os
import signal
import threading

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition, cimpl
from confluent_kafka.deserializing_consumer import DeserializingConsumer
from confluent_kafka.serialization import StringDeserializer, StringSerializer
from confluent_kafka.serializing_producer import SerializingProducer
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.kafka_cluster import cluster, new_topic
from tests.integrations.waiting import until

from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT
from vedette.integrations import attached, kafka_lag
from vedette.integrations import confluent_kafka as ours
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


@pytest.fixture(scope="module")
def brokers():
    with cluster() as found:
        yield found


@pytest.fixture(autouse=True)
def instrumented():
    attached.attach("confluent_kafka")
    assert attached.states()["confluent_kafka"].attached
    yield
    attached.detach("confluent_kafka")
    gc.collect()


@pytest.fixture
def topic() -> str:
    return new_topic()


def producer(brokers, **options):
    return confluent_kafka.Producer({"bootstrap.servers": brokers, "log_level": 0, **options})


def consumer(brokers, topic, group="billing", *, joins=False, **options):
    made = confluent_kafka.Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "log_level": 0,
            **options,
        }
    )
    if not joins:  # which takes the mock three seconds
        made.assign([TopicPartition(topic, partition) for partition in range(4)])
    return made


def take(consumer, number: int) -> list:
    """So many messages, however many polls it takes."""
    found = []

    def enough() -> bool:
        message = consumer.poll(0.1)
        if message is not None:
            assert message.error() is None
            found.append(message)
        return len(found) == number

    until(enough)
    return found


def sends(metric) -> dict:
    """Of durations, those of sending."""
    return {labels[2:]: value for labels, value in values(metric).items() if labels[1] == "send"}


def test_messages_are_counted_when_they_are_acknowledged_with_and_without_a_callback(brokers, topic):
    told = []
    client = producer(brokers)
    client.produce(topic, b"12345", key=b"k")
    client.produce(topic, b"67", on_delivery=lambda error, message: told.append((error, message.value())))
    client.produce(topic, b"89", None, -1, lambda error, message: told.append((error, message.value())))
    client.produce(topic=topic, value=None, key=b"gone", callback=lambda error, message: told.append(message.key()))
    assert values(sent_messages) == {}
    assert client.flush() == 0
    assert sorted(told, key=str) == [(None, b"67"), (None, b"89"), b"gone"]
    assert values(sent_messages) == {("kafka", topic, ""): 4}
    assert values(sent_bytes) == {("kafka", topic): 5 + 1 + 2 + 2 + 4}
    assert sends(operation_duration) == {(topic, ""): 4}
    assert 0 < operation_duration.labels("kafka", "send", topic, "").read()[1] < 60


def test_the_callback_of_the_configuration_is_called_for_those_without_one(brokers, topic):
    told = []
    configuration = {"bootstrap.servers": brokers, "on_delivery": lambda error, message: told.append(message.value())}
    given = dict(configuration)
    client = confluent_kafka.Producer(configuration)
    client.produce(topic, b"1")
    client.produce(topic, b"2", on_delivery=lambda error, message: None)
    client.flush()
    assert told == [b"1"]
    assert configuration == given
    assert values(sent_messages) == {("kafka", topic, ""): 2}


def test_what_is_refused_at_once_and_what_is_not_delivered_is_counted_by_its_error(brokers, topic):
    client = producer(brokers)
    client.produce(topic, b"1")
    client.flush()
    with pytest.raises(confluent_kafka.KafkaException, match="_UNKNOWN_PARTITION"):
        client.produce(topic, b"1", partition=99)
    with pytest.raises(confluent_kafka.KafkaException, match="MSG_SIZE_TOO_LARGE"):
        client.produce(topic, b"x" * 2_000_000)
    with pytest.raises(TypeError):
        client.produce(topic, 5.5)
    full = producer(brokers, **{"queue.buffering.max.messages": 1, "linger.ms": 10_000})
    full.produce(topic, b"1")
    with pytest.raises(BufferError):
        full.produce(topic, b"2")
    full.purge()
    full.flush()
    assert values(sent_messages) == {
        ("kafka", topic, ""): 1,
        ("kafka", topic, "_UNKNOWN_PARTITION"): 1,
        ("kafka", topic, "MSG_SIZE_TOO_LARGE"): 1,
        ("kafka", topic, "TypeError"): 1,
        ("kafka", topic, "BufferError"): 1,
        ("kafka", topic, "_PURGE_QUEUE"): 1,
    }


def test_messages_for_brokers_that_are_gone_fail_by_their_timeout(topic):
    told = []
    with cluster() as brokers:
        client = producer(brokers, **{"message.timeout.ms": 300})
        client.produce(topic, b"1")
        client.flush()
    client.produce(topic, b"2", on_delivery=lambda error, message: told.append(error.name()))
    client.flush()
    assert told == ["_MSG_TIMED_OUT"]
    assert values(sent_messages) == {("kafka", topic, ""): 1, ("kafka", topic, "_MSG_TIMED_OUT"): 1}
    assert sends(operation_duration) == {(topic, ""): 1, (topic, "_MSG_TIMED_OUT"): 1}
    assert values(sent_bytes) == {("kafka", topic): 1}


def test_messages_of_a_batch_are_counted_one_by_one(brokers, topic):
    told = []
    client = producer(brokers)
    callback = lambda error, message: told.append(message.value())  # noqa: E731
    messages = [{"value": b"1"}, {"value": b"2", "callback": callback}, {"value": b"x" * 2_000_000}]
    assert client.produce_batch(topic, messages) == 2
    assert messages[1]["callback"] is callback
    client.produce_batch(topic, [{"value": b"3"}], on_delivery=callback)
    client.flush()
    assert sorted(told) == [b"2", b"3"]
    assert values(sent_messages) == {("kafka", topic, ""): 3, ("kafka", topic, "MSG_SIZE_TOO_LARGE"): 1}


def test_what_is_consumed_is_counted_by_topic_and_group(brokers, topic):
    client = producer(brokers)
    for value in (b"123", b"45"):
        client.produce(topic, value, key=b"k", partition=0)
    client.flush()
    reader = consumer(brokers, topic)
    assert [message.value() for message in take(reader, 2)] == [b"123", b"45"]
    assert values(consumed_messages) == {("kafka", topic, "billing"): 2}
    assert values(consumed_bytes) == {("kafka", topic, "billing"): 3 + 2 + 2}
    polls = {labels: count for labels, count in values(operation_duration).items() if labels[1] == "poll"}
    assert polls["kafka", "poll", topic, ""] == 2
    client.produce(topic, b"6", partition=0)
    client.flush()
    found = []
    until(lambda: found.extend(reader.consume(5, timeout=0.1)) or found)
    assert values(consumed_messages) == {("kafka", topic, "billing"): 3}
    reader.close()
    with pytest.raises(RuntimeError):
        reader.poll(0)
    assert values(operation_duration)["kafka", "poll", "", "RuntimeError"] == 1


def test_lag_is_what_is_not_consumed_yet_and_is_told_while_nobody_polls(brokers, topic):
    client = producer(brokers)
    for number in range(10):
        client.produce(topic, str(number), partition=number % 2)
    client.flush()
    reader = consumer(brokers, topic)
    taken = take(reader, 4)
    until(lambda: DEFAULT.refresh() or len(values(consumer_lag)) == len({one.partition() for one in taken}))
    told = values(consumer_lag)
    assert {labels[:2] for labels in told} == {(topic, "billing")}
    for partition in {message.partition() for message in taken}:
        consumed = [message for message in taken if message.partition() == partition]
        assert told[topic, "billing", str(partition)] == 5 - len(consumed)
    take(reader, 6)
    DEFAULT.refresh()
    assert values(consumer_lag) == {(topic, "billing", "0"): 0, (topic, "billing", "1"): 0}
    for _ in range(3):
        client.produce(topic, b"new", partition=1)
    client.flush()
    until(lambda: DEFAULT.refresh() or values(consumer_lag)[topic, "billing", "1"] == 3)
    reader.close()
    DEFAULT.refresh()
    assert values(consumer_lag) == {}


def test_the_lag_of_a_consumer_ends_with_it_however_it_ends(brokers, topic):
    client = producer(brokers)
    client.produce(topic, b"1", partition=0)
    client.flush()
    with consumer(brokers, topic) as reader:
        take(reader, 1)
        until(lambda: DEFAULT.refresh() or values(consumer_lag))
    DEFAULT.refresh()
    assert values(consumer_lag) == {}
    reader = consumer(brokers, topic, group="other")
    take(reader, 1)
    until(lambda: DEFAULT.refresh() or values(consumer_lag))
    del reader
    gc.collect()
    DEFAULT.refresh()
    assert values(consumer_lag) == {}


def test_a_consumer_is_closed_while_its_lag_is_asked_for_all_the_time(brokers, topic):
    client = producer(brokers)
    client.produce(topic, b"1", partition=0)
    client.flush()
    stop = threading.Event()

    def scrape():
        while not stop.is_set():
            DEFAULT.refresh()

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        for number in range(5):
            reader = consumer(brokers, topic, group=f"group-{number}")
            take(reader, 1)
            reader.close()
    finally:
        stop.set()
        thread.join()
    assert guard.failures().get("measuring the lag of a Kafka consumer", 0) == 0


def test_the_child_of_a_fork_does_not_ask_the_consumers_of_its_parent(brokers, topic):
    client = producer(brokers)
    client.produce(topic, b"1", partition=0)
    client.flush()
    reader = consumer(brokers, topic)
    take(reader, 1)
    until(lambda: DEFAULT.refresh() or values(consumer_lag))
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # it would wait for ever for a thread that only the parent has
        DEFAULT.refresh()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    reader.close()


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_rebalances_are_counted_and_the_callbacks_of_the_application_called(brokers, topic, strategy):
    moved = []
    client = producer(brokers)
    client.produce(topic, b"1", partition=0)
    client.flush()
    options = {"partition.assignment.strategy": strategy, "enable.auto.commit": True}
    reader = consumer(brokers, topic, group=strategy, joins=True, **options)
    reader.subscribe(
        [topic],
        on_assign=lambda given, partitions: moved.append((given is reader, "assigned", len(partitions))),
        on_revoke=lambda given, partitions: moved.append((given is reader, "revoked", len(partitions))),
    )
    take(reader, 1)
    assert moved == [(True, "assigned", 4)]
    reader.close()
    assert moved == [(True, "assigned", 4), (True, "revoked", 4)]
    assert values(rebalances) == {(strategy, "assigned"): 1, (strategy, "revoked"): 1}


def test_rebalances_are_counted_without_callbacks_too(brokers, topic):
    client = producer(brokers)
    client.produce(topic, b"1")
    client.flush()
    reader = consumer(brokers, topic, group="silent", joins=True)
    reader.subscribe([topic])
    until(lambda: reader.poll(0.05) or reader.assignment())
    reader.close()
    assert values(rebalances) == {("silent", "assigned"): 1, ("silent", "revoked"): 1}


def test_something_that_cannot_be_called_is_refused_as_ever(brokers, topic):
    reader = consumer(brokers, topic)
    with pytest.raises(TypeError):
        reader.subscribe([topic], on_assign=5)
    reader.close()


def test_commits_are_counted_those_nobody_waits_for_too(brokers, topic):
    told = []
    client = producer(brokers)
    for value in (b"1", b"2"):
        client.produce(topic, value, partition=0)
    client.flush()
    reader = consumer(brokers, topic, on_commit=lambda error, partitions: told.append(error))
    with pytest.raises(confluent_kafka.KafkaException, match="_NO_OFFSET"):
        reader.commit(asynchronous=False)
    first, _ = take(reader, 2)
    assert [place.offset for place in reader.commit(first, asynchronous=False)] == [1]
    assert values(commits) == {("billing", ""): 1}
    assert reader.commit() is None
    until(lambda: reader.poll(0.05) or told)
    assert told == [None]
    assert values(commits) == {("billing", ""): 2}
    assert values(operation_duration)["kafka", "commit", "", ""] == 1
    reader.close()
    with pytest.raises(RuntimeError):
        reader.commit()
    assert values(commits) == {("billing", ""): 2, ("billing", "RuntimeError"): 1}


def test_a_commit_that_the_broker_refuses_is_counted_by_its_error(topic):
    with cluster() as brokers:
        client = producer(brokers)
        client.produce(topic, b"1", partition=0)
        client.flush()
        reader = consumer(brokers, topic, **{"socket.timeout.ms": 1000, "session.timeout.ms": 1000})
        take(reader, 1)
    # nobody is there any more who could take it
    with pytest.raises(confluent_kafka.KafkaException) as raised:
        reader.commit(asynchronous=False)
    assert values(commits) == {("billing", raised.value.args[0].name()): 1}


def test_serialising_clients_are_measured_and_are_what_they_were(brokers, topic):
    client = SerializingProducer({"bootstrap.servers": brokers, "value.serializer": StringSerializer()})
    client.produce(topic, value="täglich")
    client.flush()
    reader = DeserializingConsumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "text",
            "auto.offset.reset": "earliest",
            "value.deserializer": StringDeserializer(),
        }
    )
    reader.assign([TopicPartition(topic, partition) for partition in range(4)])
    assert [message.value() for message in take(reader, 1)] == ["täglich"]
    reader.close()
    assert values(sent_messages) == {("kafka", topic, ""): 1}
    assert values(sent_bytes) == {("kafka", topic): 8}
    assert values(consumed_messages) == {("kafka", topic, "text"): 1}
    assert isinstance(client, confluent_kafka.Producer)
    assert isinstance(reader, confluent_kafka.Consumer)
    assert issubclass(DeserializingConsumer, cimpl.Consumer)


class Before(cimpl.Consumer):
    """A class of an application that was there before us."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.own = "own"


class Single(type):
    """A metaclass of an application."""


def test_classes_of_the_application_from_before_and_after_are_measured_and_are_classes(brokers, topic):
    class After(confluent_kafka.Consumer, abc.ABC):
        pass

    class AfterToo(confluent_kafka.Producer, metaclass=Single):
        pass

    options = {"bootstrap.servers": brokers, "group.id": "own", "auto.offset.reset": "earliest"}
    client = AfterToo({"bootstrap.servers": brokers})
    client.produce(topic, b"1", partition=0)
    client.flush()
    for number, kind in enumerate((Before, After)):
        reader = kind({**options, "group.id": f"own-{number}"})
        assert isinstance(reader, confluent_kafka.Consumer)
        assert isinstance(reader, cimpl.Consumer)
        assert issubclass(kind, confluent_kafka.Consumer)
        reader.assign([TopicPartition(topic, 0)])
        take(reader, 1)
        until(lambda number=number: DEFAULT.refresh() or (topic, f"own-{number}", "0") in values(consumer_lag))
        reader.close()
    assert Before(options).own == "own"
    assert values(sent_messages) == {("kafka", topic, ""): 1}
    assert values(consumed_messages) == {("kafka", topic, "own-0"): 1, ("kafka", topic, "own-1"): 1}
    attached.detach("confluent_kafka")
    assert After.__bases__ == (cimpl.Consumer, abc.ABC)
    assert AfterToo.__bases__ == (cimpl.Producer,)
    assert Before.__bases__ == (cimpl.Consumer,)


def test_threads_that_send_at_once_are_counted_exactly(brokers, topic):
    client = producer(brokers)

    def work():
        for _ in range(200):
            client.produce(topic, b"x")
            client.poll(0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.flush()
    assert values(sent_messages) == {("kafka", topic, ""): 800}
    assert values(sent_bytes) == {("kafka", topic): 800}


def test_an_error_in_a_callback_of_the_application_comes_out_where_it_did(brokers, topic):
    def callback(error, message):
        raise LookupError("theirs")

    client = producer(brokers)
    client.produce(topic, b"1", on_delivery=callback)
    with pytest.raises(LookupError, match="theirs"):
        client.flush()
    assert values(sent_messages) == {("kafka", topic, ""): 1}


def test_measuring_that_fails_changes_nothing_is_counted_and_said_once(brokers, topic, caplog):
    before = guard.failures().get("measuring confluent-kafka", 0)
    with broken(ours, kafka_lag):
        told = []
        client = producer(brokers)
        client.produce(topic, b"1", partition=0, on_delivery=lambda error, message: told.append(error))
        client.flush()
        assert told == [None]
        reader = consumer(brokers, topic, group="broken")
        assert [message.value() for message in take(reader, 1)] == [b"1"]
        assert reader.commit(asynchronous=False)[0].offset == 1
        until(lambda: DEFAULT.refresh() or guard.failures().get("the preparation '_tell' of a scrape"))
        reader.close()
    # the delivery, the poll that found the message and the commit; polls that found none yet are as many as it took
    assert guard.failures()["measuring confluent-kafka"] >= before + 3
    assert caplog.text.count("measuring confluent-kafka failed and was skipped") == 1


def test_detaching_restores_the_module_and_every_class_exactly(brokers, topic):
    attached.detach("confluent_kafka")
    modules = (confluent_kafka, cimpl, *(SerializingProducer, DeserializingConsumer, Before))
    before = [dict(vars(module)) for module in modules]
    bases = [kind.__bases__ for kind in modules[2:]]
    attached.attach("confluent_kafka")
    assert confluent_kafka.Producer is not cimpl.Producer
    assert confluent_kafka.Producer.__name__ == "Producer"
    client = producer(brokers)
    client.list_topics(topic)  # which makes it
    reader = consumer(brokers, topic)
    attached.detach("confluent_kafka")
    assert [dict(vars(module)) for module in modules] == before
    assert [kind.__bases__ for kind in modules[2:]] == bases
    assert confluent_kafka.Producer is cimpl.Producer
    # those that are still there go on unmeasured
    client.produce(topic, b"1", partition=0)
    client.flush()
    take(reader, 1)
    reader.commit(asynchronous=False)
    reader.close()
    assert values(sent_messages) == values(consumed_messages) == values(commits) == {}


def test_attaching_twice_measures_once(brokers, topic):
    attached.attach("confluent_kafka")
    client = producer(brokers)
    client.produce(topic, b"1")
    client.flush()
    assert values(sent_messages) == {("kafka", topic, ""): 1}


@pytest.mark.parametrize(("own", "called"), [("on_lost", "on_lost"), ("on_revoke", "on_revoke")])
def test_partitions_that_are_lost_are_told_apart_and_go_to_the_callback_that_the_library_would_call(own, called):
    told = []
    _, options = ours._with_rebalancing(
        (["orders"],), {own: lambda *_: told.append(own)}, lambda callback, event: (callback, event)
    )
    callback, event = options["on_lost"]
    callback()
    assert (told, event) == ([called], "lost")
