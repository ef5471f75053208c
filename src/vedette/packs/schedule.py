"""Scheduled and recurring jobs of a process that lives on: runs, misses, and when the next is due."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram

__all__ = ["delay", "duration", "errors", "in_progress", "last_success", "missed", "next_run", "runs", "schedule"]

_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)

runs = Counter(
    "scheduled_job_runs_total",
    help="Runs of a scheduled job that have ended, by how.",
    labels={"schedule": None, "outcome": ["success", "failure", "cancelled"]},
)
errors = Counter(
    "scheduled_job_errors_total", help="Runs that failed, by class of error.", labels=["schedule", "error_type"]
)
missed = Counter(
    "scheduled_job_missed_total", help="Times that a scheduled job should have run and did not.", labels=["schedule"]
)
in_progress = Gauge("scheduled_job_runs_in_progress", help="Runs that go on now.", labels=["schedule"])
duration = Histogram(
    "scheduled_job_duration_seconds", help="Time that a run took.", labels=["schedule"], buckets=_SECONDS
)
delay = Histogram(
    "scheduled_job_delay_seconds",
    help="How long after its time a run began.",
    labels=["schedule"],
    buckets=_SECONDS,
)
last_success = Gauge(
    "scheduled_job_last_success_timestamp_seconds",
    help="When the last run that went well ended, in seconds since the epoch.",
    labels=["schedule"],
    multiprocess_mode="max",
)
next_run = Gauge(
    "scheduled_job_next_run_timestamp_seconds",
    help="When a scheduled job is to run next, in seconds since the epoch.",
    labels=["schedule"],
    multiprocess_mode="max",
)


@catalog.parametric
def schedule() -> catalog.Pack:
    """Scheduled and recurring jobs."""
    return catalog.Pack(
        "schedule",
        title="Scheduled jobs",
        metrics=[runs, errors, missed, in_progress, duration, delay, last_success, next_run],
    )
