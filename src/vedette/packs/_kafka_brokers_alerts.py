"""The alerts of the pack of Kafka's brokers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._kafka_brokers_recordings import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["alerts"]

_HERE = "{{ $labels.instance }} of {{ $labels.job }}"
_COUNT = "{{ $value | humanize }}"


def alerts(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [*_cluster(limits, holds), *_partitions(holds), *_groups(limits, holds)]


def _cluster(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "KafkaBrokersMissing",
            # none at all is another alert
            f"max by ({CLUSTER}) (kafka_brokers) < {limits['brokers']:g} and max by ({CLUSTER}) (kafka_brokers) > 0",
            for_=holds["missing"],
            severity="critical",
            summary=f"Only {_COUNT} brokers are in the cluster behind {_HERE}",
            description=f"There should be {limits['brokers']:g}. The next one that goes may take data with it.",
            runbook="runbooks/kafka-brokers-missing.md",
            panel="Brokers over time",
        ),
        catalog.Alert(
            "KafkaClusterUnreachable",
            f"max by ({CLUSTER}) (up) == 1 unless on ({CLUSTER}) kafka_brokers > 0",
            for_=holds["unreachable"],
            severity="critical",
            summary=f"The exporter {_HERE} reaches no broker of Kafka",
            description="It runs and finds nobody: the cluster is down, or the way to it is.",
            runbook="runbooks/kafka-brokers-unreachable.md",
            panel="Finds brokers",
        ),
        catalog.Alert(
            "KafkaClusterUnwatched",
            f"max by ({CLUSTER}) (up) == 0",
            for_=holds["unwatched"],
            severity="high",
            summary=f"The exporter of Kafka {_HERE} does not answer",
            description="How its cluster is nobody knows. An exporter that finds no broker when it starts, ends.",
            runbook="runbooks/kafka-brokers-unwatched.md",
            panel="Exporter of Kafka answers",
        ),
    ]


def _partitions(holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "KafkaPartitionsWithoutLeader",
            "job_instance_topic:kafka_partitions_leaderless:count > 0",
            for_=holds["leaderless"],
            severity="critical",
            summary=f"{_COUNT} partitions of {{{{ $labels.topic }}}} have no leader ({_HERE})",
            description="Nobody can write to them or read from them.",
            runbook="runbooks/kafka-brokers-leader.md",
            panel="Partitions without a leader",
        ),
        catalog.Alert(
            "KafkaPartitionsUnderReplicated",
            "job_instance_topic:kafka_partitions_under_replicated:sum > 0",
            for_=holds["under-replicated"],
            severity="high",
            summary=f"{_COUNT} partitions of {{{{ $labels.topic }}}} lack a copy ({_HERE})",
            description="A broker that should have them is away, or does not follow. If their leader goes as well, "
            "messages are lost or refused.",
            runbook="runbooks/kafka-brokers-replicas.md",
            panel="Partitions that lack a copy",
        ),
    ]


def _groups(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    group = f"{CLUSTER}, consumergroup"
    return [
        catalog.Alert(
            "KafkaGroupLagHigh",
            f"job_instance_group_topic:kafka_consumergroup_lag:max > {limits['lag']:g}",
            for_=holds["lag"],
            severity="high",
            summary="The group {{ $labels.consumergroup }} has "
            f"{_COUNT} messages of {{{{ $labels.topic }}}} to read ({_HERE})",
            description="What it does with them comes late, and later still if this grows.",
            runbook="runbooks/kafka-brokers-lag.md",
            panel="Lag of groups",
        ),
        catalog.Alert(
            "KafkaGroupAbandoned",
            f"sum by ({group}) (job_instance_group_topic:kafka_consumergroup_lag:max) > 0 "
            f"and max by ({group}) (kafka_consumergroup_members) == 0",
            for_=holds["abandoned"],
            severity="high",
            summary=f"Nobody reads for the group {{{{ $labels.consumergroup }}}}, and {_COUNT} messages wait ({_HERE})",
            description="All of its consumers are gone. Once its offsets expire nobody knows where it was.",
            runbook="runbooks/kafka-brokers-abandoned.md",
            panel="Members of groups",
        ),
    ]
