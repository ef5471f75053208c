"""How fast an error budget may burn before somebody is told: the table, and what follows from it in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Final

from vedette.catalog.slo import plain
from vedette.duration import format_duration, milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.catalog import Severity, Slo

__all__ = ["TIERS", "Burn", "LeftOut", "Noticed", "Tier", "burns", "first_told"]

_FIGURES: Final = Context(prec=4, rounding=ROUND_HALF_EVEN)
_LEAST_UNPAGED: Final = 2
"""Errors that an alert wants which pages nobody: one event is never a trend."""


@dataclass(frozen=True, slots=True)
class Tier:
    """``share`` of the budget gone within ``long``, and errors still coming in ``short``. Times are milliseconds."""

    severity: Severity
    share: Decimal
    long: int
    short: int
    for_: int
    keep_firing_for: int


def _tier(severity: Severity, percent: int, *times: str) -> Tier:
    return Tier(severity, Decimal(percent) / 100, *map(milliseconds, times))


# The first, second and fourth are table 5-8 of the SRE workbook; the third is the page's own example between them.
# https://sre.google/workbook/alerting-on-slos/#recommended_parameters_for_an_slo_based_a
# `for` and `keep_firing_for` are ours: two evaluations must agree, and what returns at once is not told again.
TIERS: Final = (
    _tier("critical", 2, "1h", "5m", "1m", "5m"),
    _tier("high", 5, "6h", "30m", "5m", "15m"),
    _tier("medium", 10, "1d", "2h", "15m", "0s"),
    _tier("low", 10, "3d", "6h", "1h", "0s"),
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tier that an objective has no alert for, and why."""

    tier: Tier
    why: str


@dataclass(frozen=True, slots=True)
class Burn:
    """A tier for one objective: it tells where errors come ``factor`` times as fast as the budget allows."""

    tier: Tier
    factor: Decimal
    budget: Decimal
    window: int
    least: int
    """Errors in the long window below which nobody is told."""

    @property
    def threshold(self) -> Decimal:
        """The share of errors above which it tells."""
        return self.factor * self.budget

    @property
    def share(self) -> Decimal:
        """The share of the window's events that must have failed in the long window: part of the budget is gone."""
        return self.factor * self.budget * self.tier.long / self.window

    def reached(self, errors: float, *, rate: float | None = None) -> float | None:
        """Milliseconds from the first error until its condition holds, at a constant share of ``errors``.

        ``rate`` is events per second, which matters where there are few; None where there are enough. None where it
        never holds.
        """
        threshold = float(self.threshold)
        if errors <= threshold:
            return None
        took = self.tier.long * threshold / errors
        if rate is None:
            return took
        enough = 1000 * self.least / (rate * errors)
        return max(took, enough) if enough <= self.tier.long else None

    def told(self, errors: float, *, rate: float | None = None) -> float | None:
        """Milliseconds until it fires: as `reached`, and then it must hold."""
        took = self.reached(errors, rate=rate)
        return None if took is None else took + self.tier.for_

    def spent(self, errors: float, after: float) -> float:
        """The share of the budget that is gone ``after`` so many milliseconds of ``errors``."""
        return errors * after / (float(self.budget) * self.window)


def burns(slo: Slo) -> tuple[tuple[Burn, ...], tuple[LeftOut, ...]]:
    """The alerts that an objective can have, the most severe first, and the tiers it cannot.

    The factor is the share of the budget over the share of the window: of 30 days, 2 % within an hour is 14.4.
    """
    found: list[Burn] = []
    left_out: list[LeftOut] = []
    window, budget = slo.window_ms, slo.budget
    for tier in TIERS:
        pages = tier.severity in ("critical", "high")
        factor = _FIGURES.create_decimal(tier.share * window / tier.long)
        if 2 * tier.long > window:
            why = f"its {format_duration(tier.long)} are more than half of the window of {format_duration(window)}"
        elif factor < 1 and pages:
            why = (
                f"{plain(tier.share * 100)} % of the budget of {format_duration(window)} within "
                f"{format_duration(tier.long)} is no faster than the budget allows"
            )
        elif factor * budget >= 1:
            why = (
                f"errors {plain(factor)} times as fast as the budget allows would be "
                f"{plain(factor * budget * 100)} % of all events"
            )
        else:
            least = slo.min_errors if pages else min(slo.min_errors, _LEAST_UNPAGED)
            found.append(Burn(tier, max(factor, Decimal(1)), budget, window, least))
            continue
        left_out.append(LeftOut(tier, why))
    return tuple(found), tuple(left_out)


@dataclass(frozen=True, slots=True)
class Noticed:
    """The first that is told of a constant share of errors. Times are milliseconds."""

    errors: float
    burn: Burn | None
    after: float | None
    """None where nobody is told."""
    paged: float | None
    """When somebody is paged (``critical`` or ``high``), which may be later."""
    empty: float
    """When the budget is gone."""

    @property
    def spent(self) -> float | None:
        """The share of the budget gone when the first is told."""
        return None if self.burn is None or self.after is None else self.burn.spent(self.errors, self.after)


def first_told(slo: Slo, found: Sequence[Burn], errors: float) -> Noticed:
    """Who is told first of a constant share of errors that begins in a clean window."""
    told = [(after, burn) for burn in found if (after := burn.told(errors)) is not None]
    after, burn = min(told, key=lambda one: one[0], default=(None, None))
    pages = [one for one, burn in told if burn.tier.severity in ("critical", "high")]
    empty = slo.window_ms * float(slo.budget) / errors
    return Noticed(errors, burn, after, min(pages, default=None), empty)
