"""The panels of the schedule pack: what is due, what failed, what is late and how long it takes."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{schedule=~"$schedule"}'


def panels(overdue: float, late: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Most overdue",
            "clamp_min(max by (job) (job_schedule:scheduled_job_overdue:seconds), 0)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Of the job that should have run longest ago. Zero: every next run is still to come.",
            thresholds={overdue: "high"},
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Running now",
            f"max by (job, schedule) (scheduled_job_runs_in_progress{_OF})",
            kind="stat",
            unit="count",
            legend="{{schedule}}",
            description="Runs that go on.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Failed today",
            'sum by (job) (increase(scheduled_job_runs_total{outcome="failure"}[1d]))',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Runs of the last 24 hours that failed.",
            thresholds={1: "medium"},
            width=8,
            height=4,
        ),
        catalog.Row("In time"),
        catalog.Panel(
            "Overdue",
            f"job_schedule:scheduled_job_overdue:seconds{_OF}",
            unit="seconds",
            legend="{{job}} {{schedule}}",
            description="Below zero is the time until the next run: it rises to zero, where the run begins, and falls "
            "back. What rises above zero has not run.",
            thresholds={overdue: "high"},
        ),
        catalog.Panel(
            "Since the last success",
            f"time() - max by (job, schedule) (scheduled_job_last_success_timestamp_seconds{_OF})",
            unit="seconds",
            legend="{{job}} {{schedule}}",
            description="A saw tooth as wide as the interval of the job. A tooth twice as high is a run that failed.",
            minimum=0,
        ),
        catalog.Panel(
            "Delay",
            f"job_schedule:scheduled_job_delay_seconds:p95_1h{_OF}",
            unit="seconds",
            legend="{{job}} {{schedule}}",
            description="How long after their time 95 % of the runs have begun.",
            thresholds={late: "low"},
            minimum=0,
        ),
        catalog.Panel(
            "Left out",
            f"sum by (job, schedule) (increase(scheduled_job_missed_total{_OF}[1h]))",
            unit="count",
            legend="{{job}} {{schedule}}",
            description="Runs of an hour that were not begun at all.",
            minimum=0,
        ),
        catalog.Row("How they end"),
        catalog.Panel(
            "Runs by outcome",
            f"sum by (job, schedule, outcome) (increase(scheduled_job_runs_total{_OF}[1h]))",
            unit="count",
            legend="{{schedule}} {{outcome}}",
            description="Runs that have ended within an hour.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, schedule, error_type) (increase(scheduled_job_errors_total{_OF}[1h]))",
            unit="count",
            legend="{{schedule}} {{error_type}}",
            description="Why runs failed, within an hour.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Duration",
            "histogram_quantile(0.95, sum by (job, schedule, le) "
            f"(rate(scheduled_job_duration_seconds_bucket{_OF}[1h])))",
            unit="seconds",
            legend="{{job}} {{schedule}}",
            description="95 % of the runs of an hour take less. Near its interval, a job begins to miss runs.",
            minimum=0,
            width=24,
        ),
    ]
