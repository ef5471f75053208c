"""The alerts of the host pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._host_recordings import STORAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["alerts"]


def alerts(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    machine = "{{ $labels.instance }} of {{ $labels.job }}"
    mount = f"{{{{ $labels.mountpoint }}}} on {machine}"
    share = "{{ $value | humanizePercentage }}"
    hours = f"{limits['hours']:g}"
    return [
        catalog.Alert(
            "HostCpuHigh",
            f"job_instance:node_cpu_seconds:busy_ratio > {limits['cpu']:g}",
            for_=holds["cpu"],
            severity="high",
            summary=f"The processors of {machine} are busy {share} of the time",
            description="What comes on top has to wait; every answer takes longer.",
            runbook="runbooks/host-cpu.md",
            panel="Processors busy",
        ),
        catalog.Alert(
            "HostLoadHigh",
            f"job_instance:node_load5:per_processor > {limits['load']:g}",
            for_=holds["load"],
            severity="medium",
            summary=f"{{{{ $value | humanize }}}} processes for each processor run or wait on {machine}",
            description="They queue for a processor, or for a disk that does not answer.",
            runbook="runbooks/host-cpu.md",
            panel="Load for each processor",
        ),
        catalog.Alert(
            "HostMemoryHigh",
            f"job_instance:node_memory:used_ratio > {limits['memory']:g}",
            for_=holds["memory"],
            severity="high",
            summary=f"{share} of the memory of {machine} are used",
            description="Little is left for a peak; the kernel kills a process when there is none.",
            runbook="runbooks/host-memory.md",
            panel="Memory in use",
        ),
        catalog.Alert(
            "HostMemoryPressure",
            f"job_instance:node_pressure_memory_waiting:rate5m > {limits['memory pressure']:g}",
            for_=holds["memory"],
            severity="high",
            summary=f"Processes of {machine} wait for memory {share} of the time",
            description="The kernel is busy making room: pages go to the disk and come back.",
            runbook="runbooks/host-memory.md",
            panel="Waiting for memory",
        ),
        catalog.Alert(
            "HostOutOfMemory",
            "sum by (job, instance) (increase(node_vmstat_oom_kill[10m])) > 0",
            severity="high",
            summary=f"The kernel has killed a process on {machine} for lack of memory",
            description="Whatever it was doing was cut off. The next may be the database.",
            runbook="runbooks/host-oom.md",
            panel="Killed for lack of memory",
        ),
        catalog.Alert(
            "HostDiskSpaceLow",
            f"job_instance_mountpoint:node_filesystem:free_ratio < {limits['disk']:g}",
            for_=holds["disk"],
            severity="critical",
            summary=f"Only {share} of {mount} are free",
            description="When nothing is left, databases stop, logs are lost and files are cut off.",
            runbook="runbooks/host-disk-space.md",
            panel="Free space",
        ),
        catalog.Alert(
            "HostDiskFullSoon",
            "job_instance_mountpoint:node_filesystem_avail_bytes:predicted < 0 "
            f"and job_instance_mountpoint:node_filesystem:free_ratio < {limits['soon']:g}",
            for_=holds["soon"],
            severity="high",
            summary=f"{mount} will be full within {hours} hours",
            description="That is where a straight line through the last hour leads.",
            runbook="runbooks/host-disk-space.md",
            panel=f"Free space {hours} hours ahead",
        ),
        catalog.Alert(
            "HostInodesLow",
            f"job_instance_mountpoint:node_filesystem_files:free_ratio < {limits['inodes']:g}",
            for_=holds["disk"],
            severity="high",
            summary=f"Only {share} of the inodes of {mount} are free",
            description='Without them no file can be made: "No space left on device", whatever is free in bytes.',
            runbook="runbooks/host-inodes.md",
            panel="Free inodes",
        ),
        catalog.Alert(
            "HostFileSystemReadOnly",
            f"max by (job, instance, mountpoint) (node_filesystem_readonly{{{STORAGE}}} "
            "> min_over_time(node_filesystem_readonly[7d])) == 1",
            severity="critical",
            summary=f"{mount} cannot be written any more",
            description="The kernel does this when the disk under it reports errors. A week ago it was not so.",
            runbook="runbooks/host-read-only.md",
            panel="Read-only",
        ),
        catalog.Alert(
            "HostDiskPressure",
            f"job_instance:node_pressure_io_waiting:rate5m > {limits['disk pressure']:g}",
            for_="10m",
            severity="medium",
            summary=f"Processes of {machine} wait for a disk {share} of the time",
            description="A disk does more than it can, or is about to fail.",
            runbook="runbooks/host-disk-slow.md",
            panel="Waiting for disks",
        ),
        catalog.Alert(
            "HostFilesHigh",
            f"job_instance:node_filefd:used_ratio > {limits['files']:g}",
            for_="5m",
            severity="high",
            summary=f"{share} of the files that {machine} may have open are open",
            description="At the limit no process of the machine can open a file or accept a connection.",
            runbook="runbooks/host-files.md",
            panel="Open files",
        ),
        catalog.Alert(
            "HostNetworkErrors",
            f"job_instance_device:node_network_errors:ratio > {limits['network']:g}",
            for_="10m",
            severity="medium",
            summary=f"{share} of the packets of {{{{ $labels.device }}}} on {machine} are broken",
            description="They are sent again, so that everything over this device is slower.",
            runbook="runbooks/host-network.md",
            panel="Broken packets",
        ),
        catalog.Alert(
            "HostClockOff",
            f"job_instance:node_time_seconds:offset > {limits['clock']:g}",
            for_="10m",
            severity="medium",
            summary=f"The clock of {machine} is {{{{ $value | humanizeDuration }}}} off",
            description="Tokens are refused, certificates seem invalid, and logs of two machines do not fit together.",
            runbook="runbooks/host-clock.md",
            panel="Clock",
        ),
    ]
