"""What the pack of Kafka's brokers records: partitions in trouble, messages in and out, lag."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["CLUSTER", "recordings"]

CLUSTER = "job, instance"
"""An exporter that watches one cluster is an instance."""


def recordings() -> list[catalog.Recording]:
    topic, group = f"by ({CLUSTER}, topic)", f"by ({CLUSTER}, consumergroup, topic)"
    return [
        catalog.Recording(
            "job_instance_topic:kafka_partitions_leaderless:count",
            # the exporter says nothing of a leader that there is not; a broker may have the number 0
            f"sum {topic} ((kafka_topic_partition_leader or on ({CLUSTER}, topic, partition) "
            "0 * kafka_topic_partition_under_replicated_partition - 1) < bool 0)",
            description="Partitions of a topic that no broker leads.",
        ),
        catalog.Recording(
            "job_instance_topic:kafka_partitions_under_replicated:sum",
            f"sum {topic} (kafka_topic_partition_under_replicated_partition)",
            description="Partitions of a topic of which a broker lacks some.",
        ),
        catalog.Recording(
            "job_instance_topic:kafka_messages_in:rate5m",
            # offsets are gauges here, and a topic that is made anew begins at zero
            f"clamp_min(sum {topic} (deriv(kafka_topic_partition_current_offset[5m])), 0)",
            description="Messages that are written to a topic in a second.",
        ),
        catalog.Recording(
            "job_instance_group_topic:kafka_messages_out:rate5m",
            f"clamp_min(sum {group} (deriv(kafka_consumergroup_current_offset[5m])), 0)",
            description="Messages of a topic that a group reads in a second.",
        ),
        catalog.Recording(
            "job_instance_topic:kafka_messages_kept:sum",
            f"sum {topic} (kafka_topic_partition_current_offset - kafka_topic_partition_oldest_offset)",
            description="Messages of a topic that are kept.",
        ),
        catalog.Recording(
            "job_instance_group_topic:kafka_consumergroup_lag:max",
            f"max {group} (kafka_consumergroup_lag_sum)",
            description="Messages of a topic that a group has not read.",
        ),
    ]
