"""librdkafka's own mock of a Kafka cluster, on 127.0.0.1: real brokers to every client, confluent-kafka or not."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from confluent_kafka import cimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cluster", "new_topic"]

_numbers = itertools.count()


def new_topic() -> str:
    """A name that no test has used; the mock makes a topic of four partitions when it is first asked for."""
    return f"orders-{next(_numbers)}"


@contextlib.contextmanager
def cluster(brokers: int = 1) -> Iterator[str]:
    """A cluster that lives in this process; what is given is its ``bootstrap.servers``."""
    owner = cimpl.Producer({"test.mock.num.brokers": brokers, "bootstrap.servers": "mocked", "log_level": 0})
    found = owner.list_topics(timeout=30).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in found)
    del owner
