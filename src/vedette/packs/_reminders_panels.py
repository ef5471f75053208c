"""The panels of the reminders pack: do they go out, in time, by which channel not."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{channel=~"$channel"}'


def panels(failed_ratio_high: float, late: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    failing: dict[float, catalog.Severity] = {failed_ratio_high: "high"}
    slow: dict[float, catalog.Severity] = {late: "medium"}
    return [
        catalog.Panel(
            "Sent",
            'sum by (job) (rate(reminder_deliveries_total{outcome="success"}[15m]))',
            kind="stat",
            unit="messages/s",
            legend="{{job}}",
            description="Reminders per second that have gone out.",
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Worst channel",
            "max by (job) (job_channel:reminder_deliveries_failed:ratio_rate15m)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share that fails in the channel where most fails.",
            thresholds=failing,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Latest channel",
            "max by (job) (job_channel:reminder_delay_seconds:p95_15m)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95th percentile of the delay in the channel that is latest.",
            thresholds=slow,
            width=8,
            height=4,
        ),
        catalog.Row("By channel"),
        catalog.Panel(
            "Reminders by outcome",
            f"sum by (job, channel, outcome) (rate(reminder_deliveries_total{_OF}[15m]))",
            unit="messages/s",
            legend="{{channel}} {{outcome}}",
            description="Has the shape of the day: most at full hours. A channel at zero has stopped.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Failed",
            f"job_channel:reminder_deliveries_failed:ratio_rate15m{_OF}",
            unit="ratio",
            legend="{{job}} {{channel}}",
            description="Share of reminders that could not be sent. A few bad addresses are always there.",
            thresholds=failing,
            minimum=0,
        ),
        catalog.Panel(
            "Delay",
            f"job_channel:reminder_delay_seconds:p95_15m{_OF}",
            unit="seconds",
            legend="{{job}} {{channel}}",
            description="95 % go out sooner after their time than this.",
            thresholds=slow,
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, channel, error_type) (increase(reminder_delivery_errors_total{_OF}[1h]))",
            unit="count",
            legend="{{channel}} {{error_type}}",
            description="Why reminders could not be sent, within an hour.",
            minimum=0,
            stack=True,
        ),
        catalog.Row("Recurring tasks"),
        catalog.Panel(
            "Tasks generated",
            "sum by (job, schedule) (increase(recurring_tasks_generated_total[1h]))",
            unit="count",
            legend="{{job}} {{schedule}}",
            description="Tasks made within an hour because they recur. Daily ones show as a peak at one time.",
            minimum=0,
            width=24,
        ),
    ]
