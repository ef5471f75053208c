"""The panels of the host pack: is it well, then each resource: how much is used, what waits, what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._host_recordings import STORAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_MACHINE = "{{job}} {{instance}}"
_MOUNT = "{{instance}} {{mountpoint}}"
_DEVICE = "{{instance}} {{device}}"
_CHOSEN = '{mountpoint=~"$mountpoint"}'
_OF_STORAGE = f'{{{STORAGE},mountpoint=~"$mountpoint"}}'
# what the kernel keeps in memory, and files that look like disks
_DISKS = '{device!~"(ram|zram|loop|fd|sr)[0-9]+"}'
_NETWORK = '{device!="lo"}'


def panels(limits: Mapping[str, float]) -> Items:
    return [
        *_well(limits),
        *_processors(limits),
        *_memory(limits),
        *_file_systems(limits),
        *_disks(limits),
        *_network(limits),
        *_machine(limits),
    ]


def _well(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Panel(
            "Processor",
            "max by (job) (job_instance:node_cpu_seconds:busy_ratio)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Of the busiest machine. All its processors together are 100 %.",
            thresholds={limits["cpu"]: "high"},
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Memory",
            "max by (job) (job_instance:node_memory:used_ratio)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Of the machine that has least left. What the kernel gives back at once, such as cached files, "
            "does not count as used.",
            thresholds={limits["memory"]: "high"},
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Fullest file system",
            f"min by (job) (job_instance_mountpoint:node_filesystem:free_ratio{_CHOSEN})",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="What is free on the file system that has the smallest share left.",
            thresholds={limits["disk"]: "critical"},
            below=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Uptime",
            "min by (job) (node_time_seconds - node_boot_time_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Since the machine that was started last was started. A few minutes that nobody planned are a "
            "crash.",
            width=6,
            height=4,
        ),
    ]


def _processors(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Processors"),
        catalog.Panel(
            "Processors busy",
            "job_instance:node_cpu_seconds:busy_ratio",
            unit="ratio",
            legend=_MACHINE,
            description="Peaks are fine. A line that stays above the threshold means that work queues.",
            thresholds={limits["cpu"]: "high"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Where their time goes",
            'avg by (job, instance, mode) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))',
            unit="ratio",
            legend="{{instance}} {{mode}}",
            description="user is programs, system the kernel, iowait idle because a disk is slow, steal what another "
            "virtual machine took. Much of anything but user is worth a look.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Load for each processor",
            [
                catalog.Query("job_instance:node_load5:per_processor", "{{instance}} 5 minutes"),
                catalog.Query(
                    "max by (job, instance) (node_load1) / "
                    'count by (job, instance) (node_cpu_seconds_total{mode="idle"})',
                    "{{instance}} 1 minute",
                ),
                catalog.Query(
                    "max by (job, instance) (node_load15) / "
                    'count by (job, instance) (node_cpu_seconds_total{mode="idle"})',
                    "{{instance}} 15 minutes",
                ),
            ],
            unit="count",
            description="Processes that run, or wait for a processor or a disk. Under 1 nobody waits.",
            thresholds={limits["load"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Waiting for processors",
            "max by (job, instance) (rate(node_pressure_cpu_waiting_seconds_total[5m]))",
            unit="ratio",
            legend=_MACHINE,
            description="Share of the time in which some process could have run and had no processor. High beside low "
            "use: short bursts, or a limit of a container.",
            minimum=0,
        ),
    ]


def _memory(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Memory"),
        catalog.Panel(
            "Memory in use",
            "job_instance:node_memory:used_ratio",
            unit="ratio",
            legend=_MACHINE,
            description="A level line is healthy, whatever its height; one that climbs for days is a leak.",
            thresholds={limits["memory"]: "high"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Waiting for memory",
            "job_instance:node_pressure_memory_waiting:rate5m",
            unit="ratio",
            legend=_MACHINE,
            description="Share of the time in which some process waited for the kernel to make room. Zero on a healthy "
            "machine.",
            thresholds={limits["memory pressure"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Swap in use",
            "max by (job, instance) (node_memory_SwapTotal_bytes - node_memory_SwapFree_bytes)",
            unit="bytes",
            legend=_MACHINE,
            description="Zero where there is none. A little that stays is harmless; a line that climbs is memory that "
            "is missing.",
            minimum=0,
        ),
        catalog.Panel(
            "Killed for lack of memory",
            "sum by (job, instance) (increase(node_vmstat_oom_kill[10m]))",
            unit="count",
            legend=_MACHINE,
            description="Processes that the kernel has killed within 10 minutes. Always zero, or something was lost.",
            minimum=0,
        ),
    ]


def _file_systems(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("File systems"),
        catalog.Panel(
            "Free space",
            f"job_instance_mountpoint:node_filesystem:free_ratio{_CHOSEN}",
            unit="ratio",
            legend=_MOUNT,
            description="What is left for those who are not root. A slope is growth, a cliff one large file.",
            thresholds={limits["disk"]: "critical"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            f"Free space {limits['hours']:g} hours ahead",
            f"job_instance_mountpoint:node_filesystem_avail_bytes:predicted{_CHOSEN}",
            unit="bytes",
            legend=_MOUNT,
            description="Where a straight line through the last hour leads. Below zero it would be full by then.",
            thresholds={0: "high"},
            below=True,
        ),
        catalog.Panel(
            "Free inodes",
            f"job_instance_mountpoint:node_filesystem_files:free_ratio{_CHOSEN}",
            unit="ratio",
            legend=_MOUNT,
            description="Room for more files, whatever their size. It falls where a program leaves many small ones.",
            thresholds={limits["inodes"]: "high"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Read-only",
            f"max by (job, instance, mountpoint) (node_filesystem_readonly{_OF_STORAGE})",
            kind="stat",
            unit="boolean",
            legend=_MOUNT,
            description="No for all that is written to. One that turns to yes by itself lies on a broken disk.",
            thresholds={1: "critical"},
        ),
    ]


def _disks(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Disks"),
        catalog.Panel(
            "Waiting for disks",
            "job_instance:node_pressure_io_waiting:rate5m",
            unit="ratio",
            legend=_MACHINE,
            description="Share of the time in which some process waited for a disk. A few percent are usual.",
            thresholds={limits["disk pressure"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Disks busy",
            f"sum by (job, instance, device) (rate(node_disk_io_time_seconds_total{_DISKS}[5m]))",
            unit="ratio",
            legend=_DEVICE,
            description="Share of the time in which a disk had something to do. At 100 % a spinning one is full; one "
            "without moving parts may still have room.",
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Time of one operation",
            [
                catalog.Query(
                    f"sum by (job, instance, device) (rate(node_disk_{verb}_time_seconds_total{_DISKS}[5m])) / "
                    f"(sum by (job, instance, device) (rate(node_disk_{verb}s_completed_total{_DISKS}[5m])) > 0)",
                    f"{_DEVICE} {verb}",
                )
                for verb in ("read", "write")
            ],
            unit="seconds",
            description="Below a millisecond without moving parts, about ten with them. One that rises with the same "
            "traffic: the disk fails, or others share it.",
            minimum=0,
        ),
        catalog.Panel(
            "Bytes of disks",
            [
                catalog.Query(
                    f"sum by (job, instance, device) (rate(node_disk_{verb}_bytes_total{_DISKS}[5m]))",
                    f"{_DEVICE} {verb}",
                )
                for verb in ("read", "written")
            ],
            unit="bytes/s",
            description="A flat top is the most that the disk, or what was paid for, can do.",
            minimum=0,
        ),
    ]


def _network(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Network"),
        catalog.Panel(
            "Bytes of the network",
            [
                catalog.Query(
                    f"sum by (job, instance, device) (rate(node_network_{way}_bytes_total{_NETWORK}[5m]))",
                    f"{_DEVICE} {way}",
                )
                for way in ("receive", "transmit")
            ],
            unit="bytes/s",
            description="A flat top is the device's limit: a gigabit is 125 MB/s.",
            minimum=0,
        ),
        catalog.Panel(
            "Broken packets",
            "job_instance_device:node_network_errors:ratio",
            unit="ratio",
            legend=_DEVICE,
            description="Zero on a healthy cable. Anything that stays is hardware, or its driver.",
            thresholds={limits["network"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Dropped packets",
            [
                catalog.Query(
                    f"sum by (job, instance, device) (rate(node_network_{way}_drop_total{_NETWORK}[5m]))",
                    f"{_DEVICE} {way}",
                )
                for way in ("receive", "transmit")
            ],
            unit="events/s",
            description="Whole packets for which there was no room, or that nobody had asked for. Peaks together with "
            "the traffic: buffers are too small.",
            minimum=0,
            width=24,
        ),
    ]


def _machine(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("The machine"),
        catalog.Panel(
            "Open files",
            "job_instance:node_filefd:used_ratio",
            unit="ratio",
            legend=_MACHINE,
            description="Of what the kernel allows all processes together. A line that never falls is a leak.",
            thresholds={limits["files"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Clock",
            "job_instance:node_time_seconds:offset",
            unit="seconds",
            legend=_MACHINE,
            description="How far it is from the clock of who reads the metrics. A fraction of a second is the way "
            "between them.",
            thresholds={limits["clock"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Machines",
            catalog.Query(
                "max by (job, instance, nodename, sysname, release, machine) (node_uname_info)", "up", unit="boolean"
            ),
            kind="table",
            width=24,
            height=6,
            description="What runs where. Machines that should be alike have the same release.",
        ),
    ]
