"""Time from left to right: where a moment stands, and where to write which hour or day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from vedette.duration import format_duration

__all__ = ["Times"]

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_STEPS: Final = (
    _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR,
    12 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 60 * _DAY, 90 * _DAY, 180 * _DAY, 365 * _DAY,
)  # fmt: skip
_MOST: Final = 9
"""Labels of an axis."""


@dataclass(frozen=True, slots=True)
class Times:
    """A stretch of time, in milliseconds since the epoch.

    ``since`` makes it a simulated one, whose moments are told as the time that has passed: ``+7m``.
    """

    start: int
    end: int
    since: int | None = None

    def share(self, at: float) -> float:
        """Where a moment stands: 0 is the start, 1 the end; what is outside stands at the edge."""
        return (min(max(at, self.start), self.end) - self.start) / max(1, self.end - self.start)

    def ticks(self) -> list[tuple[int, str]]:
        """The moments to write at the axis, and what to write."""
        length = self.end - self.start
        step = next((one for one in _STEPS if length / one < _MOST), length)
        zero = self.since or 0
        first = zero - (zero - self.start) // step * step
        return [(at, self._tick(at, step)) for at in range(first, self.end + 1, step)]

    def moment(self, at: int) -> str:
        """A moment in full."""
        return self.passed(at) if self.since is not None else f"{_form(at, '%Y-%m-%d %H:%M')}"

    def passed(self, at: int) -> str:
        """The time from the beginning of a simulation to a moment."""
        since = at - (self.since or 0)
        return f"{'-' if since < 0 else '+'}{format_duration(abs(since) // 1000 * 1000)}"

    def _tick(self, at: int, step: int) -> str:
        if self.since is not None:
            return self.passed(at)
        return _form(at, "%H:%M") if step < _DAY and at % _DAY else f"{_form(at, '%d').lstrip('0')} {_form(at, '%b')}"


def _form(at: int, form: str) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime(form)
