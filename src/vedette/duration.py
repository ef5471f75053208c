"""Durations as Prometheus writes them (``"5m"``, ``"1h30m"``), in integer milliseconds inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta  # who gives one has loaded it, who gives a text need not

    Duration = str | timedelta
    """What a user may write where a duration is wanted."""

__all__ = ["Duration", "format_duration", "milliseconds"]

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


def milliseconds(value: Duration) -> int:
    """Milliseconds of ``"1h30m"``, ``"0"`` or a timedelta.

    Raises:
        ValueError: the text is not a duration, e.g. ``"5 minutes"`` or ``"1m1h"``.
    """
    if not isinstance(value, str):
        if not hasattr(value, "total_seconds"):
            raise TypeError(f"not a duration: {value!r}; write for example '30s', '5m', '1h30m' or '7d'")
        return round((value.days * 86_400 + value.seconds) * 1000 + value.microseconds / 1000)
    if value == "0":
        return 0
    # By hand: a pattern takes longer to compile than a pack to load.
    total, rest = 0, value
    for unit, size in _UNITS:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        after = rest[len(digits) :]
        if digits and after.startswith(unit) and not (unit == "m" and after.startswith("ms")):
            total += int(digits) * size
            rest = after[len(unit) :]
    if rest or not value:
        raise ValueError(f"not a duration: {value!r}; write for example '30s', '5m', '1h30m' or '7d'")
    return total


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
