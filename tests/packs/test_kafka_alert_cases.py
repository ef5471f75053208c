"""When each alert of the kafka pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.packs.given import SHOP, stack_of

from vedette.packs import kafka
from vedette.packs.kafka import commits, consumed_messages, consumer_lag, rebalances, sent_messages
from vedette.testing import alert_case, at, series

if TYPE_CHECKING:
    from vedette.testing.cases import GivenSeries

__all__ = ["CASES", "stack"]

stack = stack_of(kafka())

ORDERS = {**SHOP, "messaging_destination_name": "orders"}
BILLING = {**SHOP, "messaging_consumer_group_name": "billing"}
BILLING_ORDERS = {**ORDERS, **BILLING}

# Samples are 15 s apart: four a minute.


def lag(partitions: dict[str, str], instance: str = "a:1") -> list[GivenSeries]:
    """What a consumer has not consumed yet, by partition."""
    of = {**BILLING_ORDERS, "instance": instance}
    return [
        series(consumer_lag, values, **of, messaging_destination_partition_id=partition)
        for partition, values in partitions.items()
    ]


def consumed(values: str, system: str = "kafka", topic: str = "orders", group: str = "billing") -> list[GivenSeries]:
    """Messages that the application was given."""
    of = {"messaging_destination_name": topic, "messaging_consumer_group_name": group}
    return [series(consumed_messages, values, **of, messaging_system=system)]


def sent(well: str, failed: str = "", system: str = "kafka", error: str = "_MSG_TIMED_OUT") -> list[GivenSeries]:
    """Messages that were acknowledged, and given up."""
    ends = {"": well, error: failed} if failed else {"": well}
    return [
        series(sent_messages, values, **ORDERS, messaging_system=system, error_type=end) for end, values in ends.items()
    ]


def operations(values: str, operation: str = "send", error: str = "", system: str = "kafka") -> list[GivenSeries]:
    """How many there were."""
    of = {**ORDERS, "messaging_system": system, "messaging_operation_name": operation, "error_type": error}
    return [series("messaging_client_operation_duration_seconds_count", values, **of)]


def took(under: dict[str, str], operation: str = "send", system: str = "kafka") -> list[GivenSeries]:
    """The buckets of the time that operations took."""
    of = {**ORDERS, "messaging_system": system, "messaging_operation_name": operation, "error_type": ""}
    return [
        series("messaging_client_operation_duration_seconds_bucket", values, **of, le=bound)
        for bound, values in under.items()
    ]


def rebalanced(values: str, event: str = "assigned", instance: str = "a:1") -> list[GivenSeries]:
    """Times that partitions were handed out."""
    return [series(rebalances, values, **BILLING, event=event, instance=instance)]


def committed(well: str, failed: str) -> list[GivenSeries]:
    """Commits that went well, and that failed."""
    return [series(commits, values, **BILLING, error_type=end) for end, values in (("", well), ("_TIMED_OUT", failed))]


# Of 4 in 15 s
SLOW = {"0.5": "0x120", "1": "0+3x120", "2.5": "0+4x120", "+Inf": "0+4x120"}
QUICK = {"0.5": "0x120", "1": "0+4x120", "2.5": "0+4x120", "+Inf": "0+4x120"}

CASES = [
    alert_case(
        "KafkaConsumerLagHigh",
        "two partitions are behind by more than a thousand together, until the group has caught up",
        lag({"0": "600x40 10x40", "1": "600x40 10x40"}),
        at("4m45s", "pending"),
        at("5m15s", "fires", {**BILLING_ORDERS, "severity": "high"}, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("KafkaConsumerLagHigh", "exactly a thousand", lag({"0": "1000x80"}), at("15m", "silent")),
    alert_case("KafkaConsumerLagHigh", "it keeps up", lag({"0": "3x80", "1": "0x80"}), at("15m", "silent")),
    alert_case(
        "KafkaConsumerLagHigh",
        "a burst is worked off within three minutes",
        lag({"0": "5x8 1500x12 5x60"}),
        at("6m", "silent"),
        at("10m", "silent"),
    ),
    alert_case(
        "KafkaConsumerLagHigh",
        "a partition that moves is told by both of its consumers",
        [*lag({"0": "700x80"}), *lag({"0": "700x80"}, "b:1")],
        at("15m", "silent"),
    ),
    alert_case(
        "KafkaConsumerLagCritical",
        "two partitions are behind by twelve thousand together, until the group has caught up",
        lag({"0": "6000x40 10x40", "1": "6000x40 10x40"}),
        at("4m45s", "pending"),
        at("5m15s", "fires", {**BILLING_ORDERS, "severity": "critical"}, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("KafkaConsumerLagCritical", "exactly ten thousand", lag({"0": "10000x80"}), at("15m", "silent")),
    alert_case(
        "KafkaConsumerLagCritical",
        "a burst is worked off within three minutes",
        lag({"0": "5x8 15000x12 5x60"}),
        at("6m", "silent"),
        at("10m", "silent"),
    ),
    alert_case(
        "KafkaConsumerLagCritical",
        "a partition that moves is told by both of its consumers",
        [*lag({"0": "7000x80"}), *lag({"0": "7000x80"}, "b:1")],
        at("15m", "silent"),
    ),
    alert_case(
        "KafkaConsumerStalled",
        "the consumer hangs while messages wait, and then goes on",
        [*lag({"0": "15x20 15+2x40 5x60", "1": "15x20 15+2x40 5x60"}), *consumed("0+10x20 200x40 200+10x60")],
        at("13m", "pending"),
        at("15m", "fires", {**BILLING_ORDERS, "severity": "critical"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "KafkaConsumerStalled",
        "it works through a long tail",
        [*lag({"0": "500x80"}), *consumed("0+1x80")],
        at("18m", "silent"),
    ),
    alert_case("KafkaConsumerStalled", "a quiet topic", [*lag({"0": "0x80"}), *consumed("7x80")], at("18m", "silent")),
    alert_case(
        "KafkaConsumerStalled",
        "exactly twenty wait: what transactions leave",
        [*lag({"0": "10x80", "1": "10x80"}), *consumed("7x80")],
        at("18m", "silent"),
    ),
    alert_case(
        "KafkaConsumerStalled",
        "another system has a queue of the same name, and consumes",
        [*lag({"0": "30x80"}), *consumed("7x80"), *consumed("0+5x80", "rabbitmq")],
        at("18m", "fires", BILLING_ORDERS, count=1),
    ),
    alert_case(
        "KafkaConsumerStalled",
        "another topic and another group are consumed",
        [
            *lag({"0": "30x80"}),
            *consumed("0+5x80", topic="visits"),
            *consumed("0+5x80", group="reports"),
        ],
        at("18m", "fires", BILLING_ORDERS, count=1),
    ),
    alert_case(
        "KafkaConsumerStalled",
        "messages wait for seven minutes in all",
        [*lag({"0": "0x40 30x28 0x40"}), *consumed("7x68 7+5x40")],
        at("14m45s", "pending"),
        at("20m", "resolved"),
    ),
    alert_case(
        "KafkaConsumerStalled",
        "a partition that moves is told by both of its consumers",
        [*lag({"0": "14x80"}), *lag({"0": "14x80"}, "b:1"), *consumed("7x80")],
        at("18m", "silent"),
    ),
    alert_case(
        "KafkaSendFailuresHigh",
        "one in 26 is given up, until it works again",
        sent("0+25x60 1500+26x60", "0+1x60 60x60"),
        at("5m", "pending"),
        at("7m", "fires", {**ORDERS, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "KafkaSendFailuresHigh",
        "exactly one in a hundred",
        sent("0+99x60", "0+1x60"),
        at("14m", "silent"),
    ),
    alert_case("KafkaSendFailuresHigh", "none fails", sent("0+100x60"), at("14m", "silent")),
    alert_case(
        "KafkaSendFailuresHigh",
        "a short fault",
        sent("0+100x20 2000+97x8 2776+100x60", "0x20 0+3x8 24x60"),
        at("9m45s", "pending"),
        at("13m", "silent"),
    ),
    alert_case(
        "KafkaSendFailuresHigh", "half of five in five minutes", sent("0+0.125x60", "0+0.125x60"), at("14m", "silent")
    ),
    alert_case(
        "KafkaSendFailuresHigh",
        "half of nine in five minutes",
        sent("0+0.225x60", "0+0.225x60"),
        at("14m", "fires", ORDERS, count=1),
    ),
    alert_case(
        "KafkaSendFailuresHigh",
        "most fail, and another system sends well to a queue of the same name",
        [*sent("0+10x60", "0+10x60"), *sent("0+2000x60", system="rabbitmq")],
        at("14m", "fires", ORDERS, count=1),
    ),
    alert_case(
        "KafkaSendFailuresHigh",
        "messages of another system fail",
        [*sent("0+100x60"), *sent("0+10x60", "0+10x60", "rabbitmq")],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaSendFailuresCritical",
        "a fifth is given up, until it works again",
        sent("0+20x60 1200+25x60", "0+5x60 300x60"),
        at("5m", "pending"),
        at("7m", "fires", {**ORDERS, "severity": "critical"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case("KafkaSendFailuresCritical", "exactly one in ten", sent("0+9x60", "0+1x60"), at("14m", "silent")),
    alert_case(
        "KafkaSendFailuresCritical",
        "a short fault",
        sent("0+100x20 2000+50x6 2300+100x60", "0x20 0+50x6 300x60"),
        at("7m", "pending"),
        at("13m", "silent"),
    ),
    alert_case(
        "KafkaSendFailuresCritical",
        "half of five in five minutes",
        sent("0+0.125x60", "0+0.125x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaSendFailuresCritical",
        "half of nine in five minutes",
        sent("0+0.225x60", "0+0.225x60"),
        at("14m", "fires", ORDERS, count=1),
    ),
    alert_case(
        "KafkaSendFailuresCritical",
        "most fail, and another system sends well to a queue of the same name",
        [*sent("0+10x60", "0+10x60"), *sent("0+2000x60", system="rabbitmq")],
        at("14m", "fires", ORDERS, count=1),
    ),
    alert_case(
        "KafkaSendFailuresCritical",
        "messages of another system fail",
        [*sent("0+100x60"), *sent("0+50x60", "0+50x60", "rabbitmq")],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaUnreachable",
        "three of four sends end without an answer, until the brokers are back",
        [*operations("0+1x40 40+4x60"), *operations("0+3x40 120x60", error="_MSG_TIMED_OUT")],
        at("2m", "pending"),
        at("3m", "fires", {**SHOP, "severity": "critical", "messaging_operation_name": "send"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "KafkaUnreachable",
        "no commit is answered, nor is any send: aiokafka's words",
        [
            *operations("0+4x40", error="aiokafka.errors.KafkaTimeoutError"),
            *operations("0+4x40", "commit", "aiokafka.errors.NodeNotReadyError"),
        ],
        at("5m", "fires", {"messaging_operation_name": "send"}, count=1),
        at("5m", "fires", {"messaging_operation_name": "commit"}, count=1),
    ),
    alert_case(
        "KafkaUnreachable",
        "exactly half of them",
        [*operations("0+4x60"), *operations("0+4x60", error="_MSG_TIMED_OUT")],
        at("14m", "silent"),
    ),
    alert_case("KafkaUnreachable", "all is answered", operations("0+4x60"), at("14m", "silent")),
    alert_case(
        "KafkaUnreachable",
        "brokers answer, and refuse: that is another alert",
        [*operations("0x60"), *operations("0+4x60", error="TOPIC_AUTHORIZATION_FAILED")],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaUnreachable",
        "polls without an answer: consumers go on asking",
        [*operations("0+1x60", "poll"), *operations("0+4x60", "poll", "_TRANSPORT")],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaUnreachable",
        "another system does not answer",
        [*operations("0+4x60"), *operations("0+8x60", error="_TRANSPORT", system="rabbitmq")],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaUnreachable",
        "another system answers",
        [*operations("0+4x60", error="_TRANSPORT"), *operations("0+8x60", system="rabbitmq")],
        at("14m", "fires", {"messaging_operation_name": "send"}, count=1),
    ),
    alert_case(
        "KafkaUnreachable",
        "a moment",
        [*operations("0+4x20 80x4 80+4x40"), *operations("0x20 0+8x4 32x40", error="_MSG_TIMED_OUT")],
        at("7m", "silent"),
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaUnreachable",
        "five in five minutes say nothing",
        operations("0+0.25x60", error="_MSG_TIMED_OUT"),
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaUnreachable",
        "nine in five minutes are enough",
        operations("0+0.45x60", error="_MSG_TIMED_OUT"),
        at("14m", "fires", {"messaging_operation_name": "send"}, count=1),
    ),
    alert_case(
        "KafkaSendSlow",
        "a quarter waits for over a second, until none does",
        [
            *took({"0.5": "0x120", "1": "0+3x40 120+4x60", "2.5": "0+4x100", "+Inf": "0+4x100"}),
            *sent("0+4x100"),
        ],
        at("5m", "pending"),
        at("6m", "fires", {**ORDERS, "severity": "high"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "KafkaSendSlow",
        "95 % wait exactly a second at most",
        [
            *took({"0.5": "0x60", "1": "0+19x60", "2.5": "0+20x60", "+Inf": "0+20x60"}),
            *sent("0+20x60"),
        ],
        at("14m", "silent"),
    ),
    alert_case("KafkaSendSlow", "all are quick", [*took(QUICK), *sent("0+4x120")], at("14m", "silent")),
    alert_case(
        "KafkaSendSlow",
        "polls wait, as they are meant to, and another system is slow",
        [
            *took(QUICK),
            *took({bound: values.replace("4x", "90x") for bound, values in SLOW.items()}, "poll"),
            *took({bound: values.replace("4x", "90x") for bound, values in SLOW.items()}, system="rabbitmq"),
            *sent("0+4x120"),
        ],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaSendSlow",
        "slow for two minutes",
        [
            *took(
                {"0.5": "0x120", "1": "0+4x20 80+3x8 104+4x80", "2.5": "0+4x108", "+Inf": "0+4x108"},
            ),
            *sent("0+4x108"),
        ],
        at("8m", "pending"),
        at("15m", "resolved"),
    ),
    alert_case(
        "KafkaSendSlow",
        "five in five minutes say nothing, whatever another system sends",
        [
            *took({"0.5": "0x60", "1": "0x60", "2.5": "0+0.25x60", "+Inf": "0+0.25x60"}),
            *sent("0+0.25x60"),
            *sent("0+100x60", system="rabbitmq"),
        ],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaSendSlow",
        "nine in five minutes are enough",
        [*took({"0.5": "0x60", "1": "0x60", "2.5": "0+0.45x60", "+Inf": "0+0.45x60"}), *sent("0+0.45x60")],
        at("14m", "fires", ORDERS, count=1),
    ),
    alert_case(
        "KafkaRebalancing",
        "partitions are handed out every minute, and then no more",
        rebalanced("1+0.25x40 11x80"),
        at("4m", "silent"),
        at("9m", "fires", {**BILLING, "severity": "medium"}, count=1),
        at("26m", "resolved"),
    ),
    alert_case("KafkaRebalancing", "one deployment", rebalanced("1x20 4x60"), at("10m", "silent")),
    alert_case("KafkaRebalancing", "exactly five in the quarter", rebalanced("0x60 5x60"), at("25m", "silent")),
    alert_case(
        "KafkaRebalancing",
        "two processes count the same three",
        [*rebalanced("1x20 4x60"), *rebalanced("1x20 4x60", instance="b:1")],
        at("10m", "silent"),
    ),
    alert_case(
        "KafkaRebalancing",
        "each assignment is preceded by a revocation",
        [*rebalanced("1x20 4x60"), *rebalanced("1x20 9x60", "revoked")],
        at("10m", "silent"),
    ),
    alert_case(
        "KafkaPartitionsLost",
        "one process loses its partitions",
        rebalanced("0x20 1x100", "lost"),
        at("4m", "silent"),
        at("6m", "fires", {**BILLING, "severity": "medium"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case(
        "KafkaPartitionsLost",
        "they are handed over in order",
        [*rebalanced("0x20 5x60", "revoked"), *rebalanced("0x20 5x60"), *rebalanced("0x80", "lost")],
        at("10m", "silent"),
    ),
    alert_case(
        "KafkaCommitsFailing",
        "a third fails, until they go well",
        committed("0+2x60 120+3x100", "0+1x60 60x100"),
        at("5m", "pending"),
        at("6m", "fires", {**BILLING, "severity": "high"}, count=1),
        at("35m", "resolved"),
    ),
    alert_case("KafkaCommitsFailing", "exactly one in ten", committed("0+9x100", "0+1x100"), at("20m", "silent")),
    alert_case("KafkaCommitsFailing", "none fails", committed("0+9x100", "0x100"), at("20m", "silent")),
    alert_case(
        "KafkaCommitsFailing",
        "one rebalance at night",
        committed("0+0.1x40 4+1x80", "0x40 2x80"),
        at("11m", "pending"),
        at("16m", "silent"),
    ),
    alert_case(
        "KafkaPollsFailing",
        "the group may not read the topic, until it may",
        operations("0+1x60 60x60", "poll", "TOPIC_AUTHORIZATION_FAILED"),
        at("6m", "pending"),
        at("8m", "fires", {**SHOP, "severity": "high", "error_type": "TOPIC_AUTHORIZATION_FAILED"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "KafkaPollsFailing",
        "polls find nothing",
        operations("0+100x60", "poll"),
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaPollsFailing",
        "sends fail, and so do polls of another system: those are other alerts",
        [
            *operations("0+10x60", "send", "_MSG_TIMED_OUT"),
            *operations("0+10x60", "poll", "_TRANSPORT", "rabbitmq"),
        ],
        at("14m", "silent"),
    ),
    alert_case(
        "KafkaPollsFailing",
        "exactly five in five minutes",
        operations("0+0.25x80", "poll", "_TRANSPORT"),
        at("18m", "silent"),
    ),
    alert_case(
        "KafkaPollsFailing",
        "six within a minute, once",
        operations("0x20 0+2x4 8x60", "poll", "_TRANSPORT"),
        at("9m", "pending"),
        at("13m", "silent"),
    ),
]
