"""The alerts of the containers pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.packs._containers_recordings import Naming

__all__ = ["alerts"]

_CONTAINER = "{{ $labels.name }} on {{ $labels.instance }} ({{ $labels.job }})"


def alerts(limits: Mapping[str, float], holds: Mapping[str, str], naming: Naming) -> list[catalog.Alert]:
    found = [*_needs(limits, holds), _not_watched(holds)]
    return found if naming.kubernetes else [*_runs(limits), *found]


def _runs(limits: Mapping[str, float]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "ContainerGone",
            f"job_instance_name:container_last_seen:age > {limits['gone']:g} "
            "and on (job, instance) max by (job, instance) (up) == 1",
            severity="high",
            summary=f"The container {_CONTAINER} is gone for {{{{ $value | humanizeDuration }}}}",
            description="It ended or was removed, and nothing has started it again. After an hour it is forgotten.",
            runbook="runbooks/containers-gone.md",
            panel="Since a container was seen",
        ),
        catalog.Alert(
            "ContainerRestarting",
            f"job_instance_name:container_starts:changes15m > {limits['restarts']:g}",
            severity="high",
            summary=f"The container {_CONTAINER} was started again {{{{ $value | humanize }}}} times within 15 minutes",
            description="One time is a release. More often it ends by itself, and Docker starts it again.",
            runbook="runbooks/containers-restarts.md",
            panel="Starts within 15 minutes",
        ),
    ]


def _needs(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    share = "{{ $value | humanizePercentage }}"
    return [
        catalog.Alert(
            "ContainerCpuHigh",
            f"job_instance_name:container_cpu:limit_ratio > {limits['cpu']:g}",
            for_=holds["cpu"],
            severity="high",
            summary=f"The container {_CONTAINER} uses {share} of the processor time that it may have",
            description="At its limit it is made to wait, whatever the machine has left.",
            runbook="runbooks/containers-cpu.md",
            panel="Processor time of the limit",
        ),
        catalog.Alert(
            "ContainerThrottled",
            f"job_instance_name:container_cpu_cfs_throttled:ratio > {limits['throttled']:g}",
            for_=holds["throttled"],
            severity="medium",
            summary=f"The container {_CONTAINER} is made to wait in {share} of its periods",
            description="Its answers are late by up to a tenth of a second each time, even where its mean use is low.",
            runbook="runbooks/containers-cpu.md",
            panel="Made to wait",
        ),
        catalog.Alert(
            "ContainerMemoryHigh",
            f"job_instance_name:container_memory:limit_ratio > {limits['memory']:g}",
            for_=holds["memory"],
            severity="high",
            summary=f"The container {_CONTAINER} uses {share} of the memory that it may have",
            description="When it reaches the limit it is killed, without being asked.",
            runbook="runbooks/containers-memory.md",
            panel="Memory of the limit",
        ),
        catalog.Alert(
            "ContainerMemoryCritical",
            f"job_instance_name:container_memory:limit_ratio > {limits['memory critical']:g}",
            for_=holds["memory critical"],
            severity="critical",
            summary=f"The container {_CONTAINER} uses {share} of the memory that it may have",
            description="The next peak kills it.",
            runbook="runbooks/containers-memory.md",
            panel="Memory of the limit",
        ),
        catalog.Alert(
            "ContainerOutOfMemory",
            "job_instance_name:container_oom_events:increase10m > 0",
            severity="high",
            summary=f"Something of the container {_CONTAINER} was killed for lack of memory",
            description="Whatever it was doing was cut off. If it was the main process, the container starts anew.",
            runbook="runbooks/containers-oom.md",
            panel="Killed in containers for lack of memory",
        ),
    ]


def _not_watched(holds: Mapping[str, str]) -> catalog.Alert:
    return catalog.Alert(
        "ContainersNotWatched",
        "max by (job, instance) (up) == 0",
        for_=holds["not watched"],
        severity="high",
        summary="cAdvisor at {{ $labels.instance }} of {{ $labels.job }} does not answer",
        description="What becomes of the containers of this machine nobody knows.",
        runbook="runbooks/containers-not-watched.md",
        panel="Machines that answer",
    )
