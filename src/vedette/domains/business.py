"""What the business does, as the business pack declares it. A label never holds who it was.

Example:
    >>> from vedette.domains import business
    >>> business.event("account_opened")
    >>> business.earned("orders", 19.99, unit="euros")
    >>> business.reached("onboarding", "profile")
    >>> with business.operation("task", "create"):
    ...     pass
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from vedette.domains.run import Run, outcome_of
from vedette.packs.business import (
    active_users,
    activities,
    events,
    features,
    funnel_steps,
    level,
    operation_duration,
    operations,
    recommendations,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BusinessOperation",
    "activity",
    "earned",
    "event",
    "operation",
    "reached",
    "recommendation",
    "used",
    "watch_active_users",
    "watch_level",
]


class BusinessOperation(Run):
    """One operation on a thing that the application is about."""

    __slots__ = ("_object", "_operation")

    def __init__(self, thing: str, operation: str) -> None:
        super().__init__()
        self._object, self._operation = thing, operation

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        operation_duration.observe(seconds, self._object, self._operation)
        operations.inc(self._object, self._operation, outcome_of(error))


def event(name: str, count: int = 1) -> None:
    """Something has happened, such as ``"account_opened"`` or ``"opportunity_won"``."""
    events.inc(name, amount=count)


def earned(name: str, amount: float, *, unit: str) -> None:
    """Count a value, such as ``earned("orders", 19.99, unit="euros")``."""
    value.inc(name, unit, amount=amount)


def watch_level(name: str, ask: Callable[[], float]) -> None:
    """Ask at every scrape how much there is of ``name``, such as ``"accounts"``."""
    level.set_function(ask, name)


def operation(thing: str, name: str) -> BusinessOperation:
    """An operation on a kind of thing, such as ``("task", "create")``: a block or a decorated function."""
    return BusinessOperation(thing, name)


def reached(funnel: str, step: str) -> None:
    """Somebody has reached a step of a funnel."""
    funnel_steps.inc(funnel, step)


def recommendation(kind: str, outcome: Literal["made", "accepted", "rejected", "ignored"]) -> None:
    """A recommendation was made, or something became of it."""
    recommendations.inc(kind, outcome)


def used(feature: str) -> None:
    """A feature was used."""
    features.inc(feature)


def activity(name: str) -> None:
    """A user has done something; which user is nobody's business here."""
    activities.inc(name)


def watch_active_users(window: str, ask: Callable[[], float]) -> None:
    """Ask at every scrape how many users were active within ``window``, such as ``"5m"``."""
    active_users.set_function(ask, window)
