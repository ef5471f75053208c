"""When each alert of the postgresql pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import A, B, stack_of

from vedette.packs import postgresql
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(postgresql(rollback_ratio_high=0.25, cache_hit_low=0.75, growth_hours=1))

ON_A, ON_B = 'instance="a:1"', 'instance="b:1"'
SERVER = 'server="db:5432"'
SHOP = {**A, "datname": "shop"}


def exporter(name: str, values: str, of: str = ON_A) -> dict[str, str]:
    """A metric of the exporter."""
    return {f"{name}{{{of}}}": values}


def server(name: str, values: str, of: str = ON_A) -> dict[str, str]:
    """A metric of the server."""
    return {f"{name}{{{of},{SERVER}}}": values}


def database(name: str, values: str, of: str = ON_A, datname: str = "shop") -> dict[str, str]:
    """A metric of one database."""
    number = ',datid="7"' if name.startswith("pg_stat_database") else ""
    return {f'{name}{{{of},{SERVER},datname="{datname}"{number}}}': values}


def connections(active: str, idle: str, of: str = ON_A, most: str = "100x120") -> dict[str, str]:
    """Connections by what they do, in two databases."""
    return {
        f'pg_stat_activity_count{{{of},{SERVER},datname="shop",state="active"}}': active,
        f'pg_stat_activity_count{{{of},{SERVER},datname="postgres",state="idle"}}': idle,
        f"pg_settings_max_connections{{{of},{SERVER}}}": most,
    }


def oldest(state: str, values: str, of: str = ON_A, datname: str = "shop") -> dict[str, str]:
    """Since when the oldest transaction in a state is open."""
    return {f'pg_stat_activity_max_tx_duration{{{of},{SERVER},datname="{datname}",state="{state}"}}': values}


def transactions(committed: str, rolled_back: str, of: str = ON_A, datname: str = "shop") -> dict[str, str]:
    """Transactions that ended."""
    return {
        **database("pg_stat_database_xact_commit", committed, of, datname),
        **database("pg_stat_database_xact_rollback", rolled_back, of, datname),
    }


def blocks(hit: str, read: str, of: str = ON_A, datname: str = "shop") -> dict[str, str]:
    """Blocks that were in memory, and that were not."""
    return {
        **database("pg_stat_database_blks_hit", hit, of, datname),
        **database("pg_stat_database_blks_read", read, of, datname),
    }


def rows(live: str, dead: str, of: str = ON_A, relname: str = "orders") -> dict[str, str]:
    """Rows of a table."""
    table = f'{{{of},{SERVER},datname="shop",schemaname="public",relname="{relname}"}}'
    return {f"pg_stat_user_tables_n_live_tup{table}": live, f"pg_stat_user_tables_n_dead_tup{table}": dead}


CASES = [
    alert_case(
        "PostgresqlDown",
        "it stops and is started again",
        exporter("pg_up", "1x8 0x40 1x40"),
        at("3m", "pending"),
        at("3m15s", "fires", {**A, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("PostgresqlDown", "it is up: exactly 1", exporter("pg_up", "1x60"), at("14m", "silent")),
    alert_case(
        "PostgresqlDown",
        "the other server",
        {**exporter("pg_up", "1x60"), **exporter("pg_up", "0x60", ON_B)},
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlUnwatched",
        "the exporter is gone and comes back",
        exporter("up", "1x8 0x40 1x40"),
        at("7m", "pending"),
        at("7m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("PostgresqlUnwatched", "it answers: exactly 1", exporter("up", "1x60"), at("14m", "silent")),
    alert_case(
        "PostgresqlUnwatched",
        "the exporter of the other server",
        {**exporter("up", "1x60"), **exporter("up", "0x60", ON_B)},
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlExporterFailing",
        "a query fails until it is mended",
        {**exporter("pg_exporter_last_scrape_error", "0x8 1x60 0x40"), **exporter("pg_up", "1x120")},
        at("12m", "pending"),
        at("12m15s", "fires", {**A, "severity": "medium"}, count=1),
        at("17m30s", "resolved"),
    ),
    alert_case(
        "PostgresqlExporterFailing",
        "all of them do: PostgreSQL is down",
        {**exporter("pg_exporter_last_scrape_error", "1x80"), **exporter("pg_up", "0x80")},
        at("19m", "silent"),
    ),
    alert_case(
        "PostgresqlExporterFailing",
        "none fails",
        {**exporter("pg_exporter_last_scrape_error", "0x80"), **exporter("pg_up", "1x80")},
        at("19m", "silent"),
    ),
    alert_case(
        "PostgresqlExporterFailing",
        "on the other server, while this one is down",
        {
            **exporter("pg_exporter_last_scrape_error", "1x80"),
            **exporter("pg_up", "0x80"),
            **exporter("pg_exporter_last_scrape_error", "1x80", ON_B),
            **exporter("pg_up", "1x80", ON_B),
        },
        at("19m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlConnectionsCritical",
        "95 of 100, then 60",
        connections("50x40 30x80", "45x40 30x80"),
        at("1m45s", "pending"),
        at("2m", "fires", {**A, "severity": "critical"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("PostgresqlConnectionsCritical", "exactly 90", connections("50x120", "40x120"), at("20m", "silent")),
    alert_case(
        "PostgresqlConnectionsCritical",
        "the other server; 95 of 500 here",
        {**connections("50x120", "45x120", most="500x120"), **connections("50x120", "45x120", ON_B)},
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlConnectionsHigh",
        "85 of 100, then 60",
        connections("50x40 30x80", "35x40 30x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("PostgresqlConnectionsHigh", "exactly 80", connections("40x120", "40x120"), at("20m", "silent")),
    alert_case(
        "PostgresqlConnectionsHigh",
        "the other server; 85 of 500 here",
        {**connections("50x120", "35x120", most="500x120"), **connections("50x120", "35x120", ON_B)},
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlConnectionsMany",
        "81, then 60, of 500",
        connections("41x40 20x80", "40x120", most="500x120"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "medium"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("PostgresqlConnectionsMany", "exactly 80", connections("40x120", "40x120"), at("20m", "silent")),
    alert_case(
        "PostgresqlConnectionsMany",
        "on the other server",
        {**connections("40x120", "40x120"), **connections("60x120", "40x120", ON_B)},
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlLocksWaiting",
        "one waits for ten minutes",
        database("pg_blocked_longest_seconds", "0x4 0+15x40 0x40"),
        at("3m15s", "pending"),
        at("3m45s", "fires", {**SHOP, "severity": "high"}, count=1),
        at("11m30s", "resolved"),
    ),
    alert_case(
        "PostgresqlLocksWaiting",
        "exactly a minute",
        database("pg_blocked_longest_seconds", "60x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "PostgresqlLocksWaiting",
        "in two databases of the other server",
        {
            **database("pg_blocked_longest_seconds", "0x60"),
            **database("pg_blocked_longest_seconds", "70x60", ON_B),
            **database("pg_blocked_longest_seconds", "90x60", ON_B, "billing"),
        },
        at("14m", "fires", B, count=2),
    ),
    alert_case(
        "PostgresqlIdleInTransaction",
        "one is forgotten, and ended",
        {**oldest("idle in transaction", "400x40 0x40"), **oldest("active", "5x80")},
        at("45s", "pending"),
        at("1m", "fires", {**SHOP, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case(
        "PostgresqlIdleInTransaction",
        "one that has failed is forgotten",
        oldest("idle in transaction (aborted)", "400x40"),
        at("5m", "fires", SHOP, count=1),
    ),
    alert_case(
        "PostgresqlIdleInTransaction",
        "exactly five minutes",
        oldest("idle in transaction", "300x60"),
        at("14m", "silent"),
    ),
    alert_case("PostgresqlIdleInTransaction", "it works", oldest("active", "500x60"), at("14m", "silent")),
    alert_case(
        "PostgresqlIdleInTransaction",
        "two databases of the other server",
        {
            **oldest("idle in transaction", "2x60"),
            **oldest("idle in transaction", "500x60", ON_B),
            **oldest("idle in transaction", "600x60", ON_B, "billing"),
        },
        at("14m", "fires", B, count=2),
    ),
    alert_case(
        "PostgresqlTransactionLong",
        "a report that takes too long, and ends",
        {**oldest("active", "1000x40 0x40"), **oldest("idle in transaction", "5x80")},
        at("45s", "pending"),
        at("1m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case(
        "PostgresqlTransactionLong", "exactly a quarter of an hour", oldest("active", "900x60"), at("14m", "silent")
    ),
    alert_case(
        "PostgresqlTransactionLong", "it is idle", oldest("idle in transaction", "5000x60"), at("14m", "silent")
    ),
    alert_case(
        "PostgresqlTransactionLong",
        "two databases of the other server",
        {
            **oldest("active", "2x60"),
            **oldest("active", "950x60", ON_B),
            **oldest("active", "1000x60", ON_B, "billing"),
        },
        at("14m", "fires", B, count=2),
    ),
    alert_case(
        "PostgresqlDeadlocks",
        "five, and no more",
        database("pg_stat_database_deadlocks", "0x20 5x80"),
        at("5m", "silent"),
        at("5m30s", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case(
        "PostgresqlDeadlocks", "exactly three", database("pg_stat_database_deadlocks", "0x20 3x80"), at("10m", "silent")
    ),
    alert_case(
        "PostgresqlDeadlocks",
        "two databases of the other server",
        {
            **database("pg_stat_database_deadlocks", "7x100"),
            **database("pg_stat_database_deadlocks", "0x20 5x80", ON_B),
            **database("pg_stat_database_deadlocks", "0x20 5x80", ON_B, "billing"),
        },
        at("10m", "fires", B, count=2),
    ),
    alert_case(
        "PostgresqlRollbacksHigh",
        "a third of them, then few",
        transactions("0+60x80 4860+60x80", "0+30x80 2400x80"),
        at("10m", "pending"),
        at("11m", "fires", {**SHOP, "severity": "low"}, count=1),
        at("26m", "resolved"),
    ),
    alert_case(
        "PostgresqlRollbacksHigh", "exactly a quarter", transactions("0+60x120", "0+20x120"), at("25m", "silent")
    ),
    alert_case(
        "PostgresqlRollbacksHigh",
        "half of a few: one in a second",
        transactions("0+7.5x120", "0+7.5x120"),
        at("25m", "silent"),
    ),
    alert_case(
        "PostgresqlRollbacksHigh",
        "two databases of the other server",
        {
            **transactions("0+60x120", "0+3x120"),
            **transactions("0+20x120", "0+20x120", ON_B),
            **transactions("0+20x120", "0+40x120", ON_B, "billing"),
        },
        at("25m", "fires", B, count=2),
    ),
    alert_case(
        "PostgresqlCacheHitLow",
        "half of the blocks, then nearly all",
        blocks("0+12000x40 480000+90000x40", "0+12000x40 480000x40"),
        at("22m", "pending"),
        at("24m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("58m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlCacheHitLow",
        "exactly three quarters",
        blocks("0+36000x60", "0+12000x60"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlCacheHitLow",
        "few are asked for",
        blocks("0+300x60", "0+3000x60"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlCacheHitLow",
        "two databases of the other server",
        {
            **blocks("0+120000x60", "0+12000x60"),
            **blocks("0+7000x60", "0+7000x60", ON_B),
            **blocks("0+14000x60", "0+7000x60", ON_B, "billing"),
        },
        at("50m", "fires", B, count=2),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDatabaseGrowing",
        "by half, and then no more",
        database("pg_database_size_bytes", "2e9x20 3e9x100"),
        at("30m", "pending"),
        at("31m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("1h23m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDatabaseGrowing",
        "by exactly a quarter",
        database("pg_database_size_bytes", "2e9x20 2.5e9x100"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDatabaseGrowing",
        "a small one, to exactly a gibibyte",
        database("pg_database_size_bytes", "1e8x20 1073741824x100"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDatabaseGrowing",
        "a template",
        database("pg_database_size_bytes", "2e9x20 3e9x100", datname="template1"),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDatabaseGrowing",
        "two databases of the other server",
        {
            **database("pg_database_size_bytes", "9e9x120"),
            **database("pg_database_size_bytes", "1.4e9x20 2e9x100", ON_B),
            **database("pg_database_size_bytes", "2e9x20 4e9x100", ON_B, "billing"),
        },
        at("50m", "fires", B, count=2),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDeadRowsHigh",
        "a third of them, until it is cleaned",
        rows("60000x100", "30000x50 100x50"),
        at("29m", "pending"),
        at("30m", "fires", {**SHOP, "relname": "orders", "severity": "medium"}, count=1),
        at("51m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDeadRowsHigh",
        "exactly a fifth",
        rows("80000x100", "20000x100"),
        at("90m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDeadRowsHigh",
        "a tenth of a large table",
        rows("200000x100", "20000x100"),
        at("90m", "silent"),
        interval="1m",
    ),
    alert_case(
        "PostgresqlDeadRowsHigh",
        "exactly ten thousand, of a small table",
        rows("20000x100", "10000x100"),
        at("90m", "silent"),
        interval="1m",
    ),
    alert_case("PostgresqlDeadRowsHigh", "an empty table", rows("0x100", "0x100"), at("90m", "silent"), interval="1m"),
    alert_case(
        "PostgresqlDeadRowsHigh",
        "two tables of the other server",
        {
            **rows("90000x100", "10x100"),
            **rows("20000x100", "20000x100", ON_B),
            **rows("30000x100", "20000x100", ON_B, "lines"),
        },
        at("90m", "fires", B, count=2),
        interval="1m",
    ),
    alert_case(
        "PostgresqlTransactionIdsLow",
        "more than a billion, until they are frozen",
        {**database("pg_database_xid_age", "1000000001x60 50000000x60"), **exporter("pg_up", "1x120")},
        at("9m45s", "pending"),
        at("10m", "fires", {**SHOP, "severity": "high"}, count=1),
        at("15m15s", "resolved"),
    ),
    alert_case(
        "PostgresqlTransactionIdsLow",
        "exactly a billion",
        database("pg_database_xid_age", "1000000000x80"),
        at("19m", "silent"),
    ),
    alert_case(
        "PostgresqlTransactionIdsLow",
        "two databases of the other server",
        {
            **database("pg_database_xid_age", "2e8x80"),
            **database("pg_database_xid_age", "1.2e9x80", ON_B),
            **database("pg_database_xid_age", "1.5e9x80", ON_B, "billing"),
        },
        at("19m", "fires", B, count=2),
    ),
    alert_case(
        "PostgresqlReplicationLag",
        "it falls behind and catches up",
        server("pg_replication_lag", "0x4 0+15x40 0x40"),
        at("3m30s", "pending"),
        at("5m45s", "fires", {**A, "severity": "high"}, count=1),
        at("11m30s", "resolved"),
    ),
    alert_case(
        "PostgresqlReplicationLag",
        "as a newer exporter tells it",
        exporter("pg_replication_lag_seconds", "31x40"),
        at("5m", "fires", A, count=1),
    ),
    alert_case(
        "PostgresqlReplicationLag", "exactly half a minute", server("pg_replication_lag", "30x60"), at("14m", "silent")
    ),
    alert_case(
        "PostgresqlReplicationLag",
        "the other replica",
        {**server("pg_replication_lag", "1x60"), **server("pg_replication_lag", "31x60", ON_B)},
        at("14m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlReplicaDisconnected",
        "it is cut off for ten minutes",
        server("pg_replication_streaming", "1x8 0x40 1x40"),
        at("7m", "pending"),
        at("7m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case(
        "PostgresqlReplicaDisconnected",
        "it is connected: exactly 1",
        server("pg_replication_streaming", "1x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "PostgresqlReplicaDisconnected",
        "the other replica",
        {**server("pg_replication_streaming", "1x60"), **server("pg_replication_streaming", "0x60", ON_B)},
        at("14m", "fires", B, count=1),
    ),
    alert_case(
        "PostgresqlArchiveFailing",
        "three segments fail",
        server("pg_stat_archiver_failed_count", "2x20 5x100"),
        at("10m", "pending"),
        at("10m30s", "fires", {**A, "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case(
        "PostgresqlArchiveFailing",
        "some did, long ago",
        server("pg_stat_archiver_failed_count", "2x100"),
        at("20m", "silent"),
    ),
    alert_case(
        "PostgresqlArchiveFailing",
        "on the other server",
        {
            **server("pg_stat_archiver_failed_count", "0x100"),
            **server("pg_stat_archiver_failed_count", "0x20 1x80", ON_B),
        },
        at("12m", "fires", B, count=1),
    ),
]
