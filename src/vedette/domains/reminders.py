"""Reminders and recurring tasks, as the reminders pack declares them.

Example:
    >>> from vedette.domains import reminders
    >>> with reminders.delivery("email", due=1_800_000_000.0):
    ...     pass
    >>> reminders.generated("weekly", 12)
"""

from __future__ import annotations

from vedette.domains.run import Run, outcome_of
from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.packs.reminders import delay, deliveries, errors
from vedette.packs.reminders import generated as generated_total

__all__ = ["Delivery", "delivery", "generated"]


class Delivery(Run):
    """One reminder on its way."""

    __slots__ = ("_channel", "_due")

    def __init__(self, channel: str, due: float | None) -> None:
        super().__init__()
        self._channel, self._due = channel, due

    def _ended(self, seconds: float, error: BaseException | None) -> None:  # noqa: ARG002 - what counts is the delay
        outcome = outcome_of(error)
        deliveries.inc(self._channel, outcome)
        if outcome == "failure" and error is not None:
            errors.inc(self._channel, error_type(error))
        elif outcome == "success" and self._due is not None:
            delay.observe(max(0.0, clock.now() - self._due), self._channel)


def delivery(channel: str, *, due: float | None = None) -> Delivery:
    """The sending of a reminder through ``channel``, such as ``"email"``, ``"push"`` or ``"in_app"``.

    Args:
        channel: what it goes through.
        due: when it should have been sent, in seconds since the epoch; then its delay is told.
    """
    return Delivery(channel, due)


def generated(schedule: str, count: int = 1) -> None:
    """Tasks were made because they recur, by ``schedule``, such as ``"weekly"``."""
    generated_total.inc(schedule, amount=count)
