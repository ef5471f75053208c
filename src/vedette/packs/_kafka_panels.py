"""The panels of the kafka pack: do messages get through, which group or topic is behind, what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["panels"]

_TOPIC = "job, messaging_destination_name"
_GROUP = "job, messaging_consumer_group_name, messaging_destination_name"
_TOPIC_CHOSEN = 'messaging_destination_name=~"$topic"'
_GROUP_CHOSEN = 'messaging_consumer_group_name=~"$group"'
_OF_TOPIC = f'messaging_system="kafka",{_TOPIC_CHOSEN}'
_OF_BOTH = f"{_GROUP_CHOSEN},{_TOPIC_CHOSEN}"
_COUNT, _BUCKET = (f"messaging_client_operation_duration_seconds_{part}" for part in ("count", "bucket"))
_NAMED_GROUP = "{{job}} {{messaging_consumer_group_name}} {{messaging_destination_name}}"
_NAMED_TOPIC = "{{job}} {{messaging_destination_name}}"

_LAG = "job_group_topic:kafka_consumer_lag_messages:sum"
_CONSUMED = f'rate(messaging_client_consumed_messages_total{{messaging_system="kafka",{_OF_BOTH}}}[5m])'
_SENT = "job_topic:messaging_client_sent_messages:rate5m"
_FAILED = "job_topic:messaging_client_sent_messages_failed:ratio_rate5m"
_UNANSWERED = "job_operation:messaging_client_operations_unanswered:ratio_rate5m"
_ASKED = 'job_operation:messaging_client_operations:rate5m{messaging_operation_name=~"send|commit"}'
_COMMITTED = f"sum by (job, messaging_consumer_group_name) (rate(kafka_consumer_commits_total{{{_GROUP_CHOSEN}}}[15m]))"
_P95 = "job_topic:messaging_client_send_duration_seconds:p95_5m"


def panels(
    *,
    lag: Mapping[float, catalog.Severity],
    stalled_lag: float,
    failed: Mapping[float, catalog.Severity],
    unanswered: float,
    send_slow: float,
    rebalances: float,
    commits: float,
    polls: float,
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Largest lag",
            f"max by (job) ({_LAG})",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Messages of the topic on which a group is furthest behind. Near zero where all keep up.",
            thresholds=lag,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Messages sent",
            f"sum by (job) ({_SENT})",
            kind="stat",
            unit="messages/s",
            legend="{{job}}",
            description="Per second, of all topics. A fall to zero is as bad as a failure, and no error tells it.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Not sent",
            f"max by (job) ({_FAILED} or 0 * {_SENT} / ({_SENT} > 0))",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of the messages that the client gave up, of the topic where it is largest.",
            thresholds=failed,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Without an answer",
            f"{_UNANSWERED} or 0 * {_ASKED} / ({_ASKED} > 0)",
            kind="stat",
            unit="ratio",
            legend="{{job}} {{messaging_operation_name}}",
            description="Share of the sends and commits that no broker answered. Near 100 %: Kafka cannot be reached.",
            thresholds={unanswered: "critical"},
            width=6,
            height=4,
        ),
        catalog.Row("Consumers: do they keep up?"),
        catalog.Panel(
            "Consumer lag",
            f"{_LAG}{{{_OF_BOTH}}}",
            unit="count",
            legend=_NAMED_GROUP,
            description="Messages not consumed yet. Hills that go down again are bursts; a line that only rises is a "
            "group that does not keep up.",
            thresholds=lag,
            minimum=0,
            compare="1w",
        ),
        catalog.Panel(
            "Lag where nothing is consumed",
            f"({_LAG}{{{_OF_BOTH}}} unless sum by ({_GROUP}) ({_CONSUMED}) > 0) or 0 * {_LAG}{{{_OF_BOTH}}}",
            unit="count",
            legend=_NAMED_GROUP,
            description="The lag of groups that were given no message in five minutes, zero for the others and for a "
            "quiet topic. What is above the line waits for a consumer that hangs.",
            thresholds={stalled_lag: "critical"},
            minimum=0,
        ),
        catalog.Panel(
            "Time to work it off",
            f"{_LAG}{{{_OF_BOTH}}} / (sum by ({_GROUP}) ({_CONSUMED}) > 0)",
            unit="seconds",
            legend=_NAMED_GROUP,
            description="What the lag is in time, if nothing more came in. Seconds are fine for most; hours are not.",
            minimum=0,
        ),
        catalog.Panel(
            "Lag by partition",
            f"topk by (job) (10, max by ({_GROUP}, messaging_destination_partition_id)"
            f" (kafka_consumer_lag_messages{{{_OF_BOTH}}}))",
            unit="count",
            legend=f"{_NAMED_GROUP} {{{{messaging_destination_partition_id}}}}",
            description="The ten partitions furthest behind. One alone: a key with most of the messages, or one that "
            "cannot be worked on. All alike: too few consumers.",
            minimum=0,
        ),
        catalog.Row("Messages"),
        catalog.Panel(
            "Messages sent and consumed",
            [
                catalog.Query(
                    f'sum by ({_TOPIC}) (rate(messaging_client_sent_messages_total{{{_OF_TOPIC},error_type=""}}[5m]))',
                    "{{job}} {{messaging_destination_name}} sent",
                ),
                catalog.Query(f"sum by ({_TOPIC}) ({_CONSUMED})", "{{job}} {{messaging_destination_name}} consumed"),
            ],
            unit="messages/s",
            description="Per second, acknowledged and given to the application. Where one service sends what another "
            "consumes, both lines should run together.",
            minimum=0,
        ),
        catalog.Panel(
            "Bytes sent and consumed",
            [
                catalog.Query(
                    f"sum by ({_TOPIC}) (rate(messaging_client_sent_bytes_total{{{_OF_TOPIC}}}[5m]))",
                    "{{job}} {{messaging_destination_name}} sent",
                ),
                catalog.Query(
                    f"sum by ({_TOPIC}) (rate(messaging_client_consumed_bytes_total{{{_OF_TOPIC}}}[5m]))",
                    "{{job}} {{messaging_destination_name}} consumed",
                ),
            ],
            unit="bytes/s",
            description="Values and keys before compression. More bytes for as many messages: they have grown.",
            minimum=0,
        ),
        catalog.Row("Producers: what is not sent, and why?"),
        catalog.Panel(
            "Messages that were not sent",
            f"{_FAILED}{{{_TOPIC_CHOSEN}}} or 0 * {_SENT}{{{_TOPIC_CHOSEN}}} / ({_SENT}{{{_TOPIC_CHOSEN}}} > 0)",
            unit="ratio",
            legend=_NAMED_TOPIC,
            description="Share of the messages that the client gave up. Zero; they are lost unless sent again.",
            thresholds=failed,
            minimum=0,
        ),
        catalog.Panel(
            "Failed messages by class",
            f"sum by ({_TOPIC}, error_type)"
            f' (rate(messaging_client_sent_messages_total{{{_OF_TOPIC},error_type!=""}}[5m]))',
            unit="messages/s",
            legend=f"{_NAMED_TOPIC} {{{{error_type}}}}",
            description="Timeouts point at the brokers or the network, the others at the message or its permission.",
            minimum=0,
        ),
        catalog.Panel(
            "Time to acknowledgement",
            f"{_P95}{{{_TOPIC_CHOSEN}}}",
            unit="seconds",
            legend=_NAMED_TOPIC,
            description="95 % of the messages are acknowledged within it, waiting in the batch included. A few "
            "milliseconds above linger.ms is good.",
            thresholds={send_slow: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Time to acknowledgement, all of it",
            f'sum by (le) (rate({_BUCKET}{{{_OF_TOPIC},messaging_operation_name="send"}}[5m]))',
            kind="heatmap",
            unit="seconds",
            description="Of the chosen topics. A second band far above the first is a retry or one slow broker of "
            "several; one band that rises is all of them.",
        ),
        catalog.Panel(
            "Failed operations by class",
            f"sum by (job, messaging_operation_name, error_type) (rate({_COUNT}"
            '{messaging_system="kafka",error_type!=""}[5m]))',
            unit="operations/s",
            legend="{{job}} {{messaging_operation_name}} {{error_type}}",
            description="Whatever fails, of sends, polls and commits, by class. Empty is good. One class everywhere "
            "at once is a broker.",
            minimum=0,
            width=24,
        ),
        catalog.Row("Consumers: why do they fall behind?"),
        catalog.Panel(
            "Assignments",
            "max by (job, messaging_consumer_group_name) (sum by (job, instance, messaging_consumer_group_name)"
            f' (increase(kafka_consumer_rebalances_total{{{_GROUP_CHOSEN},event="assigned"}}[15m])))',
            unit="count",
            legend="{{job}} {{messaging_consumer_group_name}}",
            description="Times within 15 minutes that one process was given partitions. A few at a deployment; a "
            "plateau above the line is a group that never settles.",
            thresholds={rebalances: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Partitions lost",
            "sum by (job, messaging_consumer_group_name)"
            f' (increase(kafka_consumer_rebalances_total{{{_GROUP_CHOSEN},event="lost"}}[15m]))',
            unit="count",
            legend="{{job}} {{messaging_consumer_group_name}}",
            description="Times within 15 minutes that a consumer was taken for dead and did not know. Zero.",
            thresholds={0: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Commits that failed",
            f"job_group:kafka_consumer_commits_failed:ratio_rate15m{{{_GROUP_CHOSEN}}}"
            f" or 0 * {_COMMITTED} / ({_COMMITTED} > 0)",
            unit="ratio",
            legend="{{job}} {{messaging_consumer_group_name}}",
            description="Share of the commits. A blip at a rebalance is normal, a plateau is not.",
            thresholds={commits: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Polls that failed",
            f"sum by (job, error_type) (increase({_COUNT}"
            '{messaging_system="kafka",messaging_operation_name="poll",error_type!=""}[5m]))',
            unit="count",
            legend="{{job}} {{error_type}}",
            description="Within five minutes, by class. Empty is good; the class says what Kafka has refused.",
            thresholds={polls: "high"},
            minimum=0,
        ),
    ]
