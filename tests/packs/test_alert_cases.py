"""When each alert of the packs fires and when not. pytest and `vedette test` run them; promtool judges them, too.

Samples are 15 s apart: four a minute. Every alert has a case that fires, one that never does, one exactly at its
threshold and one that resolves, and most of its mutants die: `vedette test --mutants`.
"""

from __future__ import annotations

from vedette import packs
from vedette.catalog import Service, Stack
from vedette.testing import alert_case, at

stack = Stack(services=[Service("shop", ["a:1", "b:1"], [packs.http, packs.process, packs.database, packs.watch])])

MIB = 1024 * 1024
A, B = {"job": "shop", "instance": "a:1"}, {"job": "shop", "instance": "b:1"}
SHOP = {"job": "shop"}
MAIN = {**A, "db_client_connection_pool_name": "main"}
COUNT = "http_server_request_duration_seconds_count"
ROUTE = 'http_request_method="GET",http_route="/"'
POOL = 'db_client_connection_pool_name="main"'
QUERY = 'db_system_name="sqlite",db_operation_name="SELECT",db_collection_name="orders"'


def up(a: str, b: str) -> dict[str, str]:
    """Two instances of the shop."""
    return {'up{instance="a:1"}': a, 'up{instance="b:1"}': b}


def requests(ok: str, failed: str = "_x240") -> dict[str, str]:
    """Requests answered with 200 and with 500."""
    return {
        f'{COUNT}{{{ROUTE},http_response_status_code="200"}}': ok,
        f'{COUNT}{{{ROUTE},http_response_status_code="500"}}': failed,
    }


def buckets(name: str, labels: str, under: dict[str, str], count: str) -> dict[str, str]:
    """A histogram: upper bound → cumulative count."""
    comma = "," if labels else ""
    found = {f'{name}_bucket{{{labels}{comma}le="{bound}"}}': values for bound, values in under.items()}
    return {**found, f"{name}_count{{{labels}}}": count}


def durations(under: dict[str, str], count: str = "0+100x120") -> dict[str, str]:
    """Requests by how long they took; 100 in 15 s."""
    return buckets("http_server_request_duration_seconds", f'{ROUTE},http_response_status_code="200"', under, count)


def operations(under: dict[str, str], count: str = "0+100x120") -> dict[str, str]:
    """Database operations by how long they took."""
    return buckets("db_client_operation_duration_seconds", QUERY, under, count)


def failures(count: str, failed: str) -> dict[str, str]:
    """Database operations and those of them that failed."""
    errors = 'db_system_name="sqlite",db_operation_name="SELECT",error_type="OperationalError"'
    return {
        f"db_client_operation_duration_seconds_count{{{QUERY}}}": count,
        f"db_client_operation_errors_total{{{errors}}}": failed,
    }


def pool(used: str, idle: str, most: str) -> dict[str, str]:
    """Connections of a pool in use and idle, and how many there may be."""
    return {
        f'db_client_connections{{{POOL},db_client_connection_state="used"}}': used,
        f'db_client_connections{{{POOL},db_client_connection_state="idle"}}': idle,
        f"db_client_connections_max{{{POOL}}}": most,
    }


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


def pending_requests(values: str) -> dict[str, str]:
    """How many wait for a connection."""
    return {f"db_client_connections_pending_requests{{{POOL}}}": values}


def timeouts(values: str) -> dict[str, str]:
    """How many have waited in vain for a connection."""
    return {f"db_client_connection_timeouts_total{{{POOL}}}": values}


def deliveries(outcome: str, values: str) -> dict[str, str]:
    """Webhooks with this outcome."""
    return {f'vedette_deliveries_total{{channel="webhook",outcome="{outcome}"}}': values}


def judged(under: dict[str, str]) -> dict[str, str]:
    """Rounds of rules by how long they took."""
    return buckets("vedette_rule_evaluation_duration_seconds", "", under, under["+Inf"])


# Of 100 in 15 s: all between two bounds, 95 % up to the lower one, or 90 %.
WITHIN_1 = {"0.5": "0x120", "1": "0+100x120", "+Inf": "0+100x120"}
AT_1 = {"0.5": "0x120", "1": "0+95x120", "2.5": "0+100x120", "+Inf": "0+100x120"}
OVER_1 = {"0.5": "0x120", "1": "0+90x120", "2.5": "0+100x120", "+Inf": "0+100x120"}
OVER_1_FOR_8M = {
    "0.5": "0x120",
    "1": "0+90x32 2980+100x87",
    "2.5": "0+100x120",
    "+Inf": "0+100x120",
}
WITHIN_2 = {"1": "0x120", "2.5": "0+100x120", "5": "0+100x120", "+Inf": "0+100x120"}
AT_2 = {"1": "0x120", "2.5": "0+95x120", "5": "0+100x120", "+Inf": "0+100x120"}
OVER_2 = {"1": "0x120", "2.5": "0+90x120", "5": "0+100x120", "+Inf": "0+100x120"}
OVER_2_FOR_8M = {
    "1": "0x120",
    "2.5": "0+90x32 2980+100x87",
    "5": "0+100x120",
    "+Inf": "0+100x120",
}

HTTP = [
    alert_case(
        "ServiceDown",
        "both instances go down and come back",
        up("0x40 1x80", "0x40 1x80"),
        at("1m45s", "pending"),
        at("2m", "fires", {**SHOP, "severity": "critical"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("ServiceDown", "one still answers", up("0x120", "1x120"), at("10m", "silent")),
    alert_case(
        "InstanceDown",
        "one of two goes down and comes back",
        up("0x40 1x80", "1x120"),
        at("1m45s", "pending"),
        at("2m", "fires", {**A, "severity": "high"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("InstanceDown", "all are down: that is another alert", up("0x120", "0x120"), at("10m", "silent")),
    alert_case(
        "HttpErrorRateHigh",
        "6 % fail, and then none",
        requests("0+94x120", "0+6x40 240x80"),
        at("2m", "pending"),
        at("2m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpErrorRateHigh", "exactly 5 % fail", requests("0+95x120", "0+5x120"), at("10m", "silent")),
    alert_case("HttpErrorRateHigh", "nothing has failed yet", requests("0+95x120"), at("10m", "silent")),
    alert_case(
        "HttpErrorRateHigh", "the only request of the night failed", requests("0x120", "0x20 1x99"), at("6m", "silent")
    ),
    alert_case("HttpErrorRateHigh", "half of little traffic", requests("0+0.5x120", "0+0.5x120"), at("10m", "fires")),
    alert_case(
        "HttpErrorRateHigh",
        "three requests a minute are too few",
        requests("0x60", "0+1.5x60"),
        at("10m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpErrorRateCritical",
        "11 % fail, and then none",
        requests("0+89x120", "0+11x40 440x80"),
        at("1m", "pending"),
        at("1m15s", "fires", {**SHOP, "severity": "critical"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpErrorRateCritical", "exactly 10 % fail", requests("0+90x120", "0+10x120"), at("10m", "silent")),
    alert_case(
        "HttpErrorRateCritical", "half of little traffic", requests("0+0.5x120", "0+0.5x120"), at("10m", "fires")
    ),
    alert_case(
        "HttpErrorRateCritical",
        "three requests a minute are too few",
        requests("0x60", "0+1.5x60"),
        at("10m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpLatencyHigh",
        "a tenth takes 1 to 2.5 s, and then none",
        durations(OVER_1_FOR_8M),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpLatencyHigh", "every request takes 0.5 to 1 s", durations(WITHIN_1), at("15m", "silent")),
    alert_case("HttpLatencyHigh", "95 % within a second", durations(AT_1), at("15m", "silent")),
    alert_case("HttpLatencyHigh", "slow, with little traffic", durations(OVER_1, "0+1x120"), at("15m", "fires")),
    alert_case(
        "HttpLatencyHigh",
        "slow, with too little traffic",
        durations(OVER_1, "0+1.5x120"),
        at("15m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpLatencyCritical",
        "a tenth takes 2.5 to 5 s, and then none",
        durations(OVER_2_FOR_8M),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "critical"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpLatencyCritical", "every request takes 1 to 2.5 s", durations(WITHIN_2), at("15m", "silent")),
    alert_case("HttpLatencyCritical", "95 % within 2.5 seconds", durations(AT_2), at("15m", "silent")),
    alert_case("HttpLatencyCritical", "slow, with little traffic", durations(OVER_2, "0+1x120"), at("15m", "fires")),
    alert_case(
        "HttpLatencyCritical",
        "slow, with too little traffic",
        durations(OVER_2, "0+1.5x120"),
        at("15m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpNoTraffic",
        "traffic ends, and comes back",
        requests("0+15x120 1800x119 1800+15x80", "_x320"),
        at("44m30s", "pending"),
        at("45m", "fires", {**SHOP, "severity": "medium"}),
        at("65m", "resolved"),
    ),
    alert_case("HttpNoTraffic", "little traffic ends", requests("0+2x120 240x119"), at("46m", "fires")),
    alert_case("HttpNoTraffic", "hardly any traffic ends", requests("0+0.75x120 90x119"), at("46m", "silent")),
    alert_case("HttpNoTraffic", "there is traffic", requests("0+15x239"), at("50m", "silent")),
    alert_case("HttpNoTraffic", "there never was any", requests("0x239"), at("50m", "silent")),
]

PROCESS = [
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

DATABASE = [
    alert_case(
        "DatabasePoolNearExhaustion",
        "91 of 100 in use, and then fewer",
        pool("91x40 10x80", "9x40 90x80", "100x120"),
        at("1m45s", "pending"),
        at("2m", "fires", {**MAIN, "severity": "high"}),
        at("15m", "resolved"),
    ),
    alert_case(
        "DatabasePoolNearExhaustion", "exactly 90 of 100", pool("90x120", "10x120", "100x120"), at("10m", "silent")
    ),
    alert_case("DatabasePoolNearExhaustion", "an empty pool", pool("0x120", "0x120", "0x120"), at("10m", "silent")),
    alert_case(
        "DatabasePoolNearExhaustion", "the limit is told as 0", pool("5x120", "0x120", "0x120"), at("10m", "silent")
    ),
    alert_case(
        "DatabasePoolExhausted",
        "two wait, and then nobody",
        pending_requests("2x40 0x40"),
        at("45s", "pending"),
        at("1m", "fires", {**MAIN, "severity": "critical"}),
        at("15m", "resolved"),
    ),
    alert_case("DatabasePoolExhausted", "nobody waits", pending_requests("0x80"), at("10m", "silent")),
    alert_case("DatabasePoolExhausted", "they waited for a moment", pending_requests("2x2 0x80"), at("10m", "silent")),
    alert_case(
        "DatabaseConnectionTimeouts",
        "one got none",
        timeouts("0x20 1x60"),
        at("7m", "fires", {**MAIN, "severity": "critical"}),
        at("15m", "resolved"),
    ),
    alert_case("DatabaseConnectionTimeouts", "all got theirs", timeouts("3x80"), at("10m", "silent")),
    alert_case(
        "DatabaseConnectionsHigh",
        "81 open, and then fewer",
        {key: values for key, values in pool("41x40 5x80", "40x40 5x80", "").items() if values},
        at("4m45s", "pending"),
        at("5m", "fires", {**SHOP, "severity": "medium"}),
        at("15m", "resolved"),
    ),
    alert_case("DatabaseConnectionsHigh", "exactly 80 open", pool("40x80", "40x80", "200x80"), at("10m", "silent")),
    alert_case(
        "DatabaseSlowQueries",
        "some take 1 to 5 s, and then none",
        operations({"0.5": "0x120", "1": "0+94x32 3108+100x87", "5": "0+100x120", "+Inf": "0+100x120"}),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("DatabaseSlowQueries", "all take 0.5 to 1 s", operations(WITHIN_1), at("15m", "silent")),
    alert_case(
        "DatabaseSlowQueries",
        "95 % within a second",
        operations({"0.5": "0x120", "1": "0+95x120", "5": "0+100x120", "+Inf": "0+100x120"}),
        at("15m", "silent"),
    ),
    alert_case(
        "DatabaseSlowQueries",
        "slow, but few",
        operations({"1": "0x120", "5": "0+1x120", "+Inf": "0+1x120"}, "0+1x120"),
        at("15m", "fires"),
    ),
    alert_case(
        "DatabaseSlowQueries",
        "slow, but too few",
        operations({"1": "0x60", "5": "0+1.5x60", "+Inf": "0+1.5x60"}, "0+1.5x60"),
        at("15m", "silent"),
        interval="30s",
    ),
    alert_case(
        "DatabaseErrorRateHigh",
        "6 % fail, and then none",
        failures("0+100x120", "0+6x40 240x80"),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("DatabaseErrorRateHigh", "exactly 5 % fail", failures("0+100x80", "0+5x80"), at("15m", "silent")),
    alert_case("DatabaseErrorRateHigh", "none has failed yet", failures("0+100x80", "_x80"), at("15m", "silent")),
    alert_case("DatabaseErrorRateHigh", "one of few fails", failures("0+1x80", "0+0.5x80"), at("15m", "fires")),
    alert_case(
        "DatabaseErrorRateHigh", "of too few", failures("0+1.5x60", "0+1x60"), at("15m", "silent"), interval="30s"
    ),
]

WATCH = [
    alert_case(
        "VedetteDeliveriesFailing",
        "one was refused",
        deliveries("failed", "0x20 1x120"),
        at("7m", "fires", {**SHOP, "channel": "webhook"}),
        at("25m", "resolved"),
    ),
    alert_case("VedetteDeliveriesFailing", "all arrive", deliveries("delivered", "0+1x120"), at("10m", "silent")),
    alert_case(
        "VedetteDeliveriesFailing", "none was refused of late", deliveries("failed", "3x80"), at("10m", "silent")
    ),
    alert_case(
        "VedetteDeliveriesWaiting",
        "21 wait, and then none",
        {"vedette_deliveries_waiting": "21x40 0x40"},
        at("4m45s", "pending"),
        at("5m", "fires", SHOP),
        at("15m", "resolved"),
    ),
    alert_case("VedetteDeliveriesWaiting", "exactly 20", {"vedette_deliveries_waiting": "20x80"}, at("10m", "silent")),
    alert_case(
        "VedetteRulesFailing",
        "one fails, and then none",
        {'vedette_rules{health="err"}': "1x40 0x40"},
        at("4m45s", "pending"),
        at("5m", "fires", SHOP),
        at("15m", "resolved"),
    ),
    alert_case(
        "VedetteRulesFailing",
        "none fails",
        {'vedette_rules{health="err"}': "0x80", 'vedette_rules{health="ok"}': "30x80"},
        at("10m", "silent"),
    ),
    alert_case(
        "VedetteEvaluationSlow",
        "a tenth takes 1 to 2.5 s, and then none",
        judged(OVER_1_FOR_8M | {"1": "0+90x60 5500+100x59"}),
        at("10m", "pending"),
        at("10m15s", "fires", SHOP),
        at("25m", "resolved"),
    ),
    alert_case("VedetteEvaluationSlow", "all take 0.5 to 1 s", judged(WITHIN_1), at("18m", "silent")),
    alert_case("VedetteEvaluationSlow", "95 % within a second", judged(AT_1), at("18m", "silent")),
    alert_case(
        "VedetteCheckErrors",
        "one error, and then none",
        {'vedette_check_findings{level="error"}': "1x20 0x40"},
        at("45s", "pending"),
        at("1m", "fires", SHOP),
        at("12m", "resolved"),
    ),
    alert_case(
        "VedetteCheckErrors",
        "no error, but warnings",
        {'vedette_check_findings{level="error"}': "0x80", 'vedette_check_findings{level="warning"}': "7x80"},
        at("5m", "silent"),
    ),
]
