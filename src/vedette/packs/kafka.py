"""Kafka as producers and consumers see it: messages, bytes, lag, rebalances and commits.

Names are OpenTelemetry's where it has one: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
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


_GROUP = "job, messaging_consumer_group_name, messaging_destination_name"
_TOPIC = "job, messaging_destination_name"
_OPERATION = "job, messaging_operation_name"

_LAG = "job_group_topic:kafka_consumer_lag_messages:sum"
_SENT = "job_topic:messaging_client_sent_messages:rate5m"
_FAILED = "job_topic:messaging_client_sent_messages_failed:ratio_rate5m"
_P95 = "job_topic:messaging_client_send_duration_seconds:p95_5m"
_OPERATIONS = "job_operation:messaging_client_operations:rate5m"
_UNANSWERED = "job_operation:messaging_client_operations_unanswered:ratio_rate5m"
_COMMITS = "job_group:kafka_consumer_commits_failed:ratio_rate15m"

# How librdkafka and aiokafka say that no broker answers: https://docs.confluent.io/platform/current/clients/librdkafka/
# html/rdkafka_8h.html (rd_kafka_resp_err_t) and https://aiokafka.readthedocs.io/en/stable/api.html#errors
_NO_ANSWER = (
    ".*(TIMED_OUT|_TIMED_OUT_QUEUE|_ALL_BROKERS_DOWN|_TRANSPORT|_RESOLVE|BROKER_NOT_AVAILABLE|COORDINATOR_NOT_AVAILABLE"
    "|KafkaConnectionError|KafkaTimeoutError|KafkaUnavailableError|RequestTimedOutError|NodeNotReadyError"
    "|NoBrokersAvailable|BrokerNotAvailableError|CoordinatorNotAvailableError)"
)

# Of the process that was given partitions most often: each counts all rebalances of its group.
_REBALANCED = (
    "max by (job, messaging_consumer_group_name) (sum by (job, instance, messaging_consumer_group_name)"
    ' (increase(kafka_consumer_rebalances_total{event="assigned"}[15m])))'
)
_FAILED_POLLS = (
    "increase(messaging_client_operation_duration_seconds_count"
    '{messaging_system="kafka",messaging_operation_name="poll",error_type!=""}[5m])'
)


@catalog.parametric
def kafka(
    *,
    lag_high: float = 1000,
    lag_critical: float = 10_000,
    lag_for: str = "5m",
    stalled_lag: float = 20,
    stalled_for: str = "5m",
    failed_ratio_high: float = 0.01,
    failed_ratio_critical: float = 0.1,
    failed_for: str = "5m",
    unanswered_ratio: float = 0.5,
    unanswered_for: str = "2m",
    send_slow: float = 1.0,
    send_slow_for: str = "5m",
    min_rate: float = 0.02,
    rebalances_high: float = 5,
    commits_failed_ratio: float = 0.1,
    commits_failed_for: str = "5m",
    polls_failed_high: float = 5,
) -> catalog.Pack:
    """Kafka as producers and consumers see it: do messages get through, and do consumers keep up?

    Args:
        lag_high: messages of a topic that a group has not consumed yet which are too many.
        lag_critical: messages that page.
        lag_for: how long either must hold.
        stalled_lag: messages that may wait while none is consumed; the marks of transactions leave one per partition.
        stalled_for: how long more than that may wait after five minutes without one.
        failed_ratio_high: share of the messages of a topic that cannot be sent which is high.
        failed_ratio_critical: share that pages.
        failed_for: how long either must hold.
        unanswered_ratio: share of the sends or commits that no broker answers at which Kafka cannot be reached.
        unanswered_for: how long it must hold.
        send_slow: 95th percentile from sending to acknowledgement, in seconds, that is slow.
        send_slow_for: how long it must hold.
        min_rate: messages, or commits, per second below which shares and percentiles say nothing.
        rebalances_high: assignments to one process within 15 minutes that are tolerated.
        commits_failed_ratio: share of the commits of a group that fail which is too high.
        commits_failed_for: how long it must hold.
        polls_failed_high: failed polls of one service within five minutes that are tolerated.
    """
    check_above_zero(
        lag_high=lag_high,
        lag_critical=lag_critical,
        stalled_lag=stalled_lag,
        send_slow=send_slow,
        min_rate=min_rate,
        rebalances_high=rebalances_high,
        polls_failed_high=polls_failed_high,
    )
    check_ratio(
        failed_ratio_high=failed_ratio_high,
        failed_ratio_critical=failed_ratio_critical,
        unanswered_ratio=unanswered_ratio,
        commits_failed_ratio=commits_failed_ratio,
    )
    check_rising(lag_high=lag_high, lag_critical=lag_critical)
    check_rising(failed_ratio_high=failed_ratio_high, failed_ratio_critical=failed_ratio_critical)
    topic = "{{ $labels.messaging_destination_name }}"
    group = "{{ $labels.messaging_consumer_group_name }} of {{ $labels.job }}"
    percent = "{{ $value | humanizePercentage }}"
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
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "KafkaConsumerLagHigh",
                f"{_LAG} > {lag_high:g}",
                for_=lag_for,
                severity="high",
                summary=f"{group} is {{{{ $value | humanize }}}} messages of {topic} behind",
                description="It consumes more slowly than is produced; what it does for users is late by as much.",
                runbook="runbooks/kafka-lag.md",
                panel="Consumer lag",
            ),
            catalog.Alert(
                "KafkaConsumerLagCritical",
                f"{_LAG} > {lag_critical:g}",
                for_=lag_for,
                severity="critical",
                summary=f"{group} is {{{{ $value | humanize }}}} messages of {topic} behind",
                description="It does not catch up; what is older than the topic keeps will be lost to it.",
                runbook="runbooks/kafka-lag.md",
                panel="Consumer lag",
            ),
            catalog.Alert(
                "KafkaConsumerStalled",
                f"{_LAG} > {stalled_lag:g} unless sum by ({_GROUP})"
                ' (increase(messaging_client_consumed_messages_total{messaging_system="kafka"}[5m])) > 0',
                for_=stalled_for,
                severity="critical",
                summary=f"{group} consumes nothing of {topic}, and {{{{ $value | humanize }}}} messages wait",
                description="It has partitions, and what is in them is not given to the application.",
                runbook="runbooks/kafka-stalled.md",
                panel="Lag where nothing is consumed",
            ),
            catalog.Alert(
                "KafkaSendFailuresHigh",
                f"{_FAILED} > {failed_ratio_high:g} and {_SENT} > {min_rate:g}",
                for_=failed_for,
                severity="high",
                summary=f"{percent} of the messages of {{{{ $labels.job }}}} to {topic} are not sent",
                description="The client has given them up: they are lost, unless the application sends them again.",
                runbook="runbooks/kafka-send-failures.md",
                panel="Messages that were not sent",
            ),
            catalog.Alert(
                "KafkaSendFailuresCritical",
                f"{_FAILED} > {failed_ratio_critical:g} and {_SENT} > {min_rate:g}",
                for_=failed_for,
                severity="critical",
                summary=f"{percent} of the messages of {{{{ $labels.job }}}} to {topic} are not sent",
                description="The client has given up so many of them; whoever consumes the topic misses them.",
                runbook="runbooks/kafka-send-failures.md",
                panel="Messages that were not sent",
            ),
            catalog.Alert(
                "KafkaUnreachable",
                f"{_UNANSWERED} > {unanswered_ratio:g} and {_OPERATIONS} > {min_rate:g}",
                for_=unanswered_for,
                severity="critical",
                summary=f"No broker answers {{{{ $labels.job }}}}: {percent} of what it asks for "
                "({{ $labels.messaging_operation_name }}) ends without an answer",
                description="The brokers are down, or the way to them is; clients give up after minutes of trying.",
                runbook="runbooks/kafka-unreachable.md",
                panel="Without an answer",
            ),
            catalog.Alert(
                "KafkaSendSlow",
                f"{_P95} > {send_slow:g} and {_SENT} > {min_rate:g}",
                for_=send_slow_for,
                severity="high",
                summary=f"5 % of the messages of {{{{ $labels.job }}}} to {topic} wait over"
                " {{ $value | humanizeDuration }} for their acknowledgement",
                description="Who waits for it waits as long, and the client's buffer fills meanwhile.",
                runbook="runbooks/kafka-send-slow.md",
                panel="Time to acknowledgement",
            ),
            catalog.Alert(
                "KafkaRebalancing",
                f"{_REBALANCED} > {rebalances_high:g}",
                severity="medium",
                summary=f"Partitions of {group} were handed out {{{{ $value | humanize }}}} times in 15 minutes",
                description="The group stands still each time, and some messages are consumed twice.",
                runbook="runbooks/kafka-rebalances.md",
                panel="Assignments",
            ),
            catalog.Alert(
                "KafkaPartitionsLost",
                "sum by (job, messaging_consumer_group_name)"
                ' (increase(kafka_consumer_rebalances_total{event="lost"}[15m])) > 0',
                severity="medium",
                summary=f"Partitions were taken from a consumer of {group} without its knowing",
                description="Its group took it for dead; what it was working on another one does again.",
                runbook="runbooks/kafka-rebalances.md",
                panel="Partitions lost",
            ),
            catalog.Alert(
                "KafkaCommitsFailing",
                f"{_COMMITS} > {commits_failed_ratio:g}",
                for_=commits_failed_for,
                severity="high",
                summary=f"{percent} of the commits of {group} fail",
                description="How far it is nobody knows: after a restart it begins at the last commit that went well.",
                runbook="runbooks/kafka-commits.md",
                panel="Commits that failed",
            ),
            catalog.Alert(
                "KafkaPollsFailing",
                f"sum by (job, error_type) ({_FAILED_POLLS}) > {polls_failed_high:g}",
                for_="5m",
                severity="high",
                summary="{{ $labels.job }} asks Kafka for messages and gets {{ $labels.error_type }}",
                description="{{ $value | humanize }} times in five minutes; what it cannot read it does not work on.",
                runbook="runbooks/kafka-polls.md",
                panel="Polls that failed",
            ),
        ],
        panels=panels(
            lag={lag_high: "high", lag_critical: "critical"},
            stalled_lag=stalled_lag,
            failed={failed_ratio_high: "high", failed_ratio_critical: "critical"},
            unanswered=unanswered_ratio,
            send_slow=send_slow,
            rebalances=rebalances_high,
            commits=commits_failed_ratio,
            polls=polls_failed_high,
        ),
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


def _recordings() -> list[catalog.Recording]:
    sent = 'messaging_client_sent_messages_total{messaging_system="kafka"}'
    failed = 'messaging_client_sent_messages_total{messaging_system="kafka",error_type!=""}'
    send = 'messaging_system="kafka",messaging_operation_name="send"'
    count, bucket = (f"messaging_client_operation_duration_seconds_{part}" for part in ("count", "bucket"))
    # polls that find nothing are no success that could be set against a failure
    unanswered = f'messaging_system="kafka",messaging_operation_name=~"send|commit",error_type=~"{_NO_ANSWER}"'
    group = "job, messaging_consumer_group_name"
    return [
        catalog.Recording(
            _LAG,
            # a partition that moves is told by both of its consumers for a moment
            f"sum by ({_GROUP}) (max by ({_GROUP}, messaging_destination_partition_id) (kafka_consumer_lag_messages))",
            description="Messages of a topic that a group has not consumed yet.",
        ),
        catalog.Recording(
            _SENT,
            f"sum by ({_TOPIC}) (rate({sent}[5m]))",
            description="Messages per second that were acknowledged or given up.",
        ),
        catalog.Recording(
            _FAILED,
            f"sum by ({_TOPIC}) (rate({failed}[5m])) / ({_SENT} > 0)",
            description="Share of the messages that were given up; absent where none is sent, or none ever failed.",
        ),
        catalog.Recording(
            _P95,
            f"histogram_quantile(0.95, sum by ({_TOPIC}, le) (rate({bucket}{{{send}}}[5m]))) >= 0",
            description="95th percentile from sending to acknowledgement; absent where none is sent.",
        ),
        catalog.Recording(
            _OPERATIONS,
            f'sum by ({_OPERATION}) (rate({count}{{messaging_system="kafka"}}[5m]))',
            description="Sends, polls and commits per second.",
        ),
        catalog.Recording(
            _UNANSWERED,
            f"sum by ({_OPERATION}) (rate({count}{{{unanswered}}}[5m])) / ({_OPERATIONS} > 0)",
            description="Share of the sends, and of the commits, that no broker answered; absent where all ever were.",
        ),
        catalog.Recording(
            _COMMITS,
            f'sum by ({group}) (rate(kafka_consumer_commits_total{{error_type!=""}}[15m]))'
            f" / (sum by ({group}) (rate(kafka_consumer_commits_total[15m])) > 0)",
            description="Share of the commits that failed; absent without commits, or where none ever failed.",
        ),
    ]
