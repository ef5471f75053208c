"""OpenTelemetry's instrumentor of confluent-kafka and ours on the same clients: both measure, whoever comes first."""

from __future__ import annotations

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition, cimpl
from opentelemetry.instrumentation.confluent_kafka import AutoInstrumentedConsumer, ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.integrations.client import values
from tests.integrations.kafka_cluster import cluster, new_topic
from tests.integrations.waiting import until

from vedette.integrations import attached
from vedette.packs.kafka import consumed_messages, sent_messages


@pytest.fixture(scope="module")
def brokers():
    with cluster() as found:
        yield found


def _trace() -> InMemorySpanExporter:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    ConfluentKafkaInstrumentor().instrument(tracer_provider=provider)
    return spans


def _work(brokers) -> str:
    topic = new_topic()
    client = confluent_kafka.Producer({"bootstrap.servers": brokers})
    client.produce(topic, b"1", partition=0)
    client.flush()
    reader = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "g", "auto.offset.reset": "earliest"})
    reader.assign([TopicPartition(topic, 0)])
    until(lambda: reader.poll(0.1))
    reader.close()
    return topic


@pytest.mark.parametrize("traced_first", [True, False])
def test_both_measure_in_either_order(brokers, traced_first):
    spans = _trace() if traced_first else None
    attached.attach("confluent_kafka")
    spans = spans or _trace()
    try:
        topic = _work(brokers)
    finally:
        attached.detach("confluent_kafka")
    assert values(sent_messages) == {("kafka", topic, ""): 1}
    assert values(consumed_messages) == {("kafka", topic, "g"): 1}
    assert {f"{topic} send", "recv"} <= {span.name for span in spans.get_finished_spans()}
    assert AutoInstrumentedConsumer.__bases__ == (cimpl.Consumer,)
    # without us the tracer goes on
    spans.clear()
    topic = _work(brokers)
    assert f"{topic} send" in {span.name for span in spans.get_finished_spans()}
    assert len(values(sent_messages)) == 1
    ConfluentKafkaInstrumentor().uninstrument()
    if traced_first:
        assert confluent_kafka.Producer is cimpl.Producer
    _work(brokers)
    assert len(values(sent_messages)) == 1
    confluent_kafka.Producer, confluent_kafka.Consumer = cimpl.Producer, cimpl.Consumer


def test_we_go_on_when_a_tracer_leaves_that_came_after_us(brokers):
    attached.attach("confluent_kafka")
    _trace()
    ConfluentKafkaInstrumentor().uninstrument()
    topic = _work(brokers)
    attached.detach("confluent_kafka")
    assert values(sent_messages) == {("kafka", topic, ""): 1}
    assert confluent_kafka.Producer is cimpl.Producer
