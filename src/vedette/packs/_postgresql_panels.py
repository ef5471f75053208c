"""The panels of the postgresql pack: is it well, who waits for whom, what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._postgresql_keeping_panels import keeping
from vedette.packs._postgresql_recordings import CONNECTIONS, DATABASE, SERVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_HERE = "{{job}} {{instance}}"
_NAMED = "{{instance}} {{datname}}"
_CHOSEN = '{datname=~"$database"}'
# the statistics that belong to no database have an empty name
_OWN = '{datname=~"$database",datname!=""}'


def panels(limits: Mapping[str, float]) -> Items:
    return [
        *_well(limits),
        *_connections(limits),
        *_waiting(limits),
        *_work(limits),
        *keeping(limits),
    ]


def _well(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Panel(
            "Answers",
            f"max by ({SERVER}) (pg_up)",
            kind="stat",
            unit="boolean",
            legend="{{instance}}",
            description="Yes where PostgreSQL answers its exporter. No: it is down, full, or refuses the password.",
            thresholds={1: "critical"},
            below=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Connections taken",
            "max by (job) (job_instance:pg_stat_activity:used_ratio)",
            kind="gauge",
            unit="ratio",
            legend="{{job}}",
            description="Of the server that has the fewest left. At 100 % nobody else can log in.",
            thresholds={limits["connections"]: "high", limits["connections critical"]: "critical"},
            overview=True,
            minimum=0,
            maximum=1,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Transactions a second",
            "sum by (job) (job_instance_datname:pg_stat_database_xact:rate5m)",
            kind="stat",
            unit="operations/s",
            legend="{{job}}",
            description="What is done, all together. A fall to nearly nothing while users are there is an outage.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Longest wait for a lock",
            "max by (job) (pg_blocked_longest_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Zero, or a moment. Anything that counts in minutes is felt by users.",
            thresholds={limits["lock wait"]: "high"},
            width=6,
            height=4,
        ),
    ]


def _connections(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Who is connected"),
        catalog.Panel(
            "Connections in use",
            "job_instance:pg_stat_activity:used_ratio",
            unit="ratio",
            legend=_HERE,
            description="Of those that the server allows. Level is well; steps upward with each release are pools "
            "that add up.",
            thresholds={limits["connections"]: "high", limits["connections critical"]: "critical"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Connections",
            [
                catalog.Query(CONNECTIONS, "{{instance}} all"),
                catalog.Query(
                    f"sum by (job, instance, state) (pg_stat_activity_count{_CHOSEN}) > 0", "{{instance}} {{state}}"
                ),
            ],
            unit="count",
            description="All, and by what they do. Many idle ones: pools that are too large. Many active ones: more "
            "work than processors.",
            thresholds={limits["connections many"]: "medium"},
            minimum=0,
        ),
    ]


def _waiting(limits: Mapping[str, float]) -> Items:
    of_state = "pg_stat_activity_max_tx_duration"
    return [
        catalog.Row("Who waits, and for whom"),
        catalog.Panel(
            "Waiting for a lock",
            f"max by ({DATABASE}) (pg_blocked_longest_seconds{_CHOSEN})",
            unit="seconds",
            legend=_NAMED,
            description="How long the statement that waits longest has run. A slope of one second a second: whoever "
            "has the lock does not let go.",
            thresholds={limits["lock wait"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Sessions that wait",
            f"sum by ({DATABASE}) (pg_blocked_sessions{_CHOSEN})",
            unit="count",
            legend=_NAMED,
            description="One or two for a moment is daily life. A staircase is a queue behind one lock.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Open and idle",
            f'max by ({DATABASE}) ({of_state}{{state=~"idle in transaction.*",datname=~"$database"}})',
            unit="seconds",
            legend=_NAMED,
            description="The oldest transaction that is open and does nothing. Well: milliseconds. A slope is an "
            "application that has forgotten to commit.",
            thresholds={limits["idle transaction"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Longest at work",
            f'max by ({DATABASE}) ({of_state}{{state="active",datname=~"$database"}})',
            unit="seconds",
            legend=_NAMED,
            description="The oldest transaction that does something. A saw tooth at night is a dump or a report.",
            thresholds={limits["transaction"]: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Locks by mode",
            f"sum by (job, instance, mode) (pg_locks_count{_CHOSEN}) > 0",
            unit="count",
            legend="{{instance}} {{mode}}",
            description="Held and waited for. accessshare is reading, rowexclusive writing; accessexclusive keeps "
            "everybody out: a change of a table, or TRUNCATE.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Deadlocks",
            f"sum by ({DATABASE}) (increase(pg_stat_database_deadlocks{_OWN}[10m]))",
            unit="count",
            legend=_NAMED,
            description="Within 10 minutes. None is well, one a rare accident; a level above it is an order of locks "
            "that two pieces of code do not share.",
            thresholds={limits["deadlocks"]: "medium"},
            minimum=0,
        ),
    ]


def _work(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("What it does"),
        catalog.Panel(
            "Transactions",
            f"job_instance_datname:pg_stat_database_xact:rate5m{_CHOSEN}",
            unit="operations/s",
            legend=_NAMED,
            description="Ended in a second, committed or not. It follows the traffic; many times of it is a loop of "
            "queries.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Rolled back",
            f"job_instance_datname:pg_stat_database_xact_rollback:ratio_rate5m{_CHOSEN}",
            unit="ratio",
            legend=_NAMED,
            description="Share of the transactions. A level is a habit of a library that reads and never commits; a "
            "leap is errors.",
            thresholds={limits["rollbacks"]: "low"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Rows",
            [
                catalog.Query(
                    f"sum by ({DATABASE}) (rate(pg_stat_database_tup_{how}{_OWN}[5m])) > 0", f"{_NAMED} {how}"
                )
                for how in ("returned", "fetched", "inserted", "updated", "deleted")
            ],
            unit="events/s",
            description="returned is read in whatever way, fetched found by an index. Far more returned than fetched: "
            "whole tables are read.",
            minimum=0,
        ),
        catalog.Panel(
            "Statements by time",
            f"topk by ({SERVER}) (10, sum by (job, instance, datname, queryid) "
            f"(rate(pg_stat_statements_seconds_total{_CHOSEN}[5m])))",
            unit="ratio",
            legend="{{instance}} {{datname}} {{queryid}}",
            description="The ten that take most: 100 % is one connection that does nothing else. The text is in "
            "pg_stat_statements under this queryid.",
            minimum=0,
        ),
        catalog.Panel(
            "Time of one statement",
            f"topk by ({SERVER}) (10, sum by (job, instance, datname, queryid) "
            f"(rate(pg_stat_statements_seconds_total{_CHOSEN}[5m])) / "
            "(sum by (job, instance, datname, queryid) (rate(pg_stat_statements_calls_total[5m])) > 0))",
            unit="seconds",
            legend="{{instance}} {{datname}} {{queryid}}",
            description="The mean of the ten slowest. One that leaps has lost its plan: a missing index, or old "
            "statistics.",
            minimum=0,
        ),
        catalog.Panel(
            "Found in memory",
            f"job_instance_datname:pg_stat_database_blks_hit:ratio_rate15m{_CHOSEN}",
            unit="ratio",
            legend=_NAMED,
            description="Share of the blocks. 99 % is usual where many small things are asked for; a dump or a report "
            "pulls it down for a while.",
            thresholds={limits["cache hit"]: "medium"},
            below=True,
            maximum=1,
        ),
        catalog.Panel(
            "Blocks that were not in memory",
            f"job_instance_datname:pg_stat_database_blks_read:rate15m{_CHOSEN}",
            unit="reads/s",
            legend=_NAMED,
            description="Of 8 KiB each. What the system has in its own cache is fast as well; see the pack of the host "
            "for the disk.",
            minimum=0,
        ),
        catalog.Panel(
            "Temporary files",
            f"sum by ({DATABASE}) (rate(pg_stat_database_temp_bytes{_OWN}[5m]))",
            unit="bytes/s",
            legend=_NAMED,
            description="Zero is well. Sorts and joins that do not fit into work_mem are written to the disk and read "
            "again.",
            minimum=0,
        ),
    ]
