"""Figures of a backtest as people read them, in the terminal and on the page."""

from __future__ import annotations

from typing import Final

from vedette.duration import format_duration

__all__ = ["NONE", "duration", "number", "share"]

NONE: Final = "\N{EN DASH}"


def duration(ms: float | None) -> str:
    """To the second, and to the minute from an hour on."""
    if ms is None:
        return NONE
    unit = 60_000 if ms >= 3_600_000 else 1000
    return format_duration(round(ms / unit) * unit)


def number(value: float | None) -> str:
    """With one decimal."""
    return NONE if value is None else f"{value:.1f}"


def share(value: float | None) -> str:
    """As a percentage."""
    return NONE if value is None else f"{100 * value:.0f} %"
