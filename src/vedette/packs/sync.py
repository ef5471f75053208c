"""Synchronisation with other systems: runs, records, and how old the last success is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._sync_panels import panels

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


_FAILED = "job_integration:sync_runs_failed:ratio_rate1h"
_AGE = "job_integration:sync_last_success:age_seconds"


@catalog.parametric
def sync(
    *,
    failed_ratio_high: float = 0.5,
    failed_for: str = "10m",
    too_old: float = 7200,
    running_for: str = "2h",
    silent_hours: int = 6,
) -> catalog.Pack:
    """Synchronisation with other systems: how old the last success is, what fails, how much comes over.

    Args:
        failed_ratio_high: share of the runs of an hour that fail which is high.
        failed_for: how long it must hold.
        too_old: seconds since the last good run after which what is known of the other system is stale.
        running_for: how long one run may take.
        silent_hours: hours in which an integration that used to bring records may bring none.
    """
    check_ratio(failed_ratio_high=failed_ratio_high)
    check_above_zero(too_old=too_old, silent_hours=silent_hours)
    name = "{{ $labels.integration }} by {{ $labels.job }}"
    return catalog.Pack(
        "sync",
        title="Synchronisation",
        metrics=[started, runs, errors, in_progress, duration, records, last_success],
        recordings=[
            catalog.Recording(
                _AGE,
                "time() - max by (job, integration) (sync_last_success_timestamp_seconds)",
                description="Seconds since the last run that went well.",
            ),
            catalog.Recording(
                _FAILED,
                'sum by (job, integration) (rate(sync_runs_total{outcome="failure"}[1h]))'
                " / (sum by (job, integration) (rate(sync_runs_total[1h])) > 0)",
                description="Share of the runs of an hour that failed; absent without runs.",
            ),
            catalog.Recording(
                "job_integration:sync_run_duration_seconds:p95_1h",
                "histogram_quantile(0.95, sum by (job, integration, le) (rate(sync_run_duration_seconds_bucket[1h])))"
                " >= 0",
                description="95th percentile of the time of a run; absent without runs.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "SyncStale",
                f"{_AGE} > {too_old:g}",
                severity="high",
                summary=f"Nothing was synchronised with {name} for {{{{ $value | humanizeDuration }}}}",
                description="Users see what the other system said then, and what they change here stays here.",
                runbook="runbooks/sync-stale.md",
                panel="Since the last success",
            ),
            catalog.Alert(
                "SyncFailing",
                f"{_FAILED} > {failed_ratio_high:g}",
                for_=failed_for,
                severity="high",
                summary=f"{{{{ $value | humanizePercentage }}}} of the runs with {name} fail",
                description="Some may still go well; what is behind is behind for longer each time.",
                runbook="runbooks/sync-failing.md",
                panel="Failed runs",
            ),
            catalog.Alert(
                "SyncStuck",
                "sum by (job, integration) (sync_runs_in_progress) > 0"
                " unless sum by (job, integration) (increase(sync_runs_started_total[15m])) > 0",
                for_=running_for,
                severity="medium",
                summary=f"A run with {name} does not end",
                description="No other has begun since, so that nothing is brought over until it does.",
                runbook="runbooks/sync-stuck.md",
                panel="Running now",
            ),
            catalog.Alert(
                "SyncBringsNothing",
                f'sum by (job, integration) (increase(sync_records_total{{direction="in"}}[{silent_hours}h])) == 0'
                ' and sum by (job, integration) (increase(sync_records_total{direction="in"}[7d])) > 0'
                f' and sum by (job, integration) (increase(sync_runs_total{{outcome="success"}}[{silent_hours}h])) > 0',
                for_="15m",
                severity="medium",
                summary=f"Runs with {name} go well and bring no record",
                description="There used to be some: a filter, permission or cursor is wrong, or there is nothing new.",
                runbook="runbooks/sync-brings-nothing.md",
                panel="Records",
            ),
        ],
        panels=panels(too_old, failed_ratio_high),
        dashboard=catalog.Dashboard(
            description="Is what we know of other systems fresh, and which of them is to blame if not?",
            variables=[catalog.Variable("integration", "sync_runs_started_total", "integration", "Integration")],
            range="6h",
            tags=["sync"],
        ),
    )
