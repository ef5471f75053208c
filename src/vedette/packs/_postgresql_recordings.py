"""What the postgresql pack records: the shares that its alerts and panels read, of a server or of one database."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["CONNECTIONS", "DATABASE", "SERVER", "TABLE", "recordings"]

SERVER = "job, instance"
"""An exporter that watches one server is an instance."""

DATABASE = "job, instance, datname"
TABLE = "job, instance, datname, schemaname, relname"

CONNECTIONS = "job_instance:pg_stat_activity:connections"
_TRANSACTIONS = "job_instance_datname:pg_stat_database_xact:rate5m"
_BLOCKS = "pg_stat_database_blks"


def recordings(growth_hours: float) -> list[catalog.Recording]:
    return [
        catalog.Recording(
            CONNECTIONS,
            f"sum by ({SERVER}) (pg_stat_activity_count)",
            description="Connections of clients that are open, whatever they do.",
        ),
        catalog.Recording(
            "job_instance:pg_stat_activity:used_ratio",
            f"{CONNECTIONS} / (max by ({SERVER}) (pg_settings_max_connections) > 0)",
            description="Share of the connections that the server allows.",
        ),
        catalog.Recording(
            _TRANSACTIONS,
            f"sum by ({DATABASE}) (rate(pg_stat_database_xact_commit[5m]) + rate(pg_stat_database_xact_rollback[5m]))",
            description="Transactions that end in a second, in whatever way.",
        ),
        catalog.Recording(
            "job_instance_datname:pg_stat_database_xact_rollback:ratio_rate5m",
            f"sum by ({DATABASE}) (rate(pg_stat_database_xact_rollback[5m])) / ({_TRANSACTIONS} > 0)",
            description="Share of the transactions that are rolled back; absent where there are none.",
        ),
        catalog.Recording(
            "job_instance_datname:pg_stat_database_blks_read:rate15m",
            f"sum by ({DATABASE}) (rate({_BLOCKS}_read[15m]))",
            description="Blocks in a second that PostgreSQL did not have in its own memory.",
        ),
        catalog.Recording(
            "job_instance_datname:pg_stat_database_blks_hit:ratio_rate15m",
            f"sum by ({DATABASE}) (rate({_BLOCKS}_hit[15m])) / (sum by ({DATABASE}) "
            f"(rate({_BLOCKS}_hit[15m]) + rate({_BLOCKS}_read[15m])) > 0)",
            description="Share of the blocks that were in PostgreSQL's own memory; absent where none is asked for.",
        ),
        catalog.Recording(
            "job_instance_datname:pg_database_size_bytes:growth_ratio",
            f'max by ({DATABASE}) (pg_database_size_bytes{{datname!~"template[01]"}} / '
            f"(min_over_time(pg_database_size_bytes[{growth_hours * 60:.0f}m]) > 0) - 1)",
            description=f"How much larger a database is than at its smallest within {growth_hours:g} hours.",
        ),
        catalog.Recording(
            "job_instance_table:pg_stat_user_tables_n_dead_tup:ratio",
            f"max by ({TABLE}) (pg_stat_user_tables_n_dead_tup / "
            "(pg_stat_user_tables_n_live_tup + pg_stat_user_tables_n_dead_tup > 0))",
            description="Share of a table's rows that are deleted and still take room; absent for an empty one.",
        ),
        catalog.Recording(
            "job_instance:pg_replication:lag_seconds",
            f"max by ({SERVER}) (pg_replication_lag or pg_replication_lag_seconds)",
            description="Age of what a replica shows: the last transaction that it has replayed.",
        ),
    ]
