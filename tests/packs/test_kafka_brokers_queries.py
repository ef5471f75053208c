"""Every query of the pack of Kafka's brokers has data on a page written as kafka_exporter writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.packs.exporter_page import PAGES, TYPE, Seen, exposed, looked_at

from vedette.catalog import Service, Stack
from vedette.engine.collect.http import FetchedPage
from vedette.packs import kafka_brokers
from vedette.packs.kafka_brokers import METRICS
from vedette.testing.simulation import Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.engine.collect.collector import Scrape

TEXT = (PAGES / "kafka-exporter.txt").read_text()
START = 1_790_000_000_000
STACK = Stack(services=[Service("kafka-exporter", ["kafka1:9308"], [kafka_brokers])])
FAULT = START + 60_000


def moved(text: str, now: int) -> bytes:
    """The page later: ten messages a second have been written to each partition, and read."""
    more = (now - START) // 100
    return re.sub(r"(?m)^(\w+current_offset\{.*\}) (\d+)$", lambda one: f"{one[1]} {int(one[2]) + more}", text).encode()


async def told(folder: Path, after: str | None, minutes: float = 18) -> Seen:
    """What is seen where the page becomes another after a minute, or can no longer be had."""

    def page(_: Scrape, now: int) -> FetchedPage:
        if now >= FAULT and after is None:
            raise Unreachable("connection refused")
        return FetchedPage(moved(after if now >= FAULT and after is not None else TEXT, now), TYPE)

    return await looked_at(STACK, folder, page, start=START, minutes=minutes)


def names(seen: Seen) -> set[str]:
    """The alerts that fire; each has a runbook whose queries show something."""
    assert seen.helpless == set()
    return {name for name, _ in seen.firing}


async def test_every_recording_and_panel_has_data(tmp_path: Path) -> None:
    seen = await told(tmp_path, TEXT)
    assert (seen.missing, seen.labelled, seen.silent, seen.firing) == (set(), set(), set(), set())


def test_the_metrics_are_declared_as_they_are_exposed() -> None:
    there = exposed(re.sub(r"(?m)^(kafka_brokers) ", r"\1{} ", TEXT))
    assert {metric.name: (metric.type, set(metric.label_names)) for metric in METRICS} == there


async def test_a_broker_that_is_lost_is_told_with_the_partitions_that_it_led_and_had(tmp_path: Path) -> None:
    lost = re.sub(r'(?m)^kafka_topic_partition_leader\{.*\} 3\n|^kafka_broker_info\{.*id="3".*\n', "", TEXT)
    lost = re.sub(r"(?m)^(kafka_brokers|kafka_topic_partition_in_sync_replica\{.*\}) 3$", r"\1 2", lost)
    lost = re.sub(r"(?m)^(kafka_topic_partition_under_replicated_partition\{.*\}) 0$", r"\1 1", lost)
    seen = await told(tmp_path, lost)
    assert names(seen) == {"KafkaBrokersMissing", "KafkaPartitionsWithoutLeader", "KafkaPartitionsUnderReplicated"}
    assert ("KafkaPartitionsWithoutLeader", "1 partitions of mail have no leader (kafka1:9308 of kafka-exporter)") in (
        seen.firing
    )
    assert seen.unanswered == set()


async def test_a_group_whose_consumers_are_gone_is_told(tmp_path: Path) -> None:
    left = TEXT.replace('members{consumergroup="billing"} 2', 'members{consumergroup="billing"} 0')
    left = re.sub(r'(lag_sum\{consumergroup="billing".*\}) 15', r"\1 5000", left)
    seen = await told(tmp_path, left)
    assert names(seen) == {"KafkaGroupLagHigh", "KafkaGroupAbandoned"}
    assert seen.unanswered == set()


async def test_a_cluster_that_is_gone_and_an_exporter_that_is_gone_are_told_apart(tmp_path: Path) -> None:
    alone = re.sub(r"(?m)^kafka_(?!brokers).*\n", "", TEXT).replace("kafka_brokers 3", "kafka_brokers 0")
    assert names(await told(tmp_path / "cluster", alone)) == {"KafkaClusterUnreachable"}
    assert names(await told(tmp_path / "exporter", None)) == {"KafkaClusterUnwatched"}
