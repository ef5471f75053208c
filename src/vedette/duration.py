"""Durations as Prometheus writes them (``"5m"``, ``"1h30m"``), in integer milliseconds inside."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["Duration", "format_duration", "milliseconds"]

Duration = str | timedelta
"""What a user may write where a duration is wanted."""

# https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
_UNITS = (
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
_PATTERN = re.compile("".join(rf"(?:(\d+){unit})?" for unit, _ in _UNITS), re.ASCII)


def milliseconds(value: Duration) -> int:
    """Milliseconds of ``"1h30m"``, ``"0"`` or a timedelta.

    Raises:
        ValueError: the text is not a duration, e.g. ``"5 minutes"`` or ``"1m1h"``.
    """
    if isinstance(value, timedelta):
        return round(value / timedelta(milliseconds=1))
    if value == "0":
        return 0
    match = _PATTERN.fullmatch(value) if value else None
    if match is None:
        raise ValueError(f"not a duration: {value!r}; write for example '30s', '5m', '1h30m' or '7d'")
    return sum(int(digits) * unit for digits, (_, unit) in zip(match.groups(), _UNITS, strict=True) if digits)


def format_duration(ms: int) -> str:
    """The shortest exact form, as Prometheus prints it: ``90_000`` → ``"1m30s"``, ``0`` → ``"0s"``.

    Weeks and years are used only where they divide the whole, as Prometheus does.
    """
    if ms == 0:
        return "0s"
    parts: list[str] = []
    for unit, size in _UNITS:
        if unit in ("y", "w") and ms % size:
            continue
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
