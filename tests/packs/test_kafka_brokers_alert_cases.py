"""When each alert of the pack of Kafka's brokers fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import A, B, stack_of

from vedette.packs import kafka_brokers
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(kafka_brokers(abandoned_for="5m"))

ON_A, ON_B = 'instance="a:1"', 'instance="b:1"'
CRITICAL, HIGH = {**A, "severity": "critical"}, {**A, "severity": "high"}
ORDERS, MAIL = {"topic": "orders"}, {"topic": "mail"}
BILLING = {"consumergroup": "billing"}


def brokers(values: str, on: str = ON_A, up: str = "1x120") -> dict[str, str]:
    """How many brokers the exporter finds, and whether it answers."""
    return {f"kafka_brokers{{{on}}}": values, f"up{{{on}}}": up}


def partition(
    lacks: str = "0x120", leader: str = "1x120", topic: str = "orders", number: str = "0", on: str = ON_A
) -> dict[str, str]:
    """Whether a partition lacks a copy, and who leads it."""
    labels = f'{on},topic="{topic}",partition="{number}"'
    return {
        f"kafka_topic_partition_under_replicated_partition{{{labels}}}": lacks,
        f"kafka_topic_partition_leader{{{labels}}}": leader,
    }


def group(
    lag: str, members: str = "2x120", name: str = "billing", topic: str = "orders", on: str = ON_A
) -> dict[str, str]:
    """What a group has not read of a topic, and how many read."""
    return {
        f'kafka_consumergroup_lag_sum{{{on},consumergroup="{name}",topic="{topic}"}}': lag,
        f'kafka_consumergroup_members{{{on},consumergroup="{name}"}}': members,
    }


CASES = [
    alert_case(
        "KafkaBrokersMissing",
        "one of three goes and comes back",
        brokers("3x20 2x20 3x40"),
        at("7m", "pending"),
        at("7m15s", "fires", CRITICAL, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("KafkaBrokersMissing", "exactly as many as there should be", brokers("3x60"), at("14m", "silent")),
    alert_case("KafkaBrokersMissing", "one more", brokers("4x60"), at("14m", "silent")),
    alert_case("KafkaBrokersMissing", "none at all: another alert", brokers("0x60"), at("14m", "silent")),
    alert_case("KafkaBrokersMissing", "the last one", brokers("1x60"), at("14m", "fires", count=1)),
    alert_case(
        "KafkaBrokersMissing",
        "of one cluster, while another has none",
        {**brokers("2x60"), **brokers("0x60", ON_B)},
        at("14m", "fires", A, count=1),
    ),
    alert_case(
        "KafkaBrokersMissing",
        "of one cluster, while another is whole",
        {**brokers("3x60"), **brokers("2x60", ON_B)},
        at("14m", "fires", B, count=1),
    ),
    alert_case(
        "KafkaBrokersMissing",
        "of two clusters",
        {**brokers("2x60"), **brokers("2x60", ON_B)},
        at("14m", "fires", count=2),
    ),
    alert_case(
        "KafkaClusterUnreachable",
        "all brokers go and come back",
        brokers("3x20 0x20 3x40"),
        at("7m", "pending"),
        at("7m15s", "fires", CRITICAL, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("KafkaClusterUnreachable", "exactly one broker is left", brokers("1x60"), at("14m", "silent")),
    alert_case("KafkaClusterUnreachable", "it tells of none", {f"up{{{ON_A}}}": "1x60"}, at("14m", "fires", A)),
    alert_case(
        "KafkaClusterUnreachable",
        "no exporter: another alert",
        brokers("0x60", up="0x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaClusterUnreachable",
        "one of two",
        {**brokers("3x60"), **brokers("0x60", ON_B)},
        at("14m", "fires", B, count=1),
    ),
    alert_case(
        "KafkaClusterUnreachable",
        "two",
        {**brokers("0x60"), **brokers("0x60", ON_B)},
        at("14m", "fires", count=2),
    ),
    alert_case(
        "KafkaClusterUnwatched",
        "no answer for ten minutes",
        {f"up{{{ON_A}}}": "1x8 0x40 1x40"},
        at("7m", "pending"),
        at("7m15s", "fires", HIGH, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("KafkaClusterUnwatched", "it answers", {f"up{{{ON_A}}}": "1x60"}, at("14m", "silent")),
    alert_case(
        "KafkaClusterUnwatched",
        "one of two",
        {f"up{{{ON_A}}}": "1x60", f"up{{{ON_B}}}": "0x60"},
        at("14m", "fires", B, count=1),
    ),
    alert_case(
        "KafkaClusterUnwatched", "both", {f"up{{{ON_A}}}": "0x60", f"up{{{ON_B}}}": "0x60"}, at("14m", "fires", count=2)
    ),
    alert_case(
        "KafkaPartitionsWithoutLeader",
        "its leader goes, and another takes over late",
        partition(leader="1x20 stale _x20 2x40"),
        at("6m", "pending"),
        at("6m15s", "fires", {**CRITICAL, **ORDERS}, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("KafkaPartitionsWithoutLeader", "led by broker 0", partition(leader="0x60"), at("14m", "silent")),
    alert_case(
        "KafkaPartitionsWithoutLeader", "led by -1, which is nobody", partition(leader="-1x60"), at("14m", "fires")
    ),
    alert_case(
        "KafkaPartitionsWithoutLeader",
        "one of two partitions",
        {**partition(), **partition(leader="_x60", number="1")},
        at("14m", "fires", {**A, **ORDERS}, count=1),
    ),
    alert_case(
        "KafkaPartitionsWithoutLeader",
        "one of two topics",
        {**partition(), **partition(leader="_x60", topic="mail")},
        at("14m", "fires", {**A, **MAIL}, count=1),
    ),
    alert_case(
        "KafkaPartitionsWithoutLeader",
        "two topics, and one of another cluster",
        {
            **partition(leader="_x60"),
            **partition(leader="_x60", topic="mail"),
            **partition(leader="_x60", on=ON_B),
        },
        at("14m", "fires", count=3),
    ),
    alert_case("KafkaPartitionsWithoutLeader", "only a copy is missing", partition("1x60"), at("14m", "silent")),
    alert_case(
        "KafkaPartitionsUnderReplicated",
        "a broker is away for ten minutes",
        partition("0x20 1x40 0x40"),
        at("10m", "pending"),
        at("10m15s", "fires", {**HIGH, **ORDERS}, count=1),
        at("15m30s", "resolved"),
    ),
    alert_case("KafkaPartitionsUnderReplicated", "exactly none", partition(), at("14m", "silent")),
    alert_case("KafkaPartitionsUnderReplicated", "a restart", partition("0x20 1x12 0x60"), at("9m30s", "silent")),
    alert_case(
        "KafkaPartitionsUnderReplicated",
        "one of two topics",
        {**partition(), **partition("1x60", topic="mail")},
        at("14m", "fires", {**A, **MAIL}, count=1),
    ),
    alert_case(
        "KafkaPartitionsUnderReplicated",
        "two partitions of one topic, and another cluster",
        {**partition("1x60"), **partition("1x60", number="1"), **partition("1x60", on=ON_B)},
        at("14m", "fires", count=2),
    ),
    alert_case(
        "KafkaPartitionsUnderReplicated",
        "three",
        {**partition("1x60"), **partition("1x60", topic="mail"), **partition("1x60", on=ON_B)},
        at("14m", "fires", count=3),
    ),
    alert_case(
        "KafkaGroupLagHigh",
        "too slow for ten minutes",
        group("10x20 1500x40 10x40"),
        at("10m", "pending"),
        at("10m15s", "fires", {**HIGH, **ORDERS, **BILLING}, count=1),
        at("15m30s", "resolved"),
    ),
    alert_case("KafkaGroupLagHigh", "exactly a thousand", group("1000x60"), at("14m", "silent")),
    alert_case("KafkaGroupLagHigh", "a burst", group("10x20 1500x12 10x60"), at("9m30s", "silent")),
    alert_case(
        "KafkaGroupLagHigh",
        "two topics that together are too many",
        {**group("600x60"), **group("600x60", topic="mail")},
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaGroupLagHigh",
        "four",
        {
            **group("1500x60"),
            **group("1500x60", topic="mail"),
            **group("1500x60", name="search"),
            **group("1500x60", on=ON_B),
        },
        at("14m", "fires", count=4),
    ),
    alert_case(
        "KafkaGroupAbandoned",
        "all of its consumers go and come back",
        group("5x120", "2x20 0x40 2x40"),
        at("10m", "pending"),
        at("10m15s", "fires", {**HIGH, **BILLING}, count=1),
        at("15m30s", "resolved"),
    ),
    alert_case("KafkaGroupAbandoned", "nobody, and nothing to read", group("0x60", "0x60"), at("14m", "silent")),
    alert_case("KafkaGroupAbandoned", "one message waits", group("1x60", "0x60"), at("14m", "fires", count=1)),
    alert_case("KafkaGroupAbandoned", "one consumer is left", group("500x60", "1x60"), at("14m", "silent")),
    alert_case(
        "KafkaGroupAbandoned",
        "one group of three",
        {
            **group("5x60"),
            **group("0x60", "0x60", name="done"),
            **group("5x60", "0x60", name="search"),
        },
        at("14m", "fires", {**A, "consumergroup": "search"}, count=1),
    ),
    alert_case(
        "KafkaGroupAbandoned",
        "of two topics it is told once",
        {**group("5x60", "0x60"), **group("5x60", "0x60", topic="mail")},
        at("14m", "fires", count=1),
    ),
    alert_case(
        "KafkaGroupAbandoned",
        "three",
        {**group("5x60", "0x60"), **group("5x60", "0x60", name="search"), **group("5x60", "0x60", on=ON_B)},
        at("14m", "fires", count=3),
    ),
]
