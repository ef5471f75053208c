"""The host: processors, memory, disks, file systems and network, by the names of node_exporter.

They come from node_exporter, or from the process itself: `vedette.integrations.host`.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics.metric import Metric

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
def host() -> catalog.Pack:
    """The machine: processors, memory, disks, file systems, network."""
    return catalog.Pack("host", title="Host", metrics=METRICS)
