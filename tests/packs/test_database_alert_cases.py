"""When each alert of the database pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, WITHIN_1, A, buckets, stack_of

from vedette.packs import database
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(database)

MAIN = {**A, "db_client_connection_pool_name": "main"}
POOL = 'db_client_connection_pool_name="main"'
QUERY = 'db_system_name="sqlite",db_operation_name="SELECT",db_collection_name="orders"'


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


def of_a_cache(system: str) -> dict[str, str]:
    """A cache whose operations all fail after more than a second: it has a pack of its own."""
    labels = f'db_system_name="{system}",db_operation_name="BLPOP"'
    found = buckets(
        "db_client_operation_duration_seconds",
        f'{labels},db_collection_name="any"',
        {"1": "0x80", "5": "0+1000x80", "+Inf": "0+1000x80"},
        "0+1000x80",
    )
    return {**found, f'db_client_operation_errors_total{{{labels},error_type="redis.ConnectionError"}}': "0+1000x80"}


def pool(used: str, idle: str, most: str) -> dict[str, str]:
    """Connections of a pool in use and idle, and how many there may be."""
    return {
        f'db_client_connections{{{POOL},db_client_connection_state="used"}}': used,
        f'db_client_connections{{{POOL},db_client_connection_state="idle"}}': idle,
        f"db_client_connections_max{{{POOL}}}": most,
    }


def pending_requests(values: str) -> dict[str, str]:
    """How many wait for a connection."""
    return {f"db_client_connections_pending_requests{{{POOL}}}": values}


def overdue(values: str) -> dict[str, str]:
    """How many connections are out for too long."""
    return {f"db_client_connections_overdue{{{POOL}}}": values}


def timeouts(values: str) -> dict[str, str]:
    """How many have waited in vain for a connection."""
    return {f"db_client_connection_timeouts_total{{{POOL}}}": values}


CASES = [
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
        at("5m", "fires", {**SHOP, "severity": "medium", "db_client_connection_pool_name": "main"}),
        at("15m", "resolved"),
    ),
    alert_case("DatabaseConnectionsHigh", "exactly 80 open", pool("40x80", "40x80", "200x80"), at("10m", "silent")),
    alert_case(
        "DatabaseConnectionsHigh",
        "50 of one pool, 50 of a cache's",
        {
            **pool("25x80", "25x80", "200x80"),
            'db_client_connections{db_client_connection_pool_name="cache",db_client_connection_state="idle"}': "50x80",
        },
        at("10m", "silent"),
    ),
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
        "DatabaseConnectionsLeaked",
        "one that is out for long, and then is back",
        overdue("0x4 1x20 0x20"),
        at("2m", "pending", MAIN),
        at("2m15s", "fires", {**MAIN, "severity": "critical"}),
        at("8m", "resolved"),
    ),
    alert_case("DatabaseConnectionsLeaked", "all come back", overdue("0x40"), at("10m", "silent")),
    alert_case(
        "DatabaseConnectionsLeaked", "one is out a little too long", overdue("0x4 1x3 0x30"), at("9m", "silent")
    ),
    alert_case(
        "DatabaseConnectionsLeaked",
        "none of one pool, three of another",
        {**overdue("0x40"), 'db_client_connections_overdue{db_client_connection_pool_name="reports"}': "3x40"},
        at("5m", "fires", {**A, "db_client_connection_pool_name": "reports"}),
    ),
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
    *(
        alert_case(
            alert,
            f"slow and failing, but all of {system}",
            {**failures("0+100x80", "0+1x80"), **operations(WITHIN_1), **of_a_cache(system)},
            at("15m", "silent"),
        )
        for alert in ("DatabaseSlowQueries", "DatabaseErrorRateHigh")
        for system in ("redis", "valkey")
    ),
    *(
        alert_case(
            "DatabaseErrorRateHigh",
            f"6 % fail, beside {system} that does much and fails never",
            {
                **failures("0+100x80", "0+6x80"),
                **buckets(
                    "db_client_operation_duration_seconds",
                    f'db_system_name="{system}",db_operation_name="GET",db_collection_name="any"',
                    {"+Inf": "0+1000x80"},
                    "0+1000x80",
                ),
            },
            at("15m", "fires"),
        )
        for system in ("redis", "valkey")
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
