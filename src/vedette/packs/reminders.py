"""Reminders and what recurs: whether they reach people, by channel, and how late."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Histogram
from vedette.packs._reminders_panels import panels

__all__ = ["delay", "deliveries", "errors", "generated", "reminders"]

_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)

deliveries = Counter(
    "reminder_deliveries_total",
    help="Reminders that were sent, by channel and how that ended.",
    labels={"channel": None, "outcome": ["success", "failure", "cancelled"]},
)
errors = Counter(
    "reminder_delivery_errors_total",
    help="Reminders that could not be sent, by class of error.",
    labels=["channel", "error_type"],
)
delay = Histogram(
    "reminder_delay_seconds",
    help="How long after its time a reminder was sent.",
    labels=["channel"],
    buckets=_SECONDS,
)
generated = Counter(
    "recurring_tasks_generated_total", help="Tasks that were made because they recur.", labels=["schedule"]
)


_FAILED = "job_channel:reminder_deliveries_failed:ratio_rate15m"
_P95 = "job_channel:reminder_delay_seconds:p95_15m"


@catalog.parametric
def reminders(
    *,
    failed_ratio_high: float = 0.1,
    failed_for: str = "10m",
    min_rate: float = 0.01,
    late: float = 300,
    late_for: str = "10m",
    silent_for: str = "1h",
) -> catalog.Pack:
    """Reminders and recurring tasks: whether they reach people, and in time.

    Args:
        failed_ratio_high: share of the reminders of a channel that fail which is high.
        failed_for: how long it must hold.
        min_rate: reminders per second below which a share says nothing.
        late: 95th percentile of the delay, in seconds, that is late.
        late_for: how long it must hold.
        silent_for: how long a channel that had reminders all day may have none.
    """
    check_ratio(failed_ratio_high=failed_ratio_high)
    check_above_zero(min_rate=min_rate, late=late)
    return catalog.Pack(
        "reminders",
        title="Reminders",
        metrics=[deliveries, errors, delay, generated],
        recordings=[
            catalog.Recording(
                "job_channel:reminder_deliveries:rate15m",
                "sum by (job, channel) (rate(reminder_deliveries_total[15m]))",
                description="Reminders per second, however they ended.",
            ),
            catalog.Recording(
                _FAILED,
                'sum by (job, channel) (rate(reminder_deliveries_total{outcome="failure"}[15m]))'
                " / (job_channel:reminder_deliveries:rate15m > 0)",
                description="Share of reminders that could not be sent; absent without any.",
            ),
            catalog.Recording(
                _P95,
                "histogram_quantile(0.95, sum by (job, channel, le) (rate(reminder_delay_seconds_bucket[15m]))) >= 0",
                description="95th percentile of the delay; absent without reminders.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "ReminderDeliveryFailing",
                f"{_FAILED} > {failed_ratio_high:g} and job_channel:reminder_deliveries:rate15m > {min_rate:g}",
                for_=failed_for,
                severity="high",
                summary="{{ $labels.job }}: {{ $value | humanizePercentage }} of its {{ $labels.channel }} ones fail",
                description="People are not told of what they asked to be told of.",
                runbook="runbooks/reminders-failing.md",
                panel="Failed",
            ),
            catalog.Alert(
                "ReminderLate",
                f"{_P95} > {late:g}",
                for_=late_for,
                severity="medium",
                summary="{{ $labels.job }}: {{ $labels.channel }} reminders are {{ $value | humanizeDuration }} late",
                description="One of 20 comes later than this. A reminder after the meeting is none.",
                runbook="runbooks/reminders-late.md",
                panel="Delay",
            ),
            catalog.Alert(
                "RemindersStopped",
                "job_channel:reminder_deliveries:rate15m == 0"
                f" and avg_over_time(job_channel:reminder_deliveries:rate15m[1d]) > {min_rate:g}",
                for_=silent_for,
                severity="high",
                summary="{{ $labels.job }} sends no reminders by {{ $labels.channel }} any more",
                description="All day there were some. What sends them has stopped, or finds none that are due.",
                runbook="runbooks/reminders-stopped.md",
                panel="Reminders by outcome",
            ),
        ],
        panels=panels(failed_ratio_high, late),
        dashboard=catalog.Dashboard(
            description="Do reminders reach people, and in time?",
            variables=[catalog.Variable("channel", "reminder_deliveries_total", "channel", "Channel")],
            range="6h",
            tags=["reminders"],
        ),
    )
