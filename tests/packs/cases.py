"""When each alert of the packs fires and when not: series as promtool writes them, a time, and how many alerts then.

Samples are 15 s apart. Every alert has a case that fires, one at its threshold that does not, and where it matters one
without traffic and one that resolves.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
COUNT = "http_server_request_duration_seconds_count"
BUCKET = "http_server_request_duration_seconds_bucket"
WHO = 'job="shop",instance="a:1"'
ROUTE = f'{WHO},http_request_method="GET",http_route="/"'
POOL = f'{WHO},db_client_connection_pool_name="main"'
QUERY = f'{WHO},db_system_name="sqlite",db_operation_name="SELECT",db_collection_name="orders"'


@dataclass(frozen=True)
class Case:
    """``expected`` alerts fire at ``at`` when these series are loaded."""

    alert: str
    why: str
    series: dict[str, str]
    at: str
    expected: int = 1


def requests(ok: str, failed: str) -> dict[str, str]:
    """Requests answered with 200 and with 500."""
    return {
        f'{COUNT}{{{ROUTE},http_response_status_code="200"}}': ok,
        f'{COUNT}{{{ROUTE},http_response_status_code="500"}}': failed,
    }


def durations(under: dict[str, str], count: str = "0+15x80") -> dict[str, str]:
    """Requests by bucket: upper bound → cumulative count."""
    status = f'{ROUTE},http_response_status_code="200"'
    buckets = {f'{BUCKET}{{{status},le="{bound}"}}': values for bound, values in under.items()}
    return {**buckets, f"{COUNT}{{{status}}}": count}


def operations(under: dict[str, str], count: str = "0+15x80") -> dict[str, str]:
    """Database operations by bucket."""
    name = "db_client_operation_duration_seconds"
    buckets = {f'{name}_bucket{{{QUERY},le="{bound}"}}': values for bound, values in under.items()}
    return {**buckets, f"{name}_count{{{QUERY}}}": count}


def failures(count: str, failed: str) -> dict[str, str]:
    """Database operations and those of them that failed."""
    errors = f'{WHO},db_system_name="sqlite",db_operation_name="SELECT",error_type="OperationalError"'
    return {
        f"db_client_operation_duration_seconds_count{{{QUERY}}}": count,
        f"db_client_operation_errors_total{{{errors}}}": failed,
    }


def pool(used: int, most: int) -> dict[str, str]:
    """A pool with so many connections in use of so many."""
    return {
        f'db_client_connections{{{POOL},db_client_connection_state="used"}}': f"{used}x80",
        f'db_client_connections{{{POOL},db_client_connection_state="idle"}}': f"{most - used}x80",
        f"db_client_connections_max{{{POOL}}}": f"{most}x80",
    }


def files(count: int) -> dict[str, str]:
    """A process with so many of its 1000 file descriptors open."""
    return {f"process_open_fds{{{WHO}}}": f"{count}x80", f"process_max_fds{{{WHO}}}": "1000x80"}


def memory(size: int) -> dict[str, str]:
    """A process that holds so many bytes."""
    return {f"process_resident_memory_bytes{{{WHO}}}": f"{size}x80"}


def workers(metric: str, total: str, *each: str) -> dict[str, str]:
    """What several workers have together, in ``metric``, and each of them by itself."""
    name = metric.replace("process_", "process_worker_", 1)
    return {
        f"{metric}{{{WHO}}}": total,
        **{f'{name}{{{WHO},pid="{number}"}}': values for number, values in enumerate(each, 100)},
    }


SLOW = {"1": "0x80", "2.5": "0+15x80", "+Inf": "0+15x80"}
VERY_SLOW = {"1": "0x80", "2.5": "0x80", "5": "0+15x80", "+Inf": "0+15x80"}
FAST = {"0.5": "0+15x80", "1": "0+15x80", "+Inf": "0+15x80"}
BOTH = 'up{job="shop",instance="a:1"}', 'up{job="shop",instance="b:1"}'


def refused(values: str) -> dict[str, str]:
    """Webhooks that were refused for good."""
    return {f'vedette_deliveries_total{{{WHO},channel="webhook",outcome="failed"}}': values}


def judged(*, slow: bool) -> dict[str, str]:
    """Rounds of rules by bucket: all between half a second and two, or all faster."""
    name = "vedette_rule_evaluation_duration_seconds"
    under = "0+0x90" if slow else "0+15x90"
    values = {"0.5": under, "1.0": under, "2.5": "0+15x90", "5.0": "0+15x90", "+Inf": "0+15x90"}
    return {f'{name}_bucket{{{WHO},le="{bound}"}}': count for bound, count in values.items()}


CASES = {
    "http": [
        Case("ServiceDown", "both instances are down", dict.fromkeys(BOTH, "0x80"), "5m"),
        Case("ServiceDown", "not yet for two minutes", dict.fromkeys(BOTH, "0x80"), "1m45s", 0),
        Case("ServiceDown", "one still answers", dict(zip(BOTH, ("0x80", "1x80"), strict=True)), "5m", 0),
        Case("ServiceDown", "it came back", dict.fromkeys(BOTH, "0x20 1x60"), "10m", 0),
        Case("InstanceDown", "one of two is down", dict(zip(BOTH, ("0x80", "1x80"), strict=True)), "5m"),
        Case("InstanceDown", "all are down: that is another alert", dict.fromkeys(BOTH, "0x80"), "5m", 0),
        Case("HttpErrorRateHigh", "6 % fail", requests("0+94x80", "0+6x80"), "10m"),
        Case("HttpErrorRateHigh", "exactly 5 % fail", requests("0+95x80", "0+5x80"), "10m", 0),
        Case("HttpErrorRateHigh", "nothing has failed yet", requests("0+95x80", "_x80"), "10m", 0),
        Case("HttpErrorRateHigh", "the only request of the night failed", requests("0x80", "0x20 1x60"), "6m", 0),
        Case("HttpErrorRateHigh", "the errors ended", requests("0+90x80", "0+10x20 200x60"), "15m", 0),
        Case("HttpErrorRateCritical", "11 % fail", requests("0+89x80", "0+11x80"), "10m"),
        Case("HttpErrorRateCritical", "exactly 10 % fail", requests("0+90x80", "0+10x80"), "10m", 0),
        Case("HttpErrorRateCritical", "half of almost no traffic", requests("0+0.3x80", "0+0.3x80"), "10m", 0),
        Case("HttpLatencyHigh", "every request takes 1 to 2.5 s", durations(SLOW), "15m"),
        Case("HttpLatencyHigh", "every request is under 0.5 s", durations(FAST), "15m", 0),
        Case("HttpLatencyHigh", "slow, but hardly any traffic", durations(SLOW, "0+0.3x80"), "15m", 0),
        Case("HttpLatencyHigh", "not yet for five minutes", durations(SLOW), "4m", 0),
        Case("HttpLatencyCritical", "every request takes 2.5 to 5 s", durations(VERY_SLOW), "15m"),
        Case("HttpLatencyCritical", "every request takes 1 to 2.5 s", durations(SLOW), "15m", 0),
        Case("HttpNoTraffic", "traffic ended a while ago", requests("0+15x120 1800x120", "_x240"), "50m"),
        Case("HttpNoTraffic", "there is traffic", requests("0+15x240", "_x240"), "50m", 0),
        Case("HttpNoTraffic", "there never was any", requests("0x240", "_x240"), "50m", 0),
    ],
    "process": [
        Case("ProcessCpuHigh", "0.9 cores", {f"process_cpu_seconds_total{{{WHO}}}": "0+13.5x80"}, "18m"),
        Case("ProcessCpuHigh", "0.75 cores", {f"process_cpu_seconds_total{{{WHO}}}": "0+11.25x80"}, "18m", 0),
        Case("ProcessCpuHigh", "not for ten minutes", {f"process_cpu_seconds_total{{{WHO}}}": "0+13.5x80"}, "9m", 0),
        Case(
            "ProcessCpuHigh",
            "one of three workers uses 0.9 cores",
            workers("process_cpu_seconds_total", "0+15x80", "0+13.5x80", "0+0.75x80", "0+0.75x80"),
            "18m",
        ),
        Case(
            "ProcessCpuHigh",
            "three workers use half a core each",
            workers("process_cpu_seconds_total", "0+22.5x80", *["0+7.5x80"] * 3),
            "18m",
            0,
        ),
        Case("ProcessMemoryHigh", "401 MiB", memory(401 * MIB), "10m"),
        Case(
            "ProcessMemoryHigh",
            "one of two workers holds 401 MiB",
            workers("process_resident_memory_bytes", f"{500 * MIB}x80", f"{401 * MIB}x80", f"{99 * MIB}x80"),
            "10m",
        ),
        Case(
            "ProcessMemoryHigh",
            "eight workers hold 399 MiB each",
            workers("process_resident_memory_bytes", f"{8 * 399 * MIB}x80", *[f"{399 * MIB}x80"] * 8),
            "10m",
            0,
        ),
        Case(
            "ProcessMemoryHigh",
            "of one instance the workers are told apart, the other is one process",
            {
                **workers("process_resident_memory_bytes", f"{900 * MIB}x80", f"{401 * MIB}x80"),
                'process_resident_memory_bytes{job="shop",instance="b:1"}': f"{402 * MIB}x80",
            },
            "10m",
            2,
        ),
        Case("ProcessMemoryHigh", "exactly 400 MiB", memory(400 * MIB), "10m", 0),
        Case("ProcessMemoryCritical", "451 MiB", memory(451 * MIB), "10m"),
        Case("ProcessMemoryCritical", "exactly 450 MiB", memory(450 * MIB), "10m", 0),
        Case("ProcessFilesHigh", "81 % open", files(810), "10m"),
        Case("ProcessFilesHigh", "exactly 80 % open", files(800), "10m", 0),
        Case("ProcessFilesHigh", "no limit is known", {f"process_open_fds{{{WHO}}}": "9000x80"}, "10m", 0),
        Case(
            "ProcessFilesHigh",
            "one of two workers has 81 % open",
            {**files(900), **workers("process_open_fds_ratio", "0x80", "0.81x80", "0.09x80")},
            "10m",
        ),
        Case(
            "ProcessFilesHigh",
            "two workers have half of theirs open each",
            {**files(1000), **workers("process_open_fds_ratio", "0x80", "0.5x80", "0.5x80")},
            "10m",
            0,
        ),
        Case("ProcessFilesCritical", "96 % open", files(960), "10m"),
        Case("ProcessFilesCritical", "exactly 95 % open", files(950), "10m", 0),
        Case(
            "ProcessRestarting",
            "three starts in 15 minutes",
            {f"process_start_time_seconds{{{WHO}}}": "1x10 2x10 3x10 4x50"},
            "12m",
        ),
        Case(
            "ProcessRestarting",
            "workers are replaced all the time",
            workers("process_start_time_seconds", "1x80", "1x10", *[f"_x{5 * k} {k}x10" for k in range(1, 9)]),
            "12m",
            0,
        ),
        Case(
            "ProcessRestarting",
            "two starts in 15 minutes",
            {f"process_start_time_seconds{{{WHO}}}": "1x10 2x10 3x60"},
            "12m",
            0,
        ),
    ],
    "database": [
        Case("DatabasePoolNearExhaustion", "91 of 100 in use", pool(91, 100), "10m"),
        Case("DatabasePoolNearExhaustion", "exactly 90 of 100", pool(90, 100), "10m", 0),
        Case("DatabasePoolNearExhaustion", "an empty pool", pool(0, 0), "10m", 0),
        Case("DatabasePoolExhausted", "two wait", {f"db_client_connections_pending_requests{{{POOL}}}": "2x80"}, "10m"),
        Case(
            "DatabasePoolExhausted",
            "nobody waits",
            {f"db_client_connections_pending_requests{{{POOL}}}": "0x80"},
            "10m",
            0,
        ),
        Case(
            "DatabasePoolExhausted",
            "they waited for a moment",
            {f"db_client_connections_pending_requests{{{POOL}}}": "2x2 0x80"},
            "10m",
            0,
        ),
        Case(
            "DatabaseConnectionTimeouts",
            "one got none",
            {f"db_client_connection_timeouts_total{{{POOL}}}": "0x20 1x60"},
            "7m",
        ),
        Case(
            "DatabaseConnectionTimeouts",
            "that is long ago",
            {f"db_client_connection_timeouts_total{{{POOL}}}": "0x20 1x60"},
            "15m",
            0,
        ),
        Case("DatabaseConnectionsHigh", "81 open", pool(41, 81), "10m"),
        Case("DatabaseConnectionsHigh", "exactly 80 open", pool(40, 80), "10m", 0),
        Case("DatabaseSlowQueries", "all take 1 to 2.5 s", operations(SLOW), "15m"),
        Case("DatabaseSlowQueries", "all take under 0.5 s", operations(FAST), "15m", 0),
        Case("DatabaseErrorRateHigh", "6 % fail", failures("0+100x80", "0+6x80"), "15m"),
        Case("DatabaseErrorRateHigh", "exactly 5 % fail", failures("0+100x80", "0+5x80"), "15m", 0),
        Case("DatabaseErrorRateHigh", "none has failed yet", failures("0+100x80", "_x80"), "15m", 0),
    ],
    "watch": [
        Case("VedetteDeliveriesFailing", "one was refused", refused("0x20 1x60"), "7m"),
        Case("VedetteDeliveriesFailing", "that is long ago", refused("0x20 1x120"), "25m", 0),
        Case("VedetteDeliveriesWaiting", "21 wait", {f"vedette_deliveries_waiting{{{WHO}}}": "21x80"}, "10m"),
        Case("VedetteDeliveriesWaiting", "exactly 20", {f"vedette_deliveries_waiting{{{WHO}}}": "20x80"}, "10m", 0),
        Case("VedetteRulesFailing", "one fails", {f'vedette_rules{{{WHO},health="err"}}': "1x80"}, "10m"),
        Case("VedetteRulesFailing", "none fails", {f'vedette_rules{{{WHO},health="err"}}': "0x80"}, "10m", 0),
        Case("VedetteEvaluationSlow", "all take 1 to 2.5 s", judged(slow=True), "18m"),
        Case("VedetteEvaluationSlow", "all take under 0.5 s", judged(slow=False), "18m", 0),
        Case("VedetteCheckErrors", "one error", {f'vedette_check_findings{{{WHO},level="error"}}': "1x80"}, "5m"),
        Case("VedetteCheckErrors", "no error", {f'vedette_check_findings{{{WHO},level="error"}}': "0x80"}, "5m", 0),
    ],
}
