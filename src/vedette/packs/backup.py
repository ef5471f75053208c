"""Backups: whether the last one went well, how old, how large, how long, and whether it was proven to be readable."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge

__all__ = [
    "backup",
    "in_progress",
    "last_duration",
    "last_outcome",
    "last_size",
    "last_success",
    "last_verified",
    "runs",
]

runs = Counter(
    "backup_runs_total",
    help="Backups that have ended, by how.",
    labels={"backup": None, "outcome": ["success", "failure", "cancelled"]},
)
in_progress = Gauge("backup_runs_in_progress", help="Backups that are being made now.", labels=["backup"])
last_outcome = Gauge(
    "backup_last_run_success",
    help="Whether the last backup went well: 1 if so, 0 if it failed.",
    labels=["backup"],
    multiprocess_mode="mostrecent",
)
last_success = Gauge(
    "backup_last_success_timestamp_seconds",
    help="When the last backup that went well ended, in seconds since the epoch.",
    labels=["backup"],
    multiprocess_mode="max",
)
last_duration = Gauge(
    "backup_last_run_duration_seconds",
    help="Time that the last backup took.",
    labels=["backup"],
    multiprocess_mode="mostrecent",
)
last_size = Gauge(
    "backup_last_size_bytes",
    help="Size of the last backup that went well.",
    labels=["backup"],
    multiprocess_mode="mostrecent",
)
last_verified = Gauge(
    "backup_last_verified_timestamp_seconds",
    help="When a backup was last restored or read in full to prove that it can be, in seconds since the epoch.",
    labels=["backup"],
    multiprocess_mode="max",
)


@catalog.parametric
def backup() -> catalog.Pack:
    """Backups: age, size, duration, failures, proofs."""
    return catalog.Pack(
        "backup",
        title="Backups",
        metrics=[runs, in_progress, last_outcome, last_success, last_duration, last_size, last_verified],
    )
