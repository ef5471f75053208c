"""The panels of the backup pack: is everything safe, how does it grow, what went wrong."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]


def panels(too_old: float, shrunk_to: float, unverified: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    chosen = '{backup=~"$backup"}'
    return [
        catalog.Panel(
            "Oldest last good backup",
            "max by (job) (job_backup:backup_last_success:age_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Age of the last good backup, of the one that has the oldest. So much would be lost.",
            thresholds={too_old: "critical"},
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Last run",
            f"max by (job, backup) (backup_last_run_success{chosen})",
            kind="stat",
            unit="boolean",
            legend="{{job}} {{backup}}",
            description="Yes where the last backup went well.",
            thresholds={1: "critical"},
            below=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "In progress",
            f"sum by (job, backup) (backup_runs_in_progress{chosen})",
            kind="stat",
            unit="count",
            legend="{{job}} {{backup}}",
            description="Backups that are being made now. One that stays for hours hangs.",
            width=8,
            height=4,
        ),
        catalog.Row("Age and proof"),
        catalog.Panel(
            "Age",
            f"job_backup:backup_last_success:age_seconds{chosen}",
            unit="seconds",
            legend="{{job}} {{backup}}",
            description="A saw tooth: it falls to zero with each good backup. A tooth that goes on rising was missed.",
            thresholds={too_old: "critical"},
            minimum=0,
        ),
        catalog.Panel(
            "Since the last proof",
            f"job_backup:backup_last_verified:age_seconds{chosen}",
            unit="seconds",
            legend="{{job}} {{backup}}",
            description="Since a backup was last restored, or read in full. Empty where nobody ever has.",
            thresholds={unverified: "medium"},
            minimum=0,
        ),
        catalog.Row("Size and time"),
        catalog.Panel(
            "Size",
            f"max by (job, backup) (backup_last_size_bytes{chosen})",
            unit="bytes",
            legend="{{job}} {{backup}}",
            description="Grows with the data. A fall means that something is not in it any more.",
            minimum=0,
        ),
        catalog.Panel(
            "Size against the usual",
            f"job_backup:backup_last_size_bytes:usual_ratio{chosen}",
            unit="ratio",
            legend="{{job}} {{backup}}",
            description="The last backup as a share of the median of a fortnight. About 1 where all is as always.",
            thresholds={shrunk_to: "high"},
            below=True,
            minimum=0,
        ),
        catalog.Panel(
            "Duration",
            f"max by (job, backup) (backup_last_run_duration_seconds{chosen})",
            unit="seconds",
            legend="{{job}} {{backup}}",
            description="Time that the last backup took. Compare it with the time until the next one.",
            minimum=0,
        ),
        catalog.Panel(
            "Runs by outcome",
            f"sum by (job, backup, outcome) (increase(backup_runs_total{chosen}[1d]))",
            unit="count",
            legend="{{job}} {{backup}} {{outcome}}",
            description="Backups that ended within a day. As many successes as the schedule has, all others at zero.",
            minimum=0,
        ),
    ]
