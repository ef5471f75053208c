"""A PostgreSQL server, by the names of postgres_exporter: connections, transactions, locks, room, replication.

The service is the exporter, one beside each server: ``Service("orders-db", ["db1:9187"], packs=[postgresql])``. What
clients see of a database is the pack `database`. Names are those of version 0.11, as in Debian 12, which those of 0.19
still are; ``pg_blocked_…``, ``pg_database_xid_age``, ``pg_postmaster_…``, ``pg_replication_…`` and
``pg_stat_statements_…`` come from a file of queries that is given to it: docs/how-to/watch-postgresql-and-redis.md.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.instruments.metrics.metric import Metric
from vedette.packs._postgresql_alerts import alerts
from vedette.packs._postgresql_panels import panels
from vedette.packs._postgresql_recordings import recordings

__all__ = ["METRICS", "postgresql"]

_EXPORTER = "postgres_exporter"
_DATABASE = ["server", "datname"]
_STATISTICS = ["server", "datid", "datname"]
_STATE = ["server", "datname", "state"]
_TABLE = ["server", "datname", "schemaname", "relname"]
_STATEMENT = ["server", "user", "datname", "queryid"]


def _gauge(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("gauge", name, exporter=_EXPORTER, help=text, labels=labels or ["server"], unit=unit)


def _counter(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("counter", name, exporter=_EXPORTER, help=text, labels=labels or ["server"], unit=unit)


METRICS: tuple[Metric, ...] = (
    Metric.foreign("gauge", "pg_up", exporter=_EXPORTER, help="1 if PostgreSQL answered the exporter, 0 if not."),
    Metric.foreign(
        "gauge",
        "pg_exporter_last_scrape_error",
        exporter=_EXPORTER,
        help="1 if a query of the exporter failed at the last scrape.",
    ),
    Metric.foreign(
        "gauge",
        "pg_exporter_last_scrape_duration_seconds",
        exporter=_EXPORTER,
        help="Time that the queries of the last scrape took.",
    ),
    Metric.foreign(
        "unknown",
        "pg_static",
        exporter=_EXPORTER,
        help="1, with the version of the server.",
        labels=["server", "version", "short_version"],
    ),
    _gauge("pg_settings_max_connections", "Connections that the server allows."),
    _gauge("pg_postmaster_start_time_seconds", "When the server was started, in seconds since the epoch."),
    _gauge("pg_stat_activity_count", "Connections by database and state.", _STATE),
    _gauge(
        "pg_stat_activity_max_tx_duration",
        "Seconds since the oldest transaction that is open began, by state.",
        _STATE,
        unit="seconds",
    ),
    _gauge("pg_locks_count", "Locks that are held or waited for, by mode.", ["server", "datname", "mode"]),
    _gauge("pg_blocked_sessions", "Sessions that wait for a lock.", _DATABASE),
    _gauge("pg_blocked_longest_seconds", "How long the statement that waits longest for a lock has run.", _DATABASE),
    _counter("pg_stat_database_deadlocks", "Deadlocks that the server has ended.", _STATISTICS),
    _counter("pg_stat_database_xact_commit", "Transactions that were committed.", _STATISTICS),
    _counter("pg_stat_database_xact_rollback", "Transactions that were rolled back.", _STATISTICS),
    _counter("pg_stat_database_tup_returned", "Rows that were read, by whatever way.", _STATISTICS),
    _counter("pg_stat_database_tup_fetched", "Rows that were found by an index.", _STATISTICS),
    _counter("pg_stat_database_tup_inserted", "Rows that were inserted.", _STATISTICS),
    _counter("pg_stat_database_tup_updated", "Rows that were updated.", _STATISTICS),
    _counter("pg_stat_database_tup_deleted", "Rows that were deleted.", _STATISTICS),
    _counter("pg_stat_database_blks_hit", "Blocks that were in PostgreSQL's own memory.", _STATISTICS),
    _counter("pg_stat_database_blks_read", "Blocks that were not, and came from the system.", _STATISTICS),
    _counter("pg_stat_database_temp_bytes", "Bytes of temporary files.", _STATISTICS, unit="bytes"),
    _counter("pg_stat_statements_seconds_total", "Time that a statement took, all together.", _STATEMENT),
    _counter("pg_stat_statements_calls_total", "How often a statement was run.", _STATEMENT),
    _gauge("pg_database_size_bytes", "Size of a database on disk.", _DATABASE),
    _gauge("pg_database_xid_age", "Transactions since the oldest row of a database that is not frozen.", _DATABASE),
    _gauge("pg_stat_user_tables_n_live_tup", "Rows of a table, as the server estimates them.", _TABLE),
    _gauge("pg_stat_user_tables_n_dead_tup", "Rows that are deleted and still take room.", _TABLE),
    _gauge(
        "pg_stat_user_tables_last_autovacuum",
        "When autovacuum last cleaned a table, in seconds since the epoch; 0: never.",
        _TABLE,
        unit="seconds",
    ),
    _counter("pg_stat_user_tables_seq_scan", "Times that a whole table was read.", _TABLE),
    _counter("pg_stat_user_tables_idx_scan", "Times that an index of a table was used.", _TABLE),
    _gauge("pg_replication_lag", "Age of the last transaction that a replica has replayed.", unit="seconds"),
    Metric.foreign(
        "gauge",
        "pg_replication_lag_seconds",
        exporter=_EXPORTER,
        help="The same, as exporters since 0.12 tell it by themselves.",
    ),
    _gauge("pg_replication_streaming", "Connections over which a replica gets what its primary writes."),
    _gauge(
        "pg_stat_replication_pg_wal_lsn_diff",
        "Bytes of the log that a replica has not replayed yet, as its primary sees it.",
        ["server", "application_name", "client_addr", "slot_name", "state"],
        unit="bytes",
    ),
    _counter("pg_stat_archiver_archived_count", "Segments of the log that were archived."),
    _counter("pg_stat_archiver_failed_count", "Times that a segment could not be archived."),
    _counter("pg_stat_bgwriter_checkpoints_timed_total", "Checkpoints whose time had come."),
    _counter("pg_stat_bgwriter_checkpoints_req_total", "Checkpoints that came early, mostly for too much log."),
)
"""What postgres_exporter exposes of it that the pack uses."""


@catalog.parametric
def postgresql(
    *,
    down_for: str = "1m",
    connections_high: float = 0.8,
    connections_critical: float = 0.9,
    connections_many: float = 80,
    connections_for: str = "5m",
    lock_wait_seconds: float = 60,
    idle_transaction_seconds: float = 300,
    transaction_seconds: float = 900,
    deadlocks_high: float = 3,
    rollback_ratio_high: float = 0.2,
    min_rate: float = 1,
    cache_hit_low: float = 0.9,
    min_reads: float = 100,
    growth_high: float = 0.25,
    growth_hours: float = 6,
    growth_above_bytes: float = 2**30,
    dead_rows_high: float = 0.2,
    dead_rows_above: float = 10_000,
    xid_age_high: float = 1e9,
    lag_seconds: float = 30,
    lag_for: str = "2m",
) -> catalog.Pack:
    """A PostgreSQL server: connections, transactions, locks, room, replication; by postgres_exporter.

    Args:
        down_for: how long PostgreSQL may be silent before it pages.
        connections_high: share of the connections that the server allows which is high.
        connections_critical: share of them that pages.
        connections_many: connections that are many, whatever the server allows.
        connections_for: how long the two that do not page must hold.
        lock_wait_seconds: how long a statement may wait for a lock.
        idle_transaction_seconds: how long a transaction may be open and do nothing.
        transaction_seconds: how long a transaction may work.
        deadlocks_high: deadlocks within 10 minutes that are too many.
        rollback_ratio_high: share of the transactions rolled back that is high.
        min_rate: transactions per second below which that share says nothing.
        cache_hit_low: share of the blocks found in memory that is low.
        min_reads: blocks read per second below which that share says nothing.
        growth_high: growth of a database within ``growth_hours`` that is fast, as a share of it.
        growth_hours: how far back growth is looked at.
        growth_above_bytes: size below which a database may grow as it likes.
        dead_rows_high: share of a table's rows that are dead which is high.
        dead_rows_above: dead rows below which that share says nothing.
        xid_age_high: transaction ids in use that are many; there are 2.1 billion.
        lag_seconds: how far behind a replica may be.
        lag_for: how long it must be so.
    """
    check_ratio(
        connections_high=connections_high,
        connections_critical=connections_critical,
        rollback_ratio_high=rollback_ratio_high,
        cache_hit_low=cache_hit_low,
        dead_rows_high=dead_rows_high,
    )
    check_rising(connections_high=connections_high, connections_critical=connections_critical)
    check_above_zero(
        connections_many=connections_many,
        lock_wait_seconds=lock_wait_seconds,
        idle_transaction_seconds=idle_transaction_seconds,
        transaction_seconds=transaction_seconds,
        deadlocks_high=deadlocks_high,
        min_rate=min_rate,
        min_reads=min_reads,
        growth_high=growth_high,
        growth_hours=growth_hours,
        growth_above_bytes=growth_above_bytes,
        dead_rows_above=dead_rows_above,
        xid_age_high=xid_age_high,
        lag_seconds=lag_seconds,
    )
    limits = {
        "connections": connections_high,
        "connections critical": connections_critical,
        "connections many": connections_many,
        "lock wait": lock_wait_seconds,
        "idle transaction": idle_transaction_seconds,
        "transaction": transaction_seconds,
        "deadlocks": deadlocks_high,
        "rollbacks": rollback_ratio_high,
        "min rate": min_rate,
        "cache hit": cache_hit_low,
        "min reads": min_reads,
        "growth": growth_high,
        "growth hours": growth_hours,
        "size": growth_above_bytes,
        "dead": dead_rows_high,
        "dead rows": dead_rows_above,
        "xid age": xid_age_high,
        "lag": lag_seconds,
    }
    return catalog.Pack(
        "postgresql",
        title="PostgreSQL",
        metrics=METRICS,
        recordings=recordings(growth_hours),
        alerts=alerts(limits, {"down": down_for, "connections": connections_for, "lag": lag_for}),
        panels=panels(limits),
        dashboard=catalog.Dashboard(
            description="Does PostgreSQL answer, who waits for what, and has it room for tomorrow?",
            variables=[catalog.Variable("database", "pg_database_size_bytes", "datname", "Database")],
            range="6h",
            tags=["postgresql"],
        ),
    )
