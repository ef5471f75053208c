"""Kafka as producers and consumers see it: messages, bytes, lag, rebalances and commits.

Names are OpenTelemetry's where it has one: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._kafka_panels import panels

__all__ = [
    "commits",
    "consumed_bytes",
    "consumed_messages",
    "consumer_lag",
    "kafka",
    "operation_duration",
    "rebalances",
    "sent_bytes",
    "sent_messages",
]

# https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/#metric-messagingclientoperationduration
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

sent_messages = Counter(
    "messaging_client_sent_messages_total",
    help="Messages that were acknowledged, and with their error_type those that failed.",
    labels=["messaging_system", "messaging_destination_name", "error_type"],
)
sent_bytes = Counter(
    "messaging_client_sent_bytes_total",
    help="Bytes of the values and keys of messages that were sent, before compression.",
    labels=["messaging_system", "messaging_destination_name"],
)
consumed_messages = Counter(
    "messaging_client_consumed_messages_total",
    help="Messages that the application was given.",
    labels=["messaging_system", "messaging_destination_name", "messaging_consumer_group_name"],
)
consumed_bytes = Counter(
    "messaging_client_consumed_bytes_total",
    help="Bytes of the values and keys of messages that the application was given.",
    labels=["messaging_system", "messaging_destination_name", "messaging_consumer_group_name"],
)
operation_duration = Histogram(
    "messaging_client_operation_duration_seconds",
    help="Time from sending a message to its acknowledgement (send), of asking for messages (poll; without a topic "
    "where none came), and of committing offsets (commit).",
    labels=["messaging_system", "messaging_operation_name", "messaging_destination_name", "error_type"],
    buckets=_SECONDS,
    max_series=2000,
)
consumer_lag = Gauge(
    "kafka_consumer_lag_messages",
    help="Messages of a partition that its consumer has not been given yet, as far as the consumer itself knows.",
    labels=["messaging_destination_name", "messaging_consumer_group_name", "messaging_destination_partition_id"],
    max_series=5000,
    multiprocess_mode="livemax",  # a partition that moves to another process is told by both for a moment
)
rebalances = Counter(
    "kafka_consumer_rebalances_total",
    help="Times that partitions were assigned to a consumer or revoked from it; lost: without having been asked.",
    labels={"messaging_consumer_group_name": None, "event": ["assigned", "revoked", "lost"]},
)
commits = Counter(
    "kafka_consumer_commits_total",
    help="Commits of offsets, of the application and automatic ones, with their error_type those that failed.",
    labels=["messaging_consumer_group_name", "error_type"],
)


@catalog.parametric
def kafka() -> catalog.Pack:
    """Kafka as producers and consumers see it: messages, bytes, lag, rebalances and commits."""
    return catalog.Pack(
        "kafka",
        title="Kafka clients",
        metrics=[
            sent_messages,
            sent_bytes,
            consumed_messages,
            consumed_bytes,
            operation_duration,
            consumer_lag,
            rebalances,
            commits,
        ],
        panels=panels(),
        dashboard=catalog.Dashboard(
            description="Do messages get through, and do the consumers keep up?",
            variables=[
                catalog.Variable(
                    "topic", "messaging_client_operation_duration_seconds_count", "messaging_destination_name", "Topic"
                ),
                catalog.Variable("group", "kafka_consumer_lag_messages", "messaging_consumer_group_name", "Group"),
            ],
            tags=["kafka"],
        ),
    )
