"""The timeline of each alert in characters: what was pending and firing in each slice of the time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.testing.backtest.episodes import Episode
    from vedette.testing.backtest.incidents import Incident

__all__ = ["axis", "incident_line", "line"]

FIRING: Final = "█"
SHORT: Final = "▌"
"""It fired, for less than half of the slice."""
PENDING: Final = "░"
NONE: Final = "·"
INCIDENT: Final = "▔"


def line(episodes: Sequence[Episode], start: int, end: int, width: int) -> str:
    """One line of ``width`` characters for the time from ``start`` to ``end`` (milliseconds)."""
    slice_ = (end - start) / width
    firing, pending = [0.0] * width, [False] * width
    for one in episodes:
        until = end if one.ended_at is None else one.ended_at
        for at in _slices(one.active_at, until, start, slice_, width):
            pending[at] = True
        if one.fired_at is not None:
            for at in _slices(one.fired_at, until, start, slice_, width):
                low = start + at * slice_
                firing[at] += (min(until, low + slice_) - max(one.fired_at, low)) / slice_ or 1e-9
    return "".join(
        FIRING if fired >= 0.5 else SHORT if fired else PENDING if held else NONE
        for fired, held in zip(firing, pending, strict=True)
    )


def incident_line(incidents: Sequence[Incident], start: int, end: int, width: int) -> str:
    """Where incidents were."""
    slice_ = (end - start) / width
    cells = [" "] * width
    for one in incidents:
        for at in _slices(one.start, one.end, start, slice_, width):
            cells[at] = INCIDENT
    return "".join(cells)


def _slices(since: int, until: int, start: int, slice_: float, width: int) -> range:
    """The slices that ``[since, until]`` touches."""
    if until < start or since > start + slice_ * width:
        return range(0)
    return range(max(0, int((since - start) / slice_)), min(width - 1, int((until - start) / slice_)) + 1)


def axis(start: int, end: int, width: int) -> str:
    """Both ends and the middle of the time, in UTC."""
    form = "%b %d" if end - start > 3 * 86_400_000 else "%b %d %H:%M"
    left, middle, right = (
        datetime.fromtimestamp(ms / 1000, UTC).strftime(form) for ms in (start, (start + end) // 2, end)
    )
    if len(left) + len(middle) + len(right) + 4 > width:
        return left + right.rjust(width - len(left))
    text = left + middle.rjust((width + len(middle)) // 2 - len(left))
    return text + right.rjust(width - len(text))
