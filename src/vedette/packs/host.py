"""The host: processors, memory, disks, file systems and network, by the names of node_exporter.

They come from node_exporter, or from the process itself: `vedette.integrations.host`. What the pack asks of a machine
is Brendan Gregg's USE: how much of each resource is used, what waits for it, what goes wrong with it.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics.metric import Metric
from vedette.packs._host_alerts import alerts
from vedette.packs._host_panels import panels
from vedette.packs._host_recordings import recordings

__all__ = ["METRICS", "host"]

_DISK = ["device"]
_NETWORK = ["device"]
_FILE_SYSTEM = ["device", "fstype", "mountpoint"]
_EXPORTER = "node_exporter"


def _gauge(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("gauge", name, exporter=_EXPORTER, help=text, labels=labels, unit=unit)


def _counter(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("counter", name, exporter=_EXPORTER, help=text, labels=labels, unit=unit)


METRICS: tuple[Metric, ...] = (
    _counter("node_cpu_seconds_total", "Time that a processor spent in each mode.", ["cpu", "mode"]),
    _gauge("node_load1", "Mean of the processes that run or wait to, over a minute."),
    _gauge("node_load5", "The same over 5 minutes."),
    _gauge("node_load15", "The same over 15 minutes."),
    _gauge("node_memory_MemTotal_bytes", "Memory that there is."),
    _gauge("node_memory_MemAvailable_bytes", "Memory that a new process could have without swapping."),
    _gauge("node_memory_SwapTotal_bytes", "Swap space that there is."),
    _gauge("node_memory_SwapFree_bytes", "Swap space that is free."),
    _gauge("node_filesystem_size_bytes", "Size of a file system.", _FILE_SYSTEM),
    _gauge("node_filesystem_avail_bytes", "What those who are not root may still write to it.", _FILE_SYSTEM),
    _gauge("node_filesystem_files", "Files that a file system has room for.", _FILE_SYSTEM),
    _gauge("node_filesystem_files_free", "Files that may still be made on it.", _FILE_SYSTEM),
    _gauge("node_filesystem_readonly", "1 for a file system that cannot be written.", _FILE_SYSTEM),
    _counter("node_disk_read_bytes_total", "Bytes read from a disk.", _DISK),
    _counter("node_disk_written_bytes_total", "Bytes written to a disk.", _DISK),
    _counter("node_disk_reads_completed_total", "Reads that a disk has done.", _DISK),
    _counter("node_disk_writes_completed_total", "Writes that a disk has done.", _DISK),
    _counter("node_disk_read_time_seconds_total", "Time that reads took, all together.", _DISK),
    _counter("node_disk_write_time_seconds_total", "Time that writes took, all together.", _DISK),
    _counter("node_disk_io_time_seconds_total", "Time that a disk had something to do.", _DISK),
    _counter("node_network_receive_bytes_total", "Bytes that came in.", _NETWORK),
    _counter("node_network_transmit_bytes_total", "Bytes that went out.", _NETWORK),
    _counter("node_network_receive_packets_total", "Packets that came in.", _NETWORK),
    _counter("node_network_transmit_packets_total", "Packets that went out.", _NETWORK),
    _counter("node_network_receive_errs_total", "Packets that came in and were broken.", _NETWORK),
    _counter("node_network_transmit_errs_total", "Packets that could not be sent.", _NETWORK),
    _counter("node_network_receive_drop_total", "Packets that came in and found no room.", _NETWORK),
    _counter("node_network_transmit_drop_total", "Packets that were to go out and found no room.", _NETWORK),
    _counter("node_pressure_cpu_waiting_seconds_total", "Time that some process waited for a processor."),
    _counter("node_pressure_memory_waiting_seconds_total", "Time that some process waited for memory."),
    _counter("node_pressure_io_waiting_seconds_total", "Time that some process waited for a disk."),
    Metric.foreign(
        "unknown",
        "node_vmstat_oom_kill",
        exporter=_EXPORTER,
        help="Processes that the kernel has killed for lack of memory.",
    ),
    _gauge("node_filefd_allocated", "Files that all processes have open."),
    _gauge("node_filefd_maximum", "Files that they may have open."),
    _gauge("node_boot_time_seconds", "When the machine was started, in seconds since the epoch."),
    _gauge("node_time_seconds", "The time of the machine, in seconds since the epoch."),
    Metric.foreign(
        "gauge",
        "node_uname_info",
        exporter=_EXPORTER,
        help="1, with what the system calls itself.",
        labels=["sysname", "release", "version", "machine", "nodename", "domainname"],
    ),
)
"""What node_exporter exposes of it that the pack uses."""


@catalog.parametric
def host(
    *,
    cpu_high: float = 0.8,
    cpu_for: str = "10m",
    load_high: float = 2,
    load_for: str = "15m",
    memory_high: float = 0.8,
    memory_for: str = "10m",
    memory_pressure_high: float = 0.1,
    disk_free_low: float = 0.1,
    disk_free_for: str = "5m",
    full_within_hours: float = 4,
    full_soon_below: float = 0.4,
    full_soon_for: str = "30m",
    inodes_free_low: float = 0.1,
    disk_pressure_high: float = 0.4,
    files_high: float = 0.8,
    network_errors_high: float = 0.01,
    clock_off_seconds: float = 5,
) -> catalog.Pack:
    """The machine: processors, memory, disks, file systems, network.

    Args:
        cpu_high: share of all processors' time that is too much.
        cpu_for: how long it must hold.
        load_high: processes that run or wait, for each processor, that are too many.
        load_for: how long it must hold.
        memory_high: share of the memory in use that is too much.
        memory_for: how long it must hold; also for the pressure.
        memory_pressure_high: share of the time in which some process waits for memory that is too much.
        disk_free_low: share of a file system that must stay free; less pages.
        disk_free_for: how long less must hold; also for inodes.
        full_within_hours: how far ahead a file system that fills is looked at.
        full_soon_below: what is free in one that fills before anybody is told, as a share of it.
        full_soon_for: how long it must be about to be full.
        inodes_free_low: share of a file system's inodes that must stay free.
        disk_pressure_high: share of the time in which some process waits for a disk that is too much.
        files_high: share of the files that the machine may have open.
        network_errors_high: share of the packets of a network device that may be broken.
        clock_off_seconds: how far the clock may be from that of who reads the metrics.
    """
    check_ratio(
        cpu_high=cpu_high,
        memory_high=memory_high,
        memory_pressure_high=memory_pressure_high,
        disk_free_low=disk_free_low,
        full_soon_below=full_soon_below,
        inodes_free_low=inodes_free_low,
        disk_pressure_high=disk_pressure_high,
        files_high=files_high,
        network_errors_high=network_errors_high,
    )
    check_above_zero(load_high=load_high, full_within_hours=full_within_hours, clock_off_seconds=clock_off_seconds)
    limits = {
        "cpu": cpu_high,
        "load": load_high,
        "memory": memory_high,
        "memory pressure": memory_pressure_high,
        "disk": disk_free_low,
        "soon": full_soon_below,
        "hours": full_within_hours,
        "inodes": inodes_free_low,
        "disk pressure": disk_pressure_high,
        "files": files_high,
        "network": network_errors_high,
        "clock": clock_off_seconds,
    }
    return catalog.Pack(
        "host",
        title="Host",
        metrics=METRICS,
        recordings=recordings(full_within_hours),
        alerts=alerts(
            limits,
            {"cpu": cpu_for, "load": load_for, "memory": memory_for, "disk": disk_free_for, "soon": full_soon_for},
        ),
        panels=panels(limits),
        dashboard=catalog.Dashboard(
            description="Has the machine enough of everything, and which of its resources is short?",
            variables=[catalog.Variable("mountpoint", "node_filesystem_size_bytes", "mountpoint", "File system")],
            range="6h",
            tags=["host"],
        ),
    )
