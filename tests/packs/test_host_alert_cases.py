"""When each alert of the host pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import A, B, stack_of

from vedette.packs import host
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(host(cpu_for="4m", load_for="4m", memory_for="4m", full_soon_for="10m"))

ROOT = 'device="/dev/sda1",fstype="ext4",mountpoint="/"'
DATA = 'device="/dev/sdb1",fstype="xfs",mountpoint="/data"'
MEMORY = 'device="tmpfs",fstype="tmpfs",mountpoint="/run"'
ON_ROOT = {**A, "mountpoint": "/"}
ON_A, ON_B = 'instance="a:1"', 'instance="b:1"'


def cpu(idle: str, user: str, iowait: str = "0x120", *, of: str = ON_A, number: int = 0) -> dict[str, str]:
    """Seconds of a processor."""
    modes = {"idle": idle, "user": user, "iowait": iowait}
    return {f'node_cpu_seconds_total{{{of},cpu="{number}",mode="{mode}"}}': values for mode, values in modes.items()}


def load(value: str, of: str = ON_A) -> dict[str, str]:
    """The mean of 5 minutes, on a machine with two processors."""
    return {
        f"node_load5{{{of}}}": value,
        **cpu("0+15x120", "0x120", of=of),
        **cpu("0+15x120", "0x120", of=of, number=1),
    }


def memory(available: str, of: str = ON_A) -> dict[str, str]:
    """What is available of 1000."""
    return {f"node_memory_MemAvailable_bytes{{{of}}}": available, f"node_memory_MemTotal_bytes{{{of}}}": "1000x120"}


def space(
    free: str, on: str = ROOT, *, of: str = ON_A, size: str = "1000x400", readonly: str = "0x400"
) -> dict[str, str]:
    """What is free of 1000."""
    return {
        f"node_filesystem_avail_bytes{{{of},{on}}}": free,
        f"node_filesystem_size_bytes{{{of},{on}}}": size,
        f"node_filesystem_readonly{{{of},{on}}}": readonly,
    }


def inodes(free: str, on: str = ROOT, *, of: str = ON_A, readonly: str = "0x400") -> dict[str, str]:
    """Inodes that are free of 1000."""
    return {
        f"node_filesystem_files_free{{{of},{on}}}": free,
        f"node_filesystem_files{{{of},{on}}}": "1000x400",
        f"node_filesystem_readonly{{{of},{on}}}": readonly,
    }


def files(allocated: str, of: str = ON_A) -> dict[str, str]:
    """Files that are open, of 1000."""
    return {f"node_filefd_allocated{{{of}}}": allocated, f"node_filefd_maximum{{{of}}}": "1000x120"}


def packets(
    broken_in: str,
    broken_out: str,
    came: str = "0+500x120",
    went: str = "0+500x120",
    *,
    device: str = "eth0",
    of: str = ON_A,
) -> dict[str, str]:
    """Packets of a device; a thousand in 15 s where nothing else is said."""
    return {
        f'node_network_receive_errs_total{{{of},device="{device}"}}': broken_in,
        f'node_network_transmit_errs_total{{{of},device="{device}"}}': broken_out,
        f'node_network_receive_packets_total{{{of},device="{device}"}}': came,
        f'node_network_transmit_packets_total{{{of},device="{device}"}}': went,
    }


CASES = [
    alert_case(
        "HostCpuHigh",
        "busy for ten minutes, then idle",
        cpu("0x40 0+15x80", "0+15x40 600x80"),
        at("3m15s", "pending"),
        at("4m15s", "fires", {**A, "severity": "high"}, count=1),
        at("18m", "resolved"),
    ),
    alert_case("HostCpuHigh", "exactly at the limit", cpu("0+3x120", "0+12x120"), at("20m", "silent")),
    alert_case("HostCpuHigh", "it waits for a disk", cpu("0+2x120", "0+8x120", "0+5x120"), at("20m", "silent")),
    alert_case(
        "HostCpuHigh",
        "one of two processors is busy",
        {**cpu("0x120", "0+15x120"), **cpu("0+15x120", "0x120", number=1)},
        at("20m", "silent"),
    ),
    alert_case(
        "HostCpuHigh",
        "one of two machines is busy",
        {**cpu("0x120", "0+15x120"), **cpu("0+15x120", "0x120", of=ON_B)},
        at("20m", "fires", A, count=1),
    ),
    alert_case(
        "HostLoadHigh",
        "five processes for two processors, then two",
        load("5x40 2x80"),
        at("3m45s", "pending"),
        at("4m15s", "fires", {**A, "severity": "medium"}, count=1),
        at("12m", "resolved"),
    ),
    alert_case("HostLoadHigh", "exactly two for each processor", load("4x120"), at("20m", "silent")),
    alert_case(
        "HostLoadHigh", "the other machine", {**load("3x120"), **load("7x120", ON_B)}, at("20m", "fires", B, count=1)
    ),
    alert_case(
        "HostMemoryHigh",
        "nine tenths are used, then half",
        memory("100x40 500x80"),
        at("3m45s", "pending"),
        at("4m", "fires", {**A, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("HostMemoryHigh", "exactly at the limit", memory("200x120"), at("20m", "silent")),
    alert_case(
        "HostMemoryHigh",
        "the other machine",
        {**memory("500x120"), **memory("50x120", ON_B)},
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "HostMemoryPressure",
        "a fifth of the time, then none",
        {f"node_pressure_memory_waiting_seconds_total{{{ON_A}}}": "0+3x60 180x60"},
        at("4m15s", "pending"),
        at("7m", "fires", {**A, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "HostMemoryPressure",
        "exactly a tenth",
        {f"node_pressure_memory_waiting_seconds_total{{{ON_A}}}": "0+1.5x120"},
        at("20m", "silent"),
    ),
    alert_case(
        "HostMemoryPressure",
        "the other machine",
        {
            f"node_pressure_memory_waiting_seconds_total{{{ON_A}}}": "0x120",
            f"node_pressure_memory_waiting_seconds_total{{{ON_B}}}": "0+6x120",
        },
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "HostOutOfMemory",
        "one is killed",
        {f"node_vmstat_oom_kill{{{ON_A}}}": "3x20 4x80"},
        at("5m", "silent"),
        at("5m30s", "fires", {**A, "severity": "high"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "HostOutOfMemory", "some were, long ago", {f"node_vmstat_oom_kill{{{ON_A}}}": "3x100"}, at("20m", "silent")
    ),
    alert_case(
        "HostOutOfMemory",
        "on the other machine",
        {f"node_vmstat_oom_kill{{{ON_A}}}": "0x100", f"node_vmstat_oom_kill{{{ON_B}}}": "0x20 1x80"},
        at("6m", "fires", B, count=1),
    ),
    alert_case(
        "HostDiskSpaceLow",
        "a twentieth is free, then half",
        {**space("50x40 500x40"), **space("900x80", DATA)},
        at("4m45s", "pending"),
        at("5m", "fires", {**ON_ROOT, "severity": "critical"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("HostDiskSpaceLow", "exactly a tenth", space("100x80"), at("20m", "silent")),
    alert_case("HostDiskSpaceLow", "a file system in memory is full", space("0x80", MEMORY), at("20m", "silent")),
    alert_case(
        "HostDiskSpaceLow", "an image that is full by nature", space("0x80", readonly="1x80"), at("20m", "silent")
    ),
    alert_case(
        "HostDiskSpaceLow",
        "the other machine, by its name",
        {**space("900x80"), **space("10x80", of=ON_B), **space("10x80", DATA, of=ON_B)},
        at("19m", "fires", B, count=2),
    ),
    alert_case(
        "HostDiskFullSoon",
        "a tenth of it an hour, until something is deleted",
        {**space("390-2x110 380x90"), **space("900x200", DATA)},
        at("10m", "pending"),
        at("12m", "fires", {**ON_ROOT, "severity": "high"}, count=1),
        at("2h55m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "HostDiskFullSoon",
        "fast, and with much room left",
        space("1000-5x110"),
        at("1h30m", "silent"),
        interval="1m",
    ),
    alert_case("HostDiskFullSoon", "it does not change", space("300x150"), at("2h", "silent"), interval="1m"),
    alert_case(
        "HostDiskFullSoon",
        "it has fallen to exactly four tenths",
        space("1000-12x50 400x60"),
        at("1h10m", "silent"),
        interval="1m",
    ),
    alert_case("HostDiskFullSoon", "it is full: another alert", space("0x150"), at("2h", "silent"), interval="1m"),
    alert_case(
        "HostDiskFullSoon",
        "two on the other machine",
        {**space("900x150"), **space("390-2x150", of=ON_B), **space("390-2x150", DATA, of=ON_B)},
        at("1h30m", "fires", B, count=2),
        interval="1m",
    ),
    alert_case("HostDiskFullSoon", "it is emptied", space("0+2x150"), at("2h", "silent"), interval="1m"),
    alert_case("HostDiskFullSoon", "one in memory", space("390-2x150", MEMORY), at("1h30m", "silent"), interval="1m"),
    alert_case(
        "HostInodesLow",
        "a twentieth is free, then half",
        {**inodes("50x40 500x40"), **inodes("900x80", DATA)},
        at("4m45s", "pending"),
        at("5m", "fires", {**ON_ROOT, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("HostInodesLow", "exactly a tenth", inodes("100x80"), at("20m", "silent")),
    alert_case("HostInodesLow", "one in memory", inodes("0x80", MEMORY), at("20m", "silent")),
    alert_case(
        "HostInodesLow", "an image that cannot be written", inodes("0x80", readonly="1x80"), at("20m", "silent")
    ),
    alert_case(
        "HostInodesLow",
        "the other machine, by its name",
        {**inodes("900x80"), **inodes("10x80", of=ON_B), **inodes("10x80", DATA, of=ON_B)},
        at("19m", "fires", B, count=2),
    ),
    alert_case(
        "HostFileSystemReadOnly",
        "it turns, and is mounted anew",
        {**space("500x80", readonly="0x20 1x20 0x40"), **space("500x80", DATA)},
        at("5m", "silent"),
        at("5m15s", "fires", {**ON_ROOT, "severity": "critical"}, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("HostFileSystemReadOnly", "it always was", space("500x80", readonly="1x80"), at("20m", "silent")),
    alert_case(
        "HostFileSystemReadOnly", "one in memory", space("5x80", MEMORY, readonly="0x20 1x60"), at("10m", "silent")
    ),
    alert_case(
        "HostFileSystemReadOnly",
        "two on the other machine",
        {
            **space("500x80"),
            **space("500x80", of=ON_B, readonly="0x20 1x60"),
            **space("500x80", DATA, of=ON_B, readonly="0x20 1x60"),
        },
        at("10m", "fires", B, count=2),
    ),
    alert_case(
        "HostDiskPressure",
        "two thirds of the time, then none",
        {f"node_pressure_io_waiting_seconds_total{{{ON_A}}}": "0+10x80 800x40"},
        at("12m", "pending"),
        at("14m", "fires", {**A, "severity": "medium"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case(
        "HostDiskPressure",
        "exactly four tenths",
        {f"node_pressure_io_waiting_seconds_total{{{ON_A}}}": "0+6x120"},
        at("25m", "silent"),
    ),
    alert_case(
        "HostDiskPressure",
        "the other machine",
        {
            f"node_pressure_io_waiting_seconds_total{{{ON_A}}}": "0x120",
            f"node_pressure_io_waiting_seconds_total{{{ON_B}}}": "0+14x120",
        },
        at("25m", "fires", B, count=1),
    ),
    alert_case(
        "HostFilesHigh",
        "nine tenths are open, then half",
        files("900x40 500x40"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("HostFilesHigh", "exactly at the limit", files("800x80"), at("20m", "silent")),
    alert_case(
        "HostFilesHigh",
        "the other machine",
        {**files("10x80"), **files("990x80", ON_B)},
        at("19m", "fires", B, count=1),
    ),
    alert_case(
        "HostNetworkErrors",
        "one of fifty is broken, then none",
        packets("0+10x80 800x40", "0+10x80 800x40"),
        at("9m", "pending"),
        at("11m", "fires", {**A, "device": "eth0", "severity": "medium"}, count=1),
        at("28m", "resolved"),
    ),
    alert_case("HostNetworkErrors", "exactly one of a hundred", packets("0+5x120", "0+5x120"), at("25m", "silent")),
    alert_case("HostNetworkErrors", "of the loopback", packets("0+50x120", "0x120", device="lo"), at("25m", "silent")),
    alert_case(
        "HostNetworkErrors",
        "a few packets in a minute, one of them broken",
        packets("0+0.05x120", "0x120", "0+0.5x120", "0+0.5x120"),
        at("25m", "silent"),
    ),
    alert_case(
        "HostNetworkErrors",
        "one of the devices of the other machine, which sends nothing that arrives",
        {
            **packets("0x120", "0x120"),
            **packets("0x120", "0x120", of=ON_B),
            **packets("0x120", "0+30x120", device="eth1", of=ON_B),
            **packets("0+30x120", "0x120", device="eth2", of=ON_B),
        },
        at("25m", "fires", B, count=2),
    ),
    alert_case(
        "HostClockOff",
        "eight seconds behind, then set",
        {f"node_time_seconds{{{ON_A}}}": "-8+15x60 915+15x59"},
        at("9m", "pending"),
        at("10m", "fires", {**A, "severity": "medium"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "HostClockOff", "exactly five seconds", {f"node_time_seconds{{{ON_A}}}": "5+15x120"}, at("25m", "silent")
    ),
    alert_case(
        "HostClockOff",
        "one machine is ahead",
        {f"node_time_seconds{{{ON_A}}}": "0+15x120", f"node_time_seconds{{{ON_B}}}": "9+15x120"},
        at("25m", "fires", B, count=1),
    ),
]
