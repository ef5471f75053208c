"""Backups: whether the last one went well, how old, how large, how long, and whether it was proven to be readable."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge
from vedette.packs._backup_panels import panels

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

_HOUR = 3600


@catalog.parametric
def backup(
    *,
    too_old_hours: float = 26,
    missing_for: str = "1d",
    stuck_for: str = "6h",
    shrunk_to: float = 0.5,
    unverified_days: float = 30,
) -> catalog.Pack:
    """Backups: age, size, duration, failures, proofs.

    Args:
        too_old_hours: age of the last good backup that pages; a day, and what a slow one takes.
        missing_for: how long a service may run without ever telling of a good backup.
        stuck_for: how long one backup may take.
        shrunk_to: share of its usual size under which a backup is suspicious.
        unverified_days: age of the last proof that a backup can be read.
    """
    check_above_zero(too_old_hours=too_old_hours, unverified_days=unverified_days)
    check_ratio(shrunk_to=shrunk_to)
    name = "{{ $labels.backup }} of {{ $labels.job }}"
    return catalog.Pack(
        "backup",
        title="Backups",
        metrics=[runs, in_progress, last_outcome, last_success, last_duration, last_size, last_verified],
        recordings=[
            catalog.Recording(
                "job_backup:backup_last_success:age_seconds",
                "time() - max by (job, backup) (backup_last_success_timestamp_seconds)",
                description="Seconds since the last backup that went well.",
            ),
            catalog.Recording(
                "job_backup:backup_last_verified:age_seconds",
                "time() - max by (job, backup) (backup_last_verified_timestamp_seconds)",
                description="Seconds since a backup was last proven to be readable.",
            ),
            catalog.Recording(
                "job_backup:backup_last_size_bytes:usual_ratio",
                "max by (job, backup) (backup_last_size_bytes)"
                " / (max by (job, backup) (quantile_over_time(0.5, backup_last_size_bytes[14d])) > 0)",
                description="Size of the last backup as a share of the usual one, the median of a fortnight.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "BackupFailed",
                "max by (job, backup) (backup_last_run_success) == 0",
                severity="critical",
                summary=f"The last backup {name} failed",
                description="What has been written since the last good one is in one place only.",
                runbook="runbooks/backup-failed.md",
                panel="Last run",
            ),
            catalog.Alert(
                "BackupTooOld",
                f"job_backup:backup_last_success:age_seconds > {too_old_hours * _HOUR:g}",
                severity="critical",
                summary=f"The last good backup {name} is {{{{ $value | humanizeDuration }}}} old",
                description="A loss now would lose all that was written since; the schedule may not run at all.",
                runbook="runbooks/backup-too-old.md",
                panel="Age",
            ),
            catalog.Alert(
                "BackupMissing",
                "max by (job) (up) == 1 unless on (job) max by (job) (backup_last_success_timestamp_seconds)",
                for_=missing_for,
                severity="high",
                summary="{{ $labels.job }} has never told of a good backup",
                description="It is meant to be backed up, and since its first scrape no run has gone well.",
                runbook="runbooks/backup-missing.md",
                panel="Age",
            ),
            catalog.Alert(
                "BackupStuck",
                "sum by (job, backup) (backup_runs_in_progress) > 0",
                for_=stuck_for,
                severity="high",
                summary=f"A backup {name} does not end",
                description="It may hold locks or fill a disk, and the next one waits behind it.",
                runbook="runbooks/backup-stuck.md",
                panel="In progress",
            ),
            catalog.Alert(
                "BackupShrunk",
                f"job_backup:backup_last_size_bytes:usual_ratio < {shrunk_to:g}",
                for_="5m",
                severity="high",
                summary=f"The last backup {name} has {{{{ $value | humanizePercentage }}}} of its usual size",
                description="It ended well, and much is missing in it: a table, a volume, or the data itself.",
                runbook="runbooks/backup-shrunk.md",
                panel="Size against the usual",
            ),
            catalog.Alert(
                "BackupNotVerified",
                f"job_backup:backup_last_verified:age_seconds > {unverified_days * 24 * _HOUR:g}",
                severity="medium",
                summary=f"No backup {name} was restored for {{{{ $value | humanizeDuration }}}}",
                description="Whether it can be read nobody knows until it is needed.",
                runbook="runbooks/backup-not-verified.md",
                panel="Since the last proof",
            ),
        ],
        panels=panels(too_old_hours * _HOUR, shrunk_to, unverified_days * 24 * _HOUR),
        dashboard=catalog.Dashboard(
            description="Could everything be restored today, and how much would be lost?",
            variables=[catalog.Variable("backup", "backup_last_success_timestamp_seconds", "backup", "Backup")],
            range="7d",
            tags=["backup"],
        ),
    )
