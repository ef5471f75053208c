"""What measuring adds to a message of confluent-kafka and of aiokafka: CPU of the thread that sends and consumes.

``python benchmarks/kafka.py [--json] [--rounds 15]``. The cluster is librdkafka's mock, in threads of its own that are
not counted. Bare, with ours and, for confluent-kafka, with OpenTelemetry's instrumentor (SDK spans, an exporter that
drops them) take turns; the fastest round of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import time
from contextlib import contextmanager

import aiokafka
import confluent_kafka
from confluent_kafka import TopicPartition, cimpl
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from vedette.integrations import attached

MESSAGES = 2000
VALUE = b"x" * 100


class Dropped(SpanExporter):
    """An exporter that keeps nothing."""

    def export(self, spans) -> SpanExportResult:  # noqa: ARG002
        """Take them."""
        return SpanExportResult.SUCCESS


@contextmanager
def bare():
    yield


@contextmanager
def ours():
    for name in ("aiokafka", "confluent_kafka"):
        attached.attach(name)
    yield
    for name in ("aiokafka", "confluent_kafka"):
        attached.detach(name)


@contextmanager
def opentelemetry():
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Dropped()))
    ConfluentKafkaInstrumentor().instrument(tracer_provider=provider)
    yield
    ConfluentKafkaInstrumentor().uninstrument()


def send(brokers: str, topic: str, callback=None) -> float:
    """CPU seconds to send, and to take the reports."""
    client = confluent_kafka.Producer({"bootstrap.servers": brokers, "log_level": 0})
    client.list_topics(topic)
    began = time.thread_time()
    for _ in range(MESSAGES):
        client.produce(topic, VALUE, partition=0, on_delivery=callback)
    client.flush()
    return time.thread_time() - began


def send_reported(brokers: str, topic: str) -> float:
    return send(brokers, topic, lambda _error, _message: None)


def consume(brokers: str, topic: str) -> float:
    client = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "benchmark", "log_level": 0})
    client.assign([TopicPartition(topic, 0, 0)])
    client.poll(10)
    time.sleep(0.2)  # so that the messages are there
    began = time.thread_time()
    for _ in range(MESSAGES - 1):
        client.poll(10)
    spent = time.thread_time() - began
    client.close()
    return spent


def send_async(brokers: str, topic: str) -> float:
    async def work() -> float:
        async with aiokafka.AIOKafkaProducer(bootstrap_servers=brokers) as client:
            await client.send_and_wait(topic, VALUE, partition=0)
            began = time.thread_time()
            for future in [await client.send(topic, VALUE, partition=0) for _ in range(MESSAGES)]:
                await future
            return time.thread_time() - began

    return asyncio.run(work())


def consume_async(brokers: str, topic: str) -> float:
    async def work() -> float:
        place = aiokafka.TopicPartition(topic, 0)
        async with aiokafka.AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest") as client:
            client.assign([place])
            await client.getone()
            began = time.thread_time()
            for _ in range(MESSAGES - 1):
                await client.getone()
            return time.thread_time() - began

    return asyncio.run(work())


CASES = {
    "send": send,
    "send, with a callback": send_reported,
    "poll": consume,
    "aiokafka send": send_async,
    "aiokafka getone": consume_async,
}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """CPU microseconds of a message, by case and way."""
    logging.disable(logging.CRITICAL)
    owner = cimpl.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mocked", "log_level": 0})
    brokers = ",".join(f"{one.host}:{one.port}" for one in owner.list_topics(timeout=30).brokers.values())
    found: dict[str, dict[str, float]] = {}
    for turn in range(rounds):
        for way in (bare, ours, opentelemetry):
            topic = f"{way.__name__}-{turn}"  # the mock forgets old messages of a long one
            for name, work in CASES.items():
                if way is opentelemetry and name.startswith("aiokafka"):
                    continue
                with way():
                    spent = work(brokers, topic) / MESSAGES * 1e6
                fastest = found.setdefault(name, {})
                fastest[way.__name__] = min(spent, fastest.get(way.__name__, spent))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=15)
    given = arguments.parse_args()
    rows = {}
    for name, spent in measure(given.rounds).items():
        added = spent["ours"] - spent["bare"]
        row = {"ours": round(added, 2), "goal": 3.0, "unit": "µs CPU added to a message"}
        line = f"{name:<22} bare {spent['bare']:6.2f} µs  ours +{added:5.2f}"
        if "opentelemetry" in spent:
            peer = spent["opentelemetry"] - spent["bare"]
            row |= {"peer": round(peer, 1), "ratio": round(added / peer, 3)}
            line += f"  OpenTelemetry +{peer:6.1f}  ratio {added / peer:.3f}"
        rows[f"kafka_{name.replace(',', '').replace(' ', '_')}"] = row
        if not given.json:
            print(line)
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))


if __name__ == "__main__":
    main()
