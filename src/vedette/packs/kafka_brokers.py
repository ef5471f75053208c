"""The brokers of Kafka, by the names of kafka_exporter: brokers, partitions, messages and the lag of consumer groups.

The service is the exporter, one for each cluster: ``Service("events", ["kafka1:9308"], packs=[kafka_brokers])``. What
producers and consumers see of Kafka is the pack `kafka`. Names, labels and types are those of the exporter's
documentation and sources (danielqsj/kafka_exporter). The pack is proven on a page written by them, and *unproven* on a
real cluster.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics.metric import Metric
from vedette.packs._kafka_brokers_alerts import alerts
from vedette.packs._kafka_brokers_panels import panels
from vedette.packs._kafka_brokers_recordings import recordings

__all__ = ["METRICS", "kafka_brokers"]

_PARTITION = ["partition", "topic"]
_OF_GROUP = ["consumergroup", "partition", "topic"]


def _gauge(name: str, text: str, labels: list[str] | None = None) -> Metric:
    return Metric.foreign("gauge", name, exporter="kafka_exporter", help=text, labels=labels)


METRICS: tuple[Metric, ...] = (
    _gauge("kafka_brokers", "Brokers that the cluster has at the moment."),
    _gauge("kafka_broker_info", "A broker that is there, with its number and address.", ["address", "id"]),
    _gauge("kafka_topic_partitions", "Partitions of a topic.", ["topic"]),
    _gauge("kafka_topic_partition_current_offset", "Where the next message of a partition is written.", _PARTITION),
    _gauge("kafka_topic_partition_oldest_offset", "Where the oldest message stands that is still kept.", _PARTITION),
    _gauge("kafka_topic_partition_replicas", "Brokers that should have a partition.", _PARTITION),
    _gauge("kafka_topic_partition_in_sync_replica", "Brokers that have all of it.", _PARTITION),
    _gauge("kafka_topic_partition_leader", "Number of the broker that leads a partition.", _PARTITION),
    _gauge("kafka_topic_partition_leader_is_preferred", "1 if that is the first of its brokers, 0 if not.", _PARTITION),
    _gauge("kafka_topic_partition_under_replicated_partition", "1 if a broker lacks some of it, 0 if not.", _PARTITION),
    _gauge("kafka_consumergroup_current_offset", "Where a group has come to; -1 for nowhere yet.", _OF_GROUP),
    _gauge("kafka_consumergroup_lag", "Messages of a partition that a group has not read.", _OF_GROUP),
    _gauge("kafka_consumergroup_lag_sum", "The same of all partitions of a topic.", ["consumergroup", "topic"]),
    _gauge("kafka_consumergroup_members", "Consumers of a group that are connected.", ["consumergroup"]),
)
"""What kafka_exporter exposes of a cluster that the pack uses."""


@catalog.parametric
def kafka_brokers(
    *,
    brokers: float = 3,
    missing_for: str = "2m",
    leaderless_for: str = "1m",
    under_replicated_for: str = "5m",
    lag_high: float = 1000,
    lag_for: str = "5m",
    abandoned_for: str = "10m",
    unreachable_for: str = "2m",
    unwatched_for: str = "5m",
) -> catalog.Pack:
    """The brokers of Kafka: who is there, who leads what, who is copied, and who reads; by kafka_exporter.

    Args:
        brokers: how many brokers the cluster has when all are there.
        missing_for: how long one may be away.
        leaderless_for: how long a partition may have no leader.
        under_replicated_for: how long a broker may lack some of a partition.
        lag_high: messages of a topic that a group has not read which are too many.
        lag_for: how long it must hold.
        abandoned_for: how long a group that has something to read may have nobody who reads.
        unreachable_for: how long the exporter may find no broker.
        unwatched_for: how long the exporter itself may be silent.
    """
    check_above_zero(brokers=brokers, lag_high=lag_high)
    limits = {"brokers": brokers, "lag": lag_high}
    holds = {
        "missing": missing_for,
        "leaderless": leaderless_for,
        "under-replicated": under_replicated_for,
        "lag": lag_for,
        "abandoned": abandoned_for,
        "unreachable": unreachable_for,
        "unwatched": unwatched_for,
    }
    return catalog.Pack(
        "kafka_brokers",
        title="Kafka's brokers",
        metrics=METRICS,
        recordings=recordings(),
        alerts=alerts(limits, holds),
        panels=panels(limits),
        dashboard=catalog.Dashboard(
            description="Is the cluster whole, what goes through it, and does every group keep up?",
            variables=[
                catalog.Variable("topic", "kafka_topic_partitions", "topic", "Topic"),
                catalog.Variable("group", "kafka_consumergroup_members", "consumergroup", "Group"),
            ],
            range="6h",
            tags=["kafka"],
        ),
    )
