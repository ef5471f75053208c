"""Reminders and what recurs: whether they reach people, by channel, and how late."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Histogram

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


@catalog.parametric
def reminders() -> catalog.Pack:
    """Reminders and recurring tasks."""
    return catalog.Pack("reminders", title="Reminders", metrics=[deliveries, errors, delay, generated])
