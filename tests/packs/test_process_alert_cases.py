"""When each alert of the process pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import A, B, stack_of

from vedette.packs import process
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(process)

MIB = 1024 * 1024


def files(opened: str, most: str = "1000x120") -> dict[str, str]:
    """A process with so many open file descriptors, of so many."""
    return {"process_open_fds": opened, "process_max_fds": most}


def workers(metric: str, total: str, *each: str) -> dict[str, str]:
    """What several workers have together, in ``metric``, and each of them by itself."""
    name = metric.replace("process_", "process_worker_", 1)
    return {metric: total, **{f'{name}{{pid="{number}"}}': values for number, values in enumerate(each, 100)}}


def file_workers(opened: str, *ratios: str) -> dict[str, str]:
    """The file descriptors of several workers together, and the share that each has open."""
    each = {f'process_worker_open_fds_ratio{{pid="{number}"}}': values for number, values in enumerate(ratios, 100)}
    return {**files(opened), **each}


CASES = [
    alert_case(
        "ProcessCpuHigh",
        "0.9 cores, and then less",
        {"process_cpu_seconds_total": "0+13.5x60 810+3x60"},
        at("12m", "pending"),
        at("15m", "fires", {**A, "severity": "high"}),
        at("28m", "resolved"),
    ),
    alert_case("ProcessCpuHigh", "0.75 cores", {"process_cpu_seconds_total": "0+11.25x80"}, at("18m", "silent")),
    alert_case(
        "ProcessCpuHigh",
        "exactly 0.8 cores",
        {"process_cpu_seconds_total": "0+24x40"},
        at("18m", "silent"),
        interval="30s",
    ),
    alert_case(
        "ProcessCpuHigh",
        "one of three workers uses 0.9 cores",
        workers("process_cpu_seconds_total", "0+15x80", "0+13.5x80", "0+0.75x80", "0+0.75x80"),
        at("18m", "fires", A, count=1),
    ),
    alert_case(
        "ProcessCpuHigh",
        "three workers use half a core each",
        workers("process_cpu_seconds_total", "0+22.5x80", *["0+7.5x80"] * 3),
        at("18m", "silent"),
    ),
    alert_case(
        "ProcessMemoryHigh",
        "401 MiB, and then less",
        {"process_resident_memory_bytes": f"{401 * MIB}x40 {100 * MIB}x40"},
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}),
        at("15m", "resolved"),
    ),
    alert_case(
        "ProcessMemoryHigh",
        "one of two workers holds 401 MiB",
        workers("process_resident_memory_bytes", f"{500 * MIB}x80", f"{401 * MIB}x80", f"{99 * MIB}x80"),
        at("10m", "fires", A, count=1),
    ),
    alert_case(
        "ProcessMemoryHigh",
        "eight workers hold 399 MiB each",
        workers("process_resident_memory_bytes", f"{8 * 399 * MIB}x80", *[f"{399 * MIB}x80"] * 8),
        at("10m", "silent"),
    ),
    alert_case(
        "ProcessMemoryHigh",
        "of one instance the workers are told apart, the other is one process",
        {
            **workers("process_resident_memory_bytes", f"{900 * MIB}x80", f"{401 * MIB}x80"),
            'process_resident_memory_bytes{instance="b:1"}': f"{402 * MIB}x80",
        },
        at("10m", "fires", count=2),
        at("10m", "fires", B),
    ),
    alert_case(
        "ProcessMemoryHigh",
        "exactly 400 MiB",
        {"process_resident_memory_bytes": f"{400 * MIB}x80"},
        at("10m", "silent"),
    ),
    alert_case(
        "ProcessMemoryCritical",
        "451 MiB, and then less",
        {"process_resident_memory_bytes": f"{451 * MIB}x40 {100 * MIB}x40"},
        at("1m45s", "pending"),
        at("2m", "fires", {**A, "severity": "critical"}),
        at("15m", "resolved"),
    ),
    alert_case(
        "ProcessMemoryCritical",
        "one of two workers holds 451 MiB",
        workers("process_resident_memory_bytes", f"{500 * MIB}x80", f"{451 * MIB}x80", f"{49 * MIB}x80"),
        at("10m", "fires", A, annotations={"value": "451MiB"}, count=1),
    ),
    alert_case(
        "ProcessMemoryCritical",
        "exactly 450 MiB",
        {"process_resident_memory_bytes": f"{450 * MIB}x80"},
        at("10m", "silent"),
    ),
    alert_case(
        "ProcessFilesHigh",
        "81 % open, and then less",
        files("810x40 100x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}),
        at("15m", "resolved"),
    ),
    alert_case("ProcessFilesHigh", "exactly 80 % open", files("800x120"), at("10m", "silent")),
    alert_case("ProcessFilesHigh", "no limit is known", {"process_open_fds": "9000x80"}, at("10m", "silent")),
    alert_case("ProcessFilesHigh", "the limit is told as 0", files("9000x80", "0x80"), at("10m", "silent")),
    alert_case(
        "ProcessFilesHigh",
        "one of two workers has 81 % open",
        file_workers("900x120", "0.81x80", "0.09x80"),
        at("10m", "fires", A, count=1),
    ),
    alert_case(
        "ProcessFilesHigh",
        "two workers have half of theirs open each",
        file_workers("1000x120", "0.5x80", "0.5x80"),
        at("10m", "silent"),
    ),
    alert_case(
        "ProcessFilesCritical",
        "96 % open, and then less",
        files("960x40 100x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "critical"}),
        at("15m", "resolved"),
    ),
    alert_case("ProcessFilesCritical", "exactly 95 % open", files("950x120"), at("10m", "silent")),
    alert_case("ProcessFilesCritical", "the limit is told as 0", files("9000x80", "0x80"), at("10m", "silent")),
    alert_case(
        "ProcessFilesCritical",
        "one of two workers has 96 % open",
        file_workers("990x120", "0.96x80", "0.03x80"),
        at("10m", "fires", A, annotations={"value": "96%"}, count=1),
    ),
    alert_case(
        "ProcessRestarting",
        "three starts in 15 minutes, and then none",
        {"process_start_time_seconds": "1x10 2x10 3x10 4x90"},
        at("7m30s", "silent"),
        at("8m15s", "fires", {**A, "severity": "high"}),
        at("25m", "resolved"),
    ),
    alert_case(
        "ProcessRestarting",
        "workers are replaced all the time",
        workers(
            "process_start_time_seconds",
            "1x80",
            "1x10 _x70",
            *[f"_x{5 * k} {k}x10 _x{70 - 5 * k}" for k in range(1, 9)],
        ),
        at("12m", "silent"),
    ),
    alert_case(
        "ProcessRestarting",
        "two starts in 15 minutes",
        {"process_start_time_seconds": "1x10 2x10 3x60"},
        at("12m", "silent"),
    ),
]
