"""Migrations of a database: how many are pending, whether one runs, how the last went."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge

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


@catalog.parametric
def migration() -> catalog.Pack:
    """Migrations of a database."""
    return catalog.Pack(
        "migration",
        title="Migrations",
        metrics=[pending, running, started, runs, last_duration, last_success],
    )
