"""More panels of the postgresql pack: what room it has, its replicas and log, the server and its exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._postgresql_recordings import DATABASE, SERVER, TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["keeping"]

_HERE = "{{job}} {{instance}}"
_NAMED = "{{instance}} {{datname}}"
_CHOSEN = '{datname=~"$database"}'


def keeping(limits: Mapping[str, float]) -> Items:
    return [*_room(limits), *_replication(limits), *_server()]


def _room(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Room"),
        catalog.Panel(
            "Size",
            f"max by ({DATABASE}) (pg_database_size_bytes{_CHOSEN})",
            unit="bytes",
            legend=_NAMED,
            description="With indexes and dead rows. A steady slope is growth, a wall one load of data.",
            minimum=0,
        ),
        catalog.Panel(
            "Growth",
            f"job_instance_datname:pg_database_size_bytes:growth_ratio{_CHOSEN}",
            unit="ratio",
            legend=_NAMED,
            description=f"Above its smallest size within {limits['growth hours']:g} hours. Near zero on most days.",
            thresholds={limits["growth"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Dead rows",
            f"topk by ({SERVER}) (10, job_instance_table:pg_stat_user_tables_n_dead_tup:ratio{_CHOSEN})",
            unit="ratio",
            legend="{{instance}} {{datname}} {{schemaname}}.{{relname}}",
            description="The ten tables with the largest share. A saw tooth: autovacuum comes by. A line that only "
            "climbs: something keeps it away.",
            thresholds={limits["dead"]: "medium"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Transaction ids in use",
            f"max by ({DATABASE}) (pg_database_xid_age{_CHOSEN})",
            unit="count",
            legend=_NAMED,
            description="A saw tooth that turns near 200 million is well: autovacuum freezes. At 2.1 billion "
            "PostgreSQL stops.",
            thresholds={limits["xid age"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Tables",
            [
                catalog.Query(
                    f"topk by ({SERVER}) (20, sum by ({TABLE}) (pg_stat_user_tables_n_live_tup{_CHOSEN}))", "rows"
                ),
                catalog.Query(f"sum by ({TABLE}) (pg_stat_user_tables_n_dead_tup{_CHOSEN})", "dead"),
                catalog.Query(f"sum by ({TABLE}) (increase(pg_stat_user_tables_seq_scan{_CHOSEN}[1h]))", "read whole"),
                catalog.Query(f"sum by ({TABLE}) (increase(pg_stat_user_tables_idx_scan{_CHOSEN}[1h]))", "by index"),
                catalog.Query(
                    f"time() - max by ({TABLE}) (pg_stat_user_tables_last_autovacuum{_CHOSEN} > 0)",
                    "since autovacuum",
                    unit="seconds",
                ),
            ],
            kind="table",
            unit="count",
            width=24,
            description="The largest, and how often each was read within an hour. A large one that is often read "
            "whole lacks an index.",
        ),
    ]


def _replication(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Replicas and the log"),
        catalog.Panel(
            "Behind",
            "job_instance:pg_replication:lag_seconds",
            unit="seconds",
            legend=_HERE,
            description="Age of what a replica shows. Under a second is usual; a slope of one second a second: it "
            "replays nothing.",
            thresholds={limits["lag"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Connected to the primary",
            f"max by ({SERVER}) (pg_replication_streaming)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes for a replica that gets what its primary writes. Empty where there is no replica.",
            thresholds={1: "high"},
            below=True,
        ),
        catalog.Panel(
            "Not replayed yet",
            "max by (job, instance, application_name, client_addr) (pg_stat_replication_pg_wal_lsn_diff)",
            unit="bytes",
            legend="{{instance}} {{application_name}} {{client_addr}}",
            description="As the primary sees each replica. One that is missing here is not connected.",
            minimum=0,
        ),
        catalog.Panel(
            "Failed to archive",
            f"sum by ({SERVER}) (increase(pg_stat_archiver_failed_count[15m]))",
            unit="count",
            legend=_HERE,
            description="Within 15 minutes. Zero, whether there is an archive or not.",
            thresholds={0: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Archived",
            f"sum by ({SERVER}) (rate(pg_stat_archiver_archived_count[15m]))",
            unit="operations/s",
            legend=_HERE,
            description="Segments of 16 MiB. It follows what is written; zero where there is no archive.",
            minimum=0,
        ),
        catalog.Panel(
            "Checkpoints",
            [
                catalog.Query(f"sum by ({SERVER}) (increase(pg_stat_bgwriter_checkpoints_{why}_total[1h]))", legend)
                for why, legend in (("timed", "{{instance}} in time"), ("req", "{{instance}} early"))
            ],
            unit="count",
            description="Within an hour. Many early ones: more is written than max_wal_size has room for.",
            minimum=0,
        ),
    ]


def _server() -> Items:
    return [
        catalog.Row("The server and its exporter"),
        catalog.Panel(
            "Since its start",
            f"time() - max by ({SERVER}) (pg_postmaster_start_time_seconds)",
            kind="stat",
            unit="seconds",
            legend=_HERE,
            description="A few minutes that nobody planned are a crash; PostgreSQL starts again by itself.",
            width=8,
            height=5,
        ),
        catalog.Panel(
            "Exporter answers",
            f"max by ({SERVER}) (up)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes where the exporter itself can be asked. No: all else here is old or missing.",
            thresholds={1: "high"},
            below=True,
            width=8,
            height=5,
        ),
        catalog.Panel(
            "Queries of the exporter that fail",
            f"max by ({SERVER}) (pg_exporter_last_scrape_error)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="No is well. Yes: its log says which query and why, mostly a right that it lacks.",
            thresholds={1: "medium"},
            width=8,
            height=5,
        ),
        catalog.Panel(
            "Servers",
            catalog.Query("max by (job, instance, short_version) (pg_static)", "answers", unit="boolean"),
            kind="table",
            description="What runs where. A primary and its replica have the same version.",
        ),
        catalog.Panel(
            "Time of a scrape",
            f"max by ({SERVER}) (pg_exporter_last_scrape_duration_seconds)",
            unit="seconds",
            legend=_HERE,
            description="Well below the scrape timeout. It climbs with the number of tables and databases.",
            minimum=0,
        ),
    ]
