"""Synchronisation with other systems: runs, records, and how old the last success is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram

__all__ = ["duration", "errors", "in_progress", "last_success", "records", "runs", "started", "sync"]

# From a call that finds nothing new to a full import overnight.
_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)

started = Counter("sync_runs_started_total", help="Runs of a synchronisation that have begun.", labels=["integration"])
runs = Counter(
    "sync_runs_total",
    help="Runs of a synchronisation that have ended, by how.",
    labels={"integration": None, "outcome": ["success", "failure", "cancelled"]},
)
errors = Counter(
    "sync_errors_total",
    help="Runs of a synchronisation that failed, by class of error.",
    labels=["integration", "error_type"],
)
in_progress = Gauge("sync_runs_in_progress", help="Runs of a synchronisation that go on now.", labels=["integration"])
duration = Histogram(
    "sync_run_duration_seconds", help="Time that a run took.", labels=["integration"], buckets=_SECONDS
)
records = Counter(
    "sync_records_total",
    help="Records that were read from another system (in), written to it (out), or could not be (failed).",
    labels={"integration": None, "direction": ["in", "out", "failed"]},
)
last_success = Gauge(
    "sync_last_success_timestamp_seconds",
    help="When the last run that went well ended, in seconds since the epoch.",
    labels=["integration"],
    multiprocess_mode="max",
)


@catalog.parametric
def sync() -> catalog.Pack:
    """Synchronisation with other systems."""
    return catalog.Pack(
        "sync",
        title="Synchronisation",
        metrics=[started, runs, errors, in_progress, duration, records, last_success],
    )
