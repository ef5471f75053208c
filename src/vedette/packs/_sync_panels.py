"""The panels of the sync pack: how fresh, what fails, how much comes over and how long that takes."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{integration=~"$integration"}'


def panels(too_old: float, failed_ratio_high: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    stale: dict[float, catalog.Severity] = {too_old: "high"}
    failing: dict[float, catalog.Severity] = {failed_ratio_high: "high"}
    return [
        catalog.Panel(
            "Stalest integration",
            "max by (job) (job_integration:sync_last_success:age_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Since the last good run, of the integration that has waited for longest.",
            thresholds=stale,
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Running now",
            f"sum by (job, integration) (sync_runs_in_progress{_OF})",
            kind="stat",
            unit="count",
            legend="{{integration}}",
            description="Runs that go on. One that never goes back to zero hangs.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Records of a day",
            f"sum by (job, direction) (increase(sync_records_total{_OF}[1d]))",
            kind="stat",
            unit="count",
            legend="{{job}} {{direction}}",
            description="Records within 24 hours: read (in), written (out), refused (failed).",
            width=8,
            height=4,
        ),
        catalog.Row("Freshness and failures"),
        catalog.Panel(
            "Since the last success",
            f"job_integration:sync_last_success:age_seconds{_OF}",
            unit="seconds",
            legend="{{job}} {{integration}}",
            description="Falls to zero with each good run. Teeth of equal height are a schedule that is kept.",
            thresholds=stale,
            minimum=0,
        ),
        catalog.Panel(
            "Failed runs",
            f"job_integration:sync_runs_failed:ratio_rate1h{_OF}",
            unit="ratio",
            legend="{{job}} {{integration}}",
            description="Share of the runs of the last hour that failed. Empty where none has ended.",
            thresholds=failing,
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, integration, error_type) (increase(sync_errors_total{_OF}[1h]))",
            unit="count",
            legend="{{integration}} {{error_type}}",
            description="Failed runs of an hour. A timeout is their side or the way; a refusal is a key or a limit.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Runs begun",
            f"sum by (job, integration) (increase(sync_runs_started_total{_OF}[1h]))",
            unit="count",
            legend="{{job}} {{integration}}",
            description="Runs that have begun within an hour. None is a schedule that has stopped.",
            minimum=0,
        ),
        catalog.Row("How much and how long"),
        catalog.Panel(
            "Records",
            f"sum by (job, integration, direction) (rate(sync_records_total{_OF}[15m]))",
            unit="operations/s",
            legend="{{integration}} {{direction}}",
            description="Records per second. Failed ones were left out, while the run went on.",
            minimum=0,
        ),
        catalog.Panel(
            "Duration of a run",
            f"job_integration:sync_run_duration_seconds:p95_1h{_OF}",
            unit="seconds",
            legend="{{job}} {{integration}}",
            description="95 % of the runs take less. Near the interval of the schedule, runs begin to overlap.",
            minimum=0,
        ),
        catalog.Panel(
            "Runs by outcome",
            f"sum by (job, integration, outcome) (increase(sync_runs_total{_OF}[1h]))",
            unit="count",
            legend="{{integration}} {{outcome}}",
            description="Runs that have ended within an hour.",
            minimum=0,
            stack=True,
            width=24,
        ),
    ]
