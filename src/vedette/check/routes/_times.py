"""Whether a time interval holds all time, or none: tried on every kind of day that there is."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vedette.formats.alertmanager import TimeInterval

__all__ = ["always", "never"]

_WEEKDAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_LENGTHS: Final = ((31,), (28, 29), (31,), (30,), (31,), (30,), (31,), (31,), (30,), (31,), (30,), (31,))
_MINUTES: Final = 24 * 60

_Day = tuple[int, int, int, int]
"""Month, day, days of that month, weekday from Sunday. Over the years all of them occur."""


def always(interval: TimeInterval) -> bool:
    """Whether there is no instant outside."""
    items = [item for item in interval.time_intervals if not item.get("years")]
    zones = {str(item.get("location", "UTC")) for item in items}
    # a day of one zone is no day of another
    for zone in zones:
        same = [item for item in items if str(item.get("location", "UTC")) == zone]
        if all(_minutes(same, day) == _MINUTES for day in _days()):
            return True
    return False


def never(interval: TimeInterval) -> bool:
    """Whether there is no instant inside."""
    return not any(_minutes(interval.time_intervals, day) for day in _days())


def _days() -> Iterator[_Day]:
    for month, lengths in enumerate(_LENGTHS, 1):
        for length in lengths:
            for day, weekday in product(range(1, length + 1), range(7)):
                yield month, day, length, weekday


def _minutes(items: Iterable[Mapping[str, Any]], day: _Day) -> int:
    """How many minutes of a day are inside."""
    spans = sorted(span for item in items if _holds(item, day) for span in _spans(item))
    total = end = 0
    for first, last in spans:
        total += max(0, last - max(first, end))
        end = max(end, last)
    return total


def _spans(item: Mapping[str, Any]) -> list[tuple[int, int]]:
    return [(_clock(one["start_time"]), _clock(one["end_time"])) for one in item.get("times") or ()] or [(0, _MINUTES)]


def _clock(text: object) -> int:
    hours, _, minutes = str(text).partition(":")
    return int(hours) * 60 + int(minutes)


def _holds(item: Mapping[str, Any], day: _Day) -> bool:
    month, number, length, weekday = day

    def of_month(word: str) -> int:
        return int(word) if int(word) > 0 else length + 1 + int(word)

    return (
        _within(item, "weekdays", weekday, _WEEKDAYS.index)
        and _within(item, "months", month, lambda word: int(word) if word.isdigit() else _MONTHS.index(word) + 1)
        and _within(item, "days_of_month", number, of_month)
    )


def _within(item: Mapping[str, Any], key: str, value: int, number: Callable[[str], int]) -> bool:
    ranges = item.get(key) or ()
    for one in ranges:
        first, _, last = str(one).lower().partition(":")
        if number(first) <= value <= number(last or first):
            return True
    return not ranges
