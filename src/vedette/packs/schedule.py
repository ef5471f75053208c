"""Scheduled and recurring jobs of a process that lives on: runs, misses, and when the next is due."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._schedule_panels import panels

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


_OVERDUE = "job_schedule:scheduled_job_overdue:seconds"
_P95 = "job_schedule:scheduled_job_delay_seconds:p95_1h"


@catalog.parametric
def schedule(*, overdue: float = 600, late: float = 60, late_for: str = "15m", running_for: str = "4h") -> catalog.Pack:
    """Scheduled and recurring jobs: whether they run when they should, and end well.

    Args:
        overdue: seconds after its time at which a run that has not begun is overdue.
        late: 95th percentile of the delay of runs, in seconds, that is late.
        late_for: how long it must hold.
        running_for: how long one run may take.
    """
    check_above_zero(overdue=overdue, late=late)
    name = "{{ $labels.schedule }} of {{ $labels.job }}"
    return catalog.Pack(
        "schedule",
        title="Scheduled jobs",
        metrics=[runs, errors, missed, in_progress, duration, delay, last_success, next_run],
        recordings=[
            catalog.Recording(
                _OVERDUE,
                "time() - max by (job, schedule) (scheduled_job_next_run_timestamp_seconds)",
                description="Seconds that the next run is overdue; negative while there is time.",
            ),
            catalog.Recording(
                _P95,
                "histogram_quantile(0.95, sum by (job, schedule, le) (rate(scheduled_job_delay_seconds_bucket[1h])))"
                " >= 0",
                description="95th percentile of the delay of runs; absent without runs.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "ScheduledJobOverdue",
                f"{_OVERDUE} > {overdue:g}",
                severity="high",
                summary=f"{name} should have run {{{{ $value | humanizeDuration }}}} ago",
                description="It said when it would run next, and has neither run nor said anything since.",
                runbook="runbooks/schedule-overdue.md",
                panel="Overdue",
            ),
            catalog.Alert(
                "ScheduledJobFailed",
                'sum by (job, schedule) (increase(scheduled_job_runs_total{outcome="failure"}[15m])) > 0',
                severity="medium",
                summary=f"A run of {name} failed",
                description="The next one may mend it, or fail in the same way.",
                runbook="runbooks/schedule-failed.md",
                panel="Runs by outcome",
            ),
            catalog.Alert(
                "ScheduledJobMissed",
                "sum by (job, schedule) (increase(scheduled_job_missed_total[1h])) > 0",
                severity="medium",
                summary=f"{{{{ $value | humanize }}}} runs of {name} were left out",
                description="The one before had not ended, or nobody was there to begin it.",
                runbook="runbooks/schedule-missed.md",
                panel="Left out",
            ),
            catalog.Alert(
                "ScheduledJobLate",
                f"{_P95} > {late:g}",
                for_=late_for,
                severity="low",
                summary=f"Runs of {name} begin {{{{ $value | humanizeDuration }}}} late",
                description="What runs them has more to do than it can.",
                runbook="runbooks/schedule-late.md",
                panel="Delay",
            ),
            catalog.Alert(
                "ScheduledJobStuck",
                "max by (job, schedule) (scheduled_job_runs_in_progress) > 0",
                for_=running_for,
                severity="high",
                summary=f"A run of {name} does not end",
                description="It holds what it has taken, and the runs after it are left out or pile up.",
                runbook="runbooks/schedule-stuck.md",
                panel="Running now",
            ),
        ],
        panels=panels(overdue, late),
        dashboard=catalog.Dashboard(
            description="Does everything run that should, when it should?",
            variables=[catalog.Variable("schedule", "scheduled_job_runs_total", "schedule", "Job")],
            range="1d",
            tags=["schedule"],
        ),
    )
