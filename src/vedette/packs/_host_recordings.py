"""What the host pack records: for each resource of a machine the number that its alerts and panels read."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["STORAGE", "recordings"]

STORAGE = (
    'fstype!~"tmpfs|ramfs|devtmpfs|overlay|squashfs|iso9660|cgroup2?|proc|sysfs|debugfs|tracefs|nsfs|autofs|fuse.lxcfs"'
)
"""File systems that lie on a disk: in the others nothing that matters can fill up, or they are full by nature."""


def recordings(hours: float) -> list[catalog.Recording]:
    return [
        catalog.Recording(
            "job_instance:node_cpu_seconds:busy_ratio",
            '1 - avg by (job, instance) (sum without (mode) (rate(node_cpu_seconds_total{mode=~"idle|iowait"}[5m])))',
            description="Share of the processors' time that was used.",
        ),
        catalog.Recording(
            "job_instance:node_load5:per_processor",
            'max by (job, instance) (node_load5) / count by (job, instance) (node_cpu_seconds_total{mode="idle"})',
            description="Processes that run or wait to, for each processor.",
        ),
        catalog.Recording(
            "job_instance:node_memory:used_ratio",
            "max by (job, instance) (1 - node_memory_MemAvailable_bytes / (node_memory_MemTotal_bytes > 0))",
            description="Share of the memory that a new process cannot have.",
        ),
        catalog.Recording(
            "job_instance:node_pressure_memory_waiting:rate5m",
            "max by (job, instance) (rate(node_pressure_memory_waiting_seconds_total[5m]))",
            description="Share of the time in which some process waited for memory.",
        ),
        catalog.Recording(
            "job_instance:node_pressure_io_waiting:rate5m",
            "max by (job, instance) (rate(node_pressure_io_waiting_seconds_total[5m]))",
            description="Share of the time in which some process waited for a disk.",
        ),
        catalog.Recording(
            "job_instance_mountpoint:node_filesystem:free_ratio",
            f"min by (job, instance, mountpoint) (node_filesystem_avail_bytes{{{STORAGE}}} / "
            "(node_filesystem_size_bytes > 0) and node_filesystem_readonly == 0)",
            description="Share of a file system that is free, where it can be written.",
        ),
        catalog.Recording(
            "job_instance_mountpoint:node_filesystem_avail_bytes:predicted",
            "min by (job, instance, mountpoint) "
            f"(predict_linear(node_filesystem_avail_bytes[1h], {hours * 3600:g})) "
            "and job_instance_mountpoint:node_filesystem:free_ratio",
            description=f"Bytes that would be free in {hours:g} hours if it went on as in the last one.",
        ),
        catalog.Recording(
            "job_instance_mountpoint:node_filesystem_files:free_ratio",
            f"min by (job, instance, mountpoint) (node_filesystem_files_free{{{STORAGE}}} / "
            "(node_filesystem_files > 0) and node_filesystem_readonly == 0)",
            description="Share of the inodes that is free. File systems that make them as needed have none to count.",
        ),
        catalog.Recording(
            "job_instance:node_filefd:used_ratio",
            "max by (job, instance) (node_filefd_allocated / (node_filefd_maximum > 0))",
            description="Share of the files that the machine may have open.",
        ),
        catalog.Recording(
            "job_instance_device:node_network_errors:ratio",
            "sum by (job, instance, device) "
            '(rate(node_network_receive_errs_total{device!="lo"}[5m]) + rate(node_network_transmit_errs_total[5m])) / '
            "clamp_min(sum by (job, instance, device) "
            "(rate(node_network_receive_packets_total[5m]) + rate(node_network_transmit_packets_total[5m])), 10)",
            description="Share of the packets that were broken. Where there are few, as of 10 in a second.",
        ),
        catalog.Recording(
            "job_instance:node_time_seconds:offset",
            "max by (job, instance) (abs(node_time_seconds - timestamp(node_time_seconds)))",
            description="Seconds between the machine's clock and that of who reads its metrics.",
        ),
    ]
