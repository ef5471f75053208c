"""The panels of the containers pack: do they run, do they get what they need, what of disks and network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.packs._containers_recordings import Naming

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_NAME = "{{instance}} {{name}}"
_CHOSEN = '{name=~"$container"}'


def panels(limits: Mapping[str, float], naming: Naming) -> Items:
    return [
        *_well(limits),
        *([] if naming.kubernetes else _runs(limits)),
        *_needs(limits),
        *_disks_and_network("" if naming.kubernetes else _CHOSEN),
    ]


def _memory(limits: Mapping[str, float]) -> dict[float, catalog.Severity]:
    return {limits["memory"]: "high", limits["memory critical"]: "critical"}


def _well(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Panel(
            "Containers",
            "count by (job) (job_instance_name:container_memory_working_set_bytes:max)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="That run now. A fall that nobody planned: something has ended.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Fullest memory",
            "max by (job) (job_instance_name:container_memory:limit_ratio)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Of the container that is nearest to its limit. Empty where none has a limit.",
            thresholds=_memory(limits),
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Busiest",
            "max by (job) (job_instance_name:container_cpu:limit_ratio)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Processor time of the container that is nearest to its limit. Empty where none has a limit.",
            thresholds={limits["cpu"]: "high"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Machines that answer",
            "avg by (job) (up)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of the cAdvisors that can be asked. Below 100 % there are containers nobody looks at.",
            thresholds={1: "high"},
            below=True,
            width=6,
            height=4,
        ),
    ]


def _runs(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Do they run?"),
        catalog.Panel(
            "Since a container was seen",
            f"job_instance_name:container_last_seen:age{_CHOSEN}",
            unit="seconds",
            legend=_NAME,
            description="A few seconds for what runs. A line that climbs has ended, and is forgotten after an hour.",
            thresholds={limits["gone"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Starts within 15 minutes",
            f"job_instance_name:container_starts:changes15m{_CHOSEN}",
            unit="count",
            legend=_NAME,
            description="Zero, and one for a quarter of an hour after a release. One that stays up is a loop.",
            thresholds={limits["restarts"]: "high"},
            minimum=0,
        ),
    ]


def _needs(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Do they get what they need?"),
        catalog.Panel(
            "Processor time of the limit",
            f"job_instance_name:container_cpu:limit_ratio{_CHOSEN}",
            unit="ratio",
            legend=_NAME,
            description="Peaks are fine. A line that lies at 100 % is cut off there.",
            thresholds={limits["cpu"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Made to wait",
            f"job_instance_name:container_cpu_cfs_throttled:ratio{_CHOSEN}",
            unit="ratio",
            legend=_NAME,
            description="Share of the periods of a tenth of a second in which a container had used up its time before "
            "the end. High beside low use: short bursts of many threads.",
            thresholds={limits["throttled"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Memory of the limit",
            f"job_instance_name:container_memory:limit_ratio{_CHOSEN}",
            unit="ratio",
            legend=_NAME,
            description="A level line is healthy. A slope that ends at the top and begins anew is a leak that is "
            "killed again and again.",
            thresholds=_memory(limits),
            minimum=0,
        ),
        catalog.Panel(
            "Killed in containers for lack of memory",
            f"job_instance_name:container_oom_events:increase10m{_CHOSEN}",
            unit="count",
            legend=_NAME,
            description="Within 10 minutes. Always zero, or the limit is too low or the program too large.",
            minimum=0,
        ),
        catalog.Panel(
            "Processors",
            f"job_instance_name:container_cpu_usage_seconds:rate5m{_CHOSEN}",
            unit="cores",
            legend=_NAME,
            description="That each keeps busy; 100 % is one. Who takes what the others miss?",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Memory",
            f"job_instance_name:container_memory_working_set_bytes:max{_CHOSEN}",
            unit="bytes",
            legend=_NAME,
            description="What the kernel cannot simply take back. Together they must fit on the machine.",
            minimum=0,
            stack=True,
        ),
    ]


def _disks_and_network(of_network: str) -> Items:
    return [
        catalog.Row("Disks and network: why?"),
        catalog.Panel(
            "Bytes of a container's disk",
            [
                catalog.Query(f"job_instance_name:container_fs_{verb}_bytes:rate5m{_CHOSEN}", f"{_NAME} {verb}")
                for verb in ("reads", "writes")
            ],
            unit="bytes/s",
            description="A flat top is the disk's limit. One container that writes without end fills it.",
            minimum=0,
        ),
        catalog.Panel(
            "Written and kept",
            f"job_instance_name:container_fs_usage_bytes:sum{_CHOSEN}",
            unit="bytes",
            legend=_NAME,
            description="Outside of volumes: lost when the container is made anew. It should not grow.",
            minimum=0,
        ),
        catalog.Panel(
            "Bytes of a container's network",
            [
                catalog.Query(f"job_instance_name:container_network_{way}_bytes:rate5m{of_network}", f"{_NAME} {way}")
                for way in ("receive", "transmit")
            ],
            unit="bytes/s",
            description="Follows the requests. A fall to zero is a container that nobody reaches.",
            minimum=0,
        ),
        catalog.Panel(
            "Dropped packets of containers",
            [
                catalog.Query(
                    f"job_instance_name:container_network_{way}_packets_dropped:rate5m{of_network}", f"{_NAME} {way}"
                )
                for way in ("receive", "transmit")
            ],
            unit="events/s",
            description="Zero. More comes from full buffers: a container that is too slow to take what arrives.",
            minimum=0,
        ),
    ]
