"""The machine that the process runs on, read from ``/proc`` at every scrape and told by the names of node_exporter.

For a machine that no node_exporter watches. Of several processes that tell it, each says the same. Linux only; what a
kernel does not tell is left out.
"""

# pathlib would load urllib, which the application has not asked for
# ruff: noqa: PTH123

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from vedette.instruments.metrics import DEFAULT
from vedette.instruments.metrics.snapshot import Exposed, Series
from vedette.packs.host import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["attach", "detach", "read"]

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
# https://docs.kernel.org/admin-guide/iostats.html: the place behind the name, and what one of it is
_DISK_FIELDS = {
    "node_disk_reads_completed_total": (0, 1.0),
    "node_disk_read_bytes_total": (2, 512.0),
    "node_disk_read_time_seconds_total": (3, 0.001),
    "node_disk_writes_completed_total": (4, 1.0),
    "node_disk_written_bytes_total": (6, 512.0),
    "node_disk_write_time_seconds_total": (7, 0.001),
    "node_disk_io_time_seconds_total": (9, 0.001),
}
_NETWORK_FIELDS = {
    "node_network_receive_bytes_total": 0,
    "node_network_receive_packets_total": 1,
    "node_network_receive_errs_total": 2,
    "node_network_receive_drop_total": 3,
    "node_network_transmit_bytes_total": 8,
    "node_network_transmit_packets_total": 9,
    "node_network_transmit_errs_total": 10,
    "node_network_transmit_drop_total": 11,
}
# Of the kernel's own making: nothing on them can fill up.
_NO_STORAGE = re.compile(
    "autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|"
    "overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs"
)
_NOT_A_DISK = ("loop", "ram", "fd")

Reading = tuple[str, dict[str, str], float]


def attach() -> None:
    """Tell of the machine from now on. Calling it again changes nothing."""
    DEFAULT.collect(read)


def detach() -> None:
    """Tell of it no more."""
    DEFAULT.uncollect(read)


def read() -> list[Exposed]:
    """What the machine says of itself now."""
    found: dict[str, list[Series]] = {}
    for part in _PARTS:
        try:
            for name, labels, value in part():
                written = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
                found.setdefault(name, []).append(Series(written, value))
        except (OSError, ValueError, IndexError, KeyError):
            continue  # this kernel, or container, does not tell it
    return [
        Exposed(metric.type, metric.name, metric.help, "", (), (), found[metric.name])
        for metric in METRICS
        if metric.name in found
    ]


def _cpu() -> Iterator[Reading]:
    for line in _lines("/proc/stat"):
        name, *ticks = line.split()
        if name == "btime":
            yield "node_boot_time_seconds", {}, float(ticks[0])
        elif name.startswith("cpu") and name != "cpu":
            for mode, spent in zip(_MODES, ticks, strict=False):
                yield "node_cpu_seconds_total", {"cpu": name[3:], "mode": mode}, int(spent) / _TICKS


def _load() -> Iterator[Reading]:
    values = _lines("/proc/loadavg")[0].split()
    for minutes, value in zip((1, 5, 15), values, strict=False):
        yield f"node_load{minutes}", {}, float(value)


def _memory() -> Iterator[Reading]:
    wanted = {"MemTotal", "MemAvailable", "SwapTotal", "SwapFree"}
    for line in _lines("/proc/meminfo"):
        name, _, rest = line.partition(":")
        if name in wanted:
            yield f"node_memory_{name}_bytes", {}, int(rest.split()[0]) * 1024.0


def _file_systems() -> Iterator[Reading]:
    seen: set[tuple[str, str]] = set()
    for line in _lines("/proc/self/mounts"):
        device, mountpoint, kind, options, *_ = (field.encode().decode("unicode_escape") for field in line.split())
        if _NO_STORAGE.fullmatch(kind) or mountpoint.startswith(("/proc", "/sys", "/dev/", "/run/credentials")):
            continue
        if (device, mountpoint) in seen:
            continue
        seen.add((device, mountpoint))
        try:
            figures = os.statvfs(mountpoint)
        except OSError:
            continue
        labels = {"device": device, "fstype": kind, "mountpoint": mountpoint}
        yield "node_filesystem_size_bytes", labels, float(figures.f_blocks * figures.f_frsize)
        yield "node_filesystem_avail_bytes", labels, float(figures.f_bavail * figures.f_frsize)
        yield "node_filesystem_files", labels, float(figures.f_files)
        yield "node_filesystem_files_free", labels, float(figures.f_ffree)
        yield "node_filesystem_readonly", labels, float("ro" in options.split(","))


def _disks() -> Iterator[Reading]:
    for line in _lines("/proc/diskstats"):
        _major, _minor, device, *fields = line.split()
        if device.startswith(_NOT_A_DISK):
            continue
        for name, (place, one) in _DISK_FIELDS.items():
            yield name, {"device": device}, int(fields[place]) * one


def _network() -> Iterator[Reading]:
    for line in _lines("/proc/net/dev")[2:]:
        device, _, rest = line.partition(":")
        fields = rest.split()
        for name, place in _NETWORK_FIELDS.items():
            yield name, {"device": device.strip()}, float(fields[place])


def _pressure(of: str) -> Callable[[], Iterator[Reading]]:
    def part() -> Iterator[Reading]:
        total = _lines(f"/proc/pressure/{of}")[0].rpartition("total=")[2]
        yield f"node_pressure_{of}_waiting_seconds_total", {}, int(total) / 1_000_000

    return part


def _killed() -> Iterator[Reading]:
    for line in _lines("/proc/vmstat"):
        name, _, value = line.partition(" ")
        if name == "oom_kill":
            yield "node_vmstat_oom_kill", {}, float(value)


def _files() -> Iterator[Reading]:
    allocated, _free, maximum = _lines("/proc/sys/fs/file-nr")[0].split()
    yield "node_filefd_allocated", {}, float(allocated)
    yield "node_filefd_maximum", {}, float(maximum)


def _system() -> Iterator[Reading]:
    yield "node_time_seconds", {}, time.time()
    name = os.uname()
    domain = _lines("/proc/sys/kernel/domainname")[0]
    labels = {
        "sysname": name.sysname,
        "release": name.release,
        "version": name.version,
        "machine": name.machine,
        "nodename": name.nodename,
        "domainname": domain,
    }
    yield "node_uname_info", labels, 1.0


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


_PARTS: tuple[Callable[[], Iterator[Reading]], ...] = (
    _cpu,
    _load,
    _memory,
    _file_systems,
    _disks,
    _network,
    _pressure("cpu"),
    _pressure("memory"),
    _pressure("io"),
    _killed,
    _files,
    _system,
)
