"""Migrations of a database: how many are pending, whether one runs, how the last went."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Counter, Gauge
from vedette.packs._migration_panels import panels

__all__ = ["last_duration", "last_success", "migration", "pending", "running", "runs", "started"]

pending = Gauge(
    "migrations_pending",
    help="Migrations that the code has and the database has not.",
    labels=["database"],
    multiprocess_mode="max",
)
running = Gauge("migrations_running", help="Migrations that run now.", labels=["database"])
started = Gauge(
    "migration_started_timestamp_seconds",
    help="When the last migration began, in seconds since the epoch.",
    labels=["database"],
    multiprocess_mode="max",
)
runs = Counter(
    "migration_runs_total",
    help="Migrations that have ended, by how.",
    labels={"database": None, "outcome": ["success", "failure", "cancelled"]},
)
last_duration = Gauge(
    "migration_last_run_duration_seconds",
    help="Time that the last migration took.",
    labels=["database"],
    multiprocess_mode="mostrecent",
)
last_success = Gauge(
    "migration_last_success_timestamp_seconds",
    help="When the last migration that went well ended, in seconds since the epoch.",
    labels=["database"],
    multiprocess_mode="max",
)


_RUNNING = "job_database:migrations_running:max"


@catalog.parametric
def migration(*, pending_for: str = "30m", stuck_for: str = "15m", slow: float = 600) -> catalog.Pack:
    """Migrations of a database.

    Args:
        pending_for: how long the database may be behind the code; a deployment takes as long.
        stuck_for: how long a migration may run.
        slow: seconds of the last migration that are long enough to look at.
    """
    check_above_zero(slow=slow)
    name = "{{ $labels.database }} of {{ $labels.job }}"
    return catalog.Pack(
        "migration",
        title="Migrations",
        metrics=[pending, running, started, runs, last_duration, last_success],
        recordings=[
            catalog.Recording(
                _RUNNING,
                "max by (job, database) (migrations_running)",
                description="Whether a migration runs now.",
            )
        ],
        alerts=[
            catalog.Alert(
                "MigrationFailed",
                'sum by (job, database) (increase(migration_runs_total{outcome="failure"}[15m])) > 0',
                severity="critical",
                summary=f"A migration of {name} failed",
                description="The database may be halfway between two forms, and the code expects one of them.",
                runbook="runbooks/migration-failed.md",
                panel="Runs by outcome",
            ),
            catalog.Alert(
                "MigrationStuck",
                f"{_RUNNING} > 0",
                for_=stuck_for,
                severity="high",
                summary=f"A migration of {name} does not end",
                description="It waits for a lock, or holds one that requests wait for.",
                runbook="runbooks/migration-stuck.md",
                panel="Running",
            ),
            catalog.Alert(
                "MigrationPending",
                "max by (job, database) (migrations_pending) > 0",
                for_=pending_for,
                severity="medium",
                summary=f"{{{{ $value }}}} migrations of {name} are pending",
                description="The code that runs is newer than its database.",
                runbook="runbooks/migration-pending.md",
                panel="Pending",
            ),
            catalog.Alert(
                "MigrationSlow",
                f"max by (job, database) (migration_last_run_duration_seconds) > {slow:g}"
                " and max by (job, database) (time() - migration_last_success_timestamp_seconds) < 86400",
                severity="low",
                summary=f"The last migration of {name} took {{{{ $value | humanizeDuration }}}}",
                description="In production with more rows it will take longer still.",
                runbook="runbooks/migration-slow.md",
                panel="Duration",
            ),
        ],
        panels=panels(slow),
        dashboard=catalog.Dashboard(
            description="Has the database the form that the code expects?",
            variables=[catalog.Variable("database", "migrations_pending", "database", "Database")],
            range="1d",
            tags=["migration"],
        ),
    )
