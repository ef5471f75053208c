"""The panels of the pack of Kafka's brokers: is it whole, what goes through, who keeps up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._kafka_brokers_recordings import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_TOPIC = '{topic=~"$topic"}'
_GROUP = '{consumergroup=~"$group",topic=~"$topic"}'
_LEADERLESS = "job_instance_topic:kafka_partitions_leaderless:count"
_LACKING = "job_instance_topic:kafka_partitions_under_replicated:sum"
_LAG = "job_instance_group_topic:kafka_consumergroup_lag:max"


def panels(limits: Mapping[str, float]) -> Items:
    return [*_well(limits), *_whole(limits), *_through(), *_groups(limits), *_exporter()]


def _well(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Panel(
            "Brokers",
            "min by (job) (kafka_brokers)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="That are there now. Fewer than the line: one has ended or cannot be reached by the others.",
            thresholds={limits["brokers"]: "critical"},
            below=True,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Without a leader",
            f"sum by (job) ({_LEADERLESS})",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Partitions that nobody can write to or read from. Zero, but for a moment when a broker goes.",
            thresholds={1: "critical"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Lacking a copy",
            f"sum by (job) ({_LACKING})",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Partitions of which a broker lacks some. Zero; more for minutes while a broker comes back.",
            thresholds={1: "high"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Furthest behind",
            f"max by (job) ({_LAG})",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Messages of one topic that the slowest group has not read. It returns to near zero by itself.",
            thresholds={limits["lag"]: "high"},
            overview=True,
            width=6,
            height=4,
        ),
    ]


def _whole(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Is the cluster whole?"),
        catalog.Panel(
            "Brokers over time",
            f"max by ({CLUSTER}) (kafka_brokers)",
            unit="count",
            legend="{{job}} {{instance}}",
            description="A level line. One step down and up again is a restart; one that stays is a broker lost.",
            thresholds={limits["brokers"]: "critical"},
            below=True,
            minimum=0,
        ),
        catalog.Panel(
            "Partitions without a leader",
            f"{_LEADERLESS}{_TOPIC}",
            unit="count",
            legend="{{instance}} {{topic}}",
            description="Zero. All topics at once: brokers are down. One alone: all of its copies are on those.",
            thresholds={0: "critical"},
            minimum=0,
        ),
        catalog.Panel(
            "Partitions that lack a copy",
            f"{_LACKING}{_TOPIC}",
            unit="count",
            legend="{{instance}} {{topic}}",
            description="Zero. A hill that melts is a broker that catches up; a plateau is one that stays away.",
            thresholds={0: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Copies in step",
            f"min by ({CLUSTER}, topic) (kafka_topic_partition_in_sync_replica{_TOPIC} "
            "/ (kafka_topic_partition_replicas > 0))",
            unit="ratio",
            legend="{{instance}} {{topic}}",
            description="Of the partition of each topic that has the smallest share. 100 % is well; what has one copy "
            "in three left stands on one broker.",
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Partitions by leader",
            f'count_values by ({CLUSTER}) ("id", kafka_topic_partition_leader)',
            unit="count",
            legend="{{instance}} broker {{id}}",
            description="About the same for each broker. One with far more does most of the work; one that is missing "
            "here leads nothing.",
            minimum=0,
        ),
        catalog.Panel(
            "Leaders that stand in",
            f"sum by ({CLUSTER}, topic) (1 - kafka_topic_partition_leader_is_preferred{_TOPIC})",
            unit="count",
            legend="{{instance}} {{topic}}",
            description="Partitions that another broker leads than the one meant to. Back at zero some minutes after a "
            "restart, or the load is uneven.",
            minimum=0,
        ),
    ]


def _through() -> Items:
    return [
        catalog.Row("What goes through?"),
        catalog.Panel(
            "Messages in",
            f"job_instance_topic:kafka_messages_in:rate5m{_TOPIC}",
            unit="messages/s",
            legend="{{instance}} {{topic}}",
            description="Written to each topic. It follows the day; a fall to zero is a producer that is gone.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Messages out",
            f"job_instance_group_topic:kafka_messages_out:rate5m{_GROUP}",
            unit="messages/s",
            legend="{{consumergroup}} {{topic}}",
            description="Read by each group, as it says by its commits. It should look like what comes in.",
            minimum=0,
        ),
        catalog.Panel(
            "Messages kept",
            f"job_instance_topic:kafka_messages_kept:sum{_TOPIC}",
            unit="count",
            legend="{{instance}} {{topic}}",
            description="Level where the retention takes away what comes in. A slope without end fills the disks.",
            minimum=0,
        ),
        catalog.Panel(
            "Partitions",
            f"max by ({CLUSTER}, topic) (kafka_topic_partitions{_TOPIC})",
            unit="count",
            legend="{{instance}} {{topic}}",
            description="Of each topic: so many consumers of a group can work at a time. A new line is a new topic.",
            minimum=0,
        ),
    ]


def _groups(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Do groups keep up?"),
        catalog.Panel(
            "Lag of groups",
            f"{_LAG}{_GROUP}",
            unit="count",
            legend="{{consumergroup}} {{topic}}",
            description="Messages that a group has not read. Hills are bursts; a slope is a group that is too slow, or "
            "has stopped.",
            thresholds={limits["lag"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Lag of partitions",
            f"topk by ({CLUSTER}) (10, max by ({CLUSTER}, consumergroup, topic, partition) "
            f"(kafka_consumergroup_lag{_GROUP}))",
            unit="count",
            legend="{{consumergroup}} {{topic}} {{partition}}",
            description="The ten largest. One far above the others: a key that has most of the messages, or one "
            "message that cannot be worked on.",
            minimum=0,
        ),
        catalog.Panel(
            "Members of groups",
            f'max by ({CLUSTER}, consumergroup) (kafka_consumergroup_members{{consumergroup=~"$group"}})',
            unit="count",
            legend="{{instance}} {{consumergroup}}",
            description="Consumers that are connected. Zero is well only for a group that has nothing to read.",
            minimum=0,
        ),
    ]


def _exporter() -> Items:
    return [
        catalog.Row("The exporter and whom it finds"),
        catalog.Panel(
            "Exporter of Kafka answers",
            f"max by ({CLUSTER}) (up)",
            kind="stat",
            unit="boolean",
            legend="{{job}} {{instance}}",
            description="Yes where the exporter can be asked. No: all else here is old or missing.",
            thresholds={1: "high"},
            below=True,
            width=6,
            height=5,
        ),
        catalog.Panel(
            "Finds brokers",
            f"max by ({CLUSTER}) (kafka_brokers > bool 0)",
            kind="stat",
            unit="boolean",
            legend="{{job}} {{instance}}",
            description="Yes where the exporter knows a broker. No, or empty: it runs and nobody answers it.",
            thresholds={1: "critical"},
            below=True,
            width=6,
            height=5,
        ),
        catalog.Panel(
            "Brokers by address",
            f"count by ({CLUSTER}, id, address) (kafka_broker_info)",
            kind="table",
            unit="count",
            description="Who is there, by number and the address that it advertises. Who is missing from the list has "
            "left the cluster.",
            width=12,
            height=5,
        ),
    ]
