"""What may be said of every check, and the limits that many of them have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from vedette.errors import DeclarationError
from vedette.health.outcome import Degraded, Failed, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.health.check import Breaker, Level, Time

__all__ = ["Settings", "above", "below", "in_order"]


class Settings(TypedDict, total=False):
    """The arguments of `vedette.health.Check`."""

    level: Level
    timeout: Time
    every: Time
    after: Iterable[str]
    grace: Time
    breaker: Breaker | None


def in_order(where: str, degraded: float, failed: float, *, falling: bool = False) -> None:
    """Refuse limits of which the worse comes first.

    Raises:
        DeclarationError: they are the wrong way round.
    """
    if (failed > degraded) if falling else (failed < degraded):
        direction = "below" if falling else "above"
        raise DeclarationError(f"{where}: failed={failed!r} must be {direction} degraded={degraded!r}, or the same")


def above(what: str, value: float, unit: str, *, degraded: float, failed: float) -> Reading:
    """The reading, where it is below both limits.

    Raises:
        Degraded: it has reached the lower limit.
        Failed: it has reached the higher one.
    """
    if value >= failed:
        raise Failed(f"{what} is {value:g} {unit}, the limit is {failed:g}")
    if value >= degraded:
        raise Degraded(f"{what} is {value:g} {unit}, the limit is {degraded:g}")
    return Reading(value, unit)


def below(what: str, value: float, unit: str, *, degraded: float, failed: float) -> Reading:
    """The reading, where it is above both limits.

    Raises:
        Degraded: it has fallen to the higher limit.
        Failed: it has fallen to the lower one.
    """
    if value <= failed:
        raise Failed(f"{what} is {value:g} {unit}, the limit is {failed:g}")
    if value <= degraded:
        raise Degraded(f"{what} is {value:g} {unit}, the limit is {degraded:g}")
    return Reading(value, unit)
