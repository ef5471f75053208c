"""The panels of the kafka pack: from whether consumers keep up down to what fails while messages are sent."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_TOPIC = "job, messaging_destination_name"
_OF_TOPIC = 'messaging_system="kafka",messaging_destination_name=~"$topic"'
_OF_GROUP = 'messaging_consumer_group_name=~"$group"'
_DURATION = "messaging_client_operation_duration_seconds"


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Consumer lag",
            f"sum by ({_TOPIC}, messaging_consumer_group_name) (kafka_consumer_lag_messages{{{_OF_GROUP}}})",
            unit="count",
            legend="{{messaging_consumer_group_name}} {{messaging_destination_name}}",
            description="Messages not consumed yet. A line that only rises: the group does not keep up.",
            overview=True,
            minimum=0,
        ),
        catalog.Panel(
            "Messages sent and consumed",
            [
                catalog.Query(
                    f'sum by ({_TOPIC}) (rate(messaging_client_sent_messages_total{{{_OF_TOPIC},error_type=""}}[5m]))',
                    "{{job}} {{messaging_destination_name}} sent",
                ),
                catalog.Query(
                    f"sum by ({_TOPIC}) (rate(messaging_client_consumed_messages_total{{{_OF_TOPIC}}}[5m]))",
                    "{{job}} {{messaging_destination_name}} consumed",
                ),
            ],
            unit="messages/s",
            description="Messages per second that were acknowledged, and that the application was given.",
            overview=True,
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
            description="Bytes of values and keys per second, before compression.",
            minimum=0,
        ),
        catalog.Row("Producers"),
        catalog.Panel(
            "Failed messages by class",
            f"sum by ({_TOPIC}, error_type)"
            f' (rate(messaging_client_sent_messages_total{{{_OF_TOPIC},error_type!=""}}[5m]))',
            unit="messages/s",
            legend="{{job}} {{messaging_destination_name}} {{error_type}}",
            description="Messages per second that could not be sent: they are lost unless the application sends again.",
            minimum=0,
        ),
        catalog.Panel(
            "Time to acknowledgement p95",
            f"histogram_quantile(0.95, sum by ({_TOPIC}, le)"
            f' (rate({_DURATION}_bucket{{{_OF_TOPIC},messaging_operation_name="send"}}[5m])))',
            unit="seconds",
            legend="{{job}} {{messaging_destination_name}}",
            description="95 % of the messages are acknowledged within this time, waiting in the batch included.",
            minimum=0,
        ),
        catalog.Row("Consumers"),
        catalog.Panel(
            "Rebalances",
            "sum by (job, messaging_consumer_group_name, event)"
            f" (increase(kafka_consumer_rebalances_total{{{_OF_GROUP}}}[5m]))",
            unit="count",
            legend="{{messaging_consumer_group_name}} {{event}}",
            description="Times that partitions moved in five minutes. Nobody consumes while they do.",
            minimum=0,
        ),
        catalog.Panel(
            "Failed commits",
            "sum by (job, messaging_consumer_group_name, error_type)"
            f' (rate(kafka_consumer_commits_total{{{_OF_GROUP},error_type!=""}}[5m]))',
            unit="operations/s",
            legend="{{messaging_consumer_group_name}} {{error_type}}",
            description="Commits per second that failed: their messages are consumed again after a restart.",
            minimum=0,
        ),
    ]
