"""The alerts of the postgresql pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._postgresql_recordings import CONNECTIONS, DATABASE, SERVER, TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["alerts"]

_HERE = "{{ $labels.instance }} of {{ $labels.job }}"
_DATABASE = f"{{{{ $labels.datname }}}} on {_HERE}"
_SHARE = "{{ $value | humanizePercentage }}"
_TIME = "{{ $value | humanizeDuration }}"


def alerts(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        *_there(holds),
        *_connections(limits, holds),
        *_waiting(limits),
        *_work(limits),
        *_room(limits),
        *_replication(limits, holds),
    ]


def _there(holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "PostgresqlDown",
            f"max by ({SERVER}) (pg_up) == 0",
            for_=holds["down"],
            severity="critical",
            summary=f"PostgreSQL behind {_HERE} does not answer its exporter",
            description="Whatever needs it fails. The exporter itself runs, and cannot log in or run a query.",
            runbook="runbooks/postgresql-down.md",
            panel="Answers",
        ),
        catalog.Alert(
            "PostgresqlUnwatched",
            f"max by ({SERVER}) (up) == 0",
            for_="5m",
            severity="high",
            summary=f"The exporter {_HERE} does not answer",
            description="Nobody knows how its PostgreSQL is: no other alert about it can fire.",
            runbook="runbooks/postgresql-unwatched.md",
            panel="Exporter answers",
        ),
        catalog.Alert(
            "PostgresqlExporterFailing",
            f"max by ({SERVER}) (pg_exporter_last_scrape_error) >= 1 and on ({SERVER}) max by ({SERVER}) (pg_up) == 1",
            for_="10m",
            severity="medium",
            summary=f"Some queries of the exporter {_HERE} fail",
            description="A part of what is watched is missing, and what is missing cannot warn.",
            runbook="runbooks/postgresql-unwatched.md",
            panel="Queries of the exporter that fail",
        ),
    ]


def _connections(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "PostgresqlConnectionsCritical",
            f"job_instance:pg_stat_activity:used_ratio > {limits['connections critical']:g}",
            for_="2m",
            severity="critical",
            summary=f"{_SHARE} of the connections of {_HERE} are taken",
            description='The next ones are refused: "sorry, too many clients already".',
            runbook="runbooks/postgresql-connections.md",
            panel="Connections in use",
        ),
        catalog.Alert(
            "PostgresqlConnectionsHigh",
            f"job_instance:pg_stat_activity:used_ratio > {limits['connections']:g}",
            for_=holds["connections"],
            severity="high",
            summary=f"{_SHARE} of the connections of {_HERE} are taken",
            description="Little is left for a release, a peak, or somebody who has to log in and help.",
            runbook="runbooks/postgresql-connections.md",
            panel="Connections in use",
        ),
        catalog.Alert(
            "PostgresqlConnectionsMany",
            f"{CONNECTIONS} > {limits['connections many']:g}",
            for_=holds["connections"],
            severity="medium",
            summary=f"{_HERE} has {{{{ $value }}}} connections",
            description="Each is a process with memory of its own, whether it works or not.",
            runbook="runbooks/postgresql-connections.md",
            panel="Connections",
        ),
    ]


def _waiting(limits: Mapping[str, float]) -> list[catalog.Alert]:
    idle = 'pg_stat_activity_max_tx_duration{state=~"idle in transaction.*"}'
    return [
        catalog.Alert(
            "PostgresqlLocksWaiting",
            f"max by ({DATABASE}) (pg_blocked_longest_seconds) > {limits['lock wait']:g}",
            for_="1m",
            severity="high",
            summary=f"A statement in {_DATABASE} has waited {_TIME} for a lock",
            description="What comes after it for the same table waits behind it, and holds a connection meanwhile.",
            runbook="runbooks/postgresql-locks.md",
            panel="Waiting for a lock",
        ),
        catalog.Alert(
            "PostgresqlIdleInTransaction",
            f"max by ({DATABASE}) ({idle}) > {limits['idle transaction']:g}",
            for_="1m",
            severity="high",
            summary=f"A transaction in {_DATABASE} has been open for {_TIME} and does nothing",
            description="It keeps its locks, and no table can be cleaned of rows that were deleted since.",
            runbook="runbooks/postgresql-transactions.md",
            panel="Open and idle",
        ),
        catalog.Alert(
            "PostgresqlTransactionLong",
            f'max by ({DATABASE}) (pg_stat_activity_max_tx_duration{{state="active"}}) > {limits["transaction"]:g}',
            for_="1m",
            severity="medium",
            summary=f"A transaction in {_DATABASE} has worked for {_TIME}",
            description="A report or a dump may; a request may not, and a change of a table holds up everybody.",
            runbook="runbooks/postgresql-transactions.md",
            panel="Longest at work",
        ),
        catalog.Alert(
            "PostgresqlDeadlocks",
            f"sum by ({DATABASE}) (increase(pg_stat_database_deadlocks[10m])) > {limits['deadlocks']:g}",
            severity="medium",
            summary=f"{{{{ $value | humanize }}}} deadlocks within 10 minutes in {_DATABASE}",
            description="Each has cost somebody a transaction, after a second in which both stood still.",
            runbook="runbooks/postgresql-deadlocks.md",
            panel="Deadlocks",
        ),
    ]


def _work(limits: Mapping[str, float]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "PostgresqlRollbacksHigh",
            f"job_instance_datname:pg_stat_database_xact_rollback:ratio_rate5m > {limits['rollbacks']:g} and "
            f"job_instance_datname:pg_stat_database_xact:rate5m > {limits['min rate']:g}",
            for_="10m",
            severity="low",
            summary=f"{_SHARE} of the transactions in {_DATABASE} are rolled back",
            description="Work that was done and thrown away: errors, conflicts, or readers that never commit.",
            runbook="runbooks/postgresql-rollbacks.md",
            panel="Rolled back",
        ),
        catalog.Alert(
            "PostgresqlCacheHitLow",
            f"job_instance_datname:pg_stat_database_blks_hit:ratio_rate15m < {limits['cache hit']:g} and "
            f"job_instance_datname:pg_stat_database_blks_read:rate15m > {limits['min reads']:g}",
            for_="15m",
            severity="medium",
            summary=f"Only {_SHARE} of the blocks that {_DATABASE} needs are in memory",
            description="The others come from the disk, or from what the system keeps of it.",
            runbook="runbooks/postgresql-cache.md",
            panel="Found in memory",
        ),
    ]


def _room(limits: Mapping[str, float]) -> list[catalog.Alert]:
    growth = "job_instance_datname:pg_database_size_bytes:growth_ratio"
    return [
        catalog.Alert(
            "PostgresqlDatabaseGrowing",
            f"{growth} > {limits['growth']:g} and max by ({DATABASE}) (pg_database_size_bytes) > {limits['size']:.0f}",
            for_="10m",
            severity="medium",
            summary=f"{_DATABASE} has grown by {_SHARE} within {limits['growth hours']:g} hours",
            description="At this speed the disk is full before anybody thinks of it.",
            runbook="runbooks/postgresql-growth.md",
            panel="Growth",
        ),
        catalog.Alert(
            "PostgresqlDeadRowsHigh",
            f"job_instance_table:pg_stat_user_tables_n_dead_tup:ratio > {limits['dead']:g} and "
            f"max by ({TABLE}) (pg_stat_user_tables_n_dead_tup) > {limits['dead rows']:.0f}",
            for_="30m",
            severity="medium",
            summary=f"{_SHARE} of the rows of {{{{ $labels.relname }}}} in {_DATABASE} are dead",
            description="Autovacuum does not keep up, or is kept from it: reads get slower and the table larger.",
            runbook="runbooks/postgresql-vacuum.md",
            panel="Dead rows",
        ),
        catalog.Alert(
            "PostgresqlTransactionIdsLow",
            f"max by ({DATABASE}) (pg_database_xid_age) > {limits['xid age']:.0f}",
            for_="10m",
            severity="high",
            summary=f"{_DATABASE} has used {{{{ $value | humanize }}}} of its 2.1 billion transaction ids",
            description="When they are used up PostgreSQL takes no more writes until it has been vacuumed.",
            runbook="runbooks/postgresql-wraparound.md",
            panel="Transaction ids in use",
        ),
    ]


def _replication(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "PostgresqlReplicationLag",
            f"job_instance:pg_replication:lag_seconds > {limits['lag']:g}",
            for_=holds["lag"],
            severity="high",
            summary=f"The replica {_HERE} is {_TIME} behind",
            description="Who reads from it sees the past, and who fails over to it loses as much.",
            runbook="runbooks/postgresql-replication.md",
            panel="Behind",
        ),
        catalog.Alert(
            "PostgresqlReplicaDisconnected",
            f"max by ({SERVER}) (pg_replication_streaming) == 0",
            for_="5m",
            severity="high",
            summary=f"The replica {_HERE} gets nothing from its primary",
            description="It answers, with what it had. Its lag shows nothing: it has replayed all that it knows of.",
            runbook="runbooks/postgresql-replication.md",
            panel="Connected to the primary",
        ),
        catalog.Alert(
            "PostgresqlArchiveFailing",
            f"sum by ({SERVER}) (increase(pg_stat_archiver_failed_count[15m])) > 0",
            for_="5m",
            severity="high",
            summary=f"{_HERE} cannot archive its log",
            description="Backups end where the archive does, and what is not archived stays and fills the disk.",
            runbook="runbooks/postgresql-archive.md",
            panel="Failed to archive",
        ),
    ]
