"""Alertmanager's time intervals: whether an instant lies in one (https://prometheus.io/docs/alerting/latest/configuration/#time_interval)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vedette.formats.alertmanager import TimeInterval

__all__ = ["Interval", "read_intervals"]

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)

_Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Interval:
    """One set of times. An empty tuple allows everything; ranges include both ends, but ``minutes`` not its end."""

    minutes: tuple[_Range, ...] = ()
    weekdays: tuple[_Range, ...] = ()
    days: tuple[_Range, ...] = ()
    months: tuple[_Range, ...] = ()
    years: tuple[_Range, ...] = ()
    zone: tzinfo = UTC

    def contains(self, at: int) -> bool:
        """Whether the instant (ms since the epoch) lies in it."""
        moment = datetime.fromtimestamp(at / 1000, self.zone)
        minute = moment.hour * 60 + moment.minute
        return (
            (not self.minutes or any(start <= minute < end for start, end in self.minutes))
            and (not self.days or self._day(moment))
            and _within(moment.month, self.months)
            and _within(moment.isoweekday() % 7, self.weekdays)
            and _within(moment.year, self.years)
        )

    def _day(self, moment: datetime) -> bool:
        last = calendar.monthrange(moment.year, moment.month)[1]
        for start, end in self.days:
            first = last + start + 1 if start < 0 else start
            final = last + end + 1 if end < 0 else end
            if first <= moment.day <= min(final, last):
                return True
        return False


def _within(value: int, ranges: tuple[_Range, ...]) -> bool:
    return not ranges or any(start <= value <= end for start, end in ranges)


def read_intervals(defined: Sequence[TimeInterval]) -> dict[str, tuple[Interval, ...]]:
    """Name → its intervals; an instant is in the named one if it lies in any of them.

    Raises:
        ConfigError: a range cannot be read.
    """
    return {named.name: tuple(_interval(named, raw) for raw in named.time_intervals) for named in defined}


def _interval(named: TimeInterval, raw: Mapping[str, Any]) -> Interval:
    def wrong(key: str, value: object, wanted: str) -> ConfigError:
        place = f"{named.place}: " if named.place else ""
        return ConfigError(f"{place}time interval {named.name!r}: {key}: {value!r} is not {wanted}")

    def ranges(key: str, number: Callable[[str], int | None], wanted: str) -> tuple[_Range, ...]:
        out = []
        for item in raw.get(key) or ():
            first, _, last = str(item).lower().partition(":")
            start = number(first.strip())
            end = number(last.strip()) if last else start
            if start is None or end is None or (start > end and not start > 0 > end):
                raise wrong(key, item, wanted)
            out.append((start, end))
        return tuple(out)

    minutes = []
    for item in raw.get("times") or ():
        start, end = _minute(item.get("start_time")), _minute(item.get("end_time"))
        if start is None or end is None or start >= end:
            raise wrong("times", dict(item), "a start_time before an end_time such as '09:00' and '17:00'")
        minutes.append((start, end))
    return Interval(
        minutes=tuple(minutes),
        weekdays=ranges("weekdays", _named(_WEEKDAYS, 0), "a weekday or a range such as 'monday:friday'"),
        days=ranges("days_of_month", _whole(-31, 31), "a day such as '1:5' or, from the end, '-3:-1'"),
        months=ranges("months", _named(_MONTHS, 1), "a month or a range such as 'may:august' or '1:3'"),
        years=ranges("years", _whole(1, 9999), "a year or a range such as '2026:2028'"),
        zone=_zone(raw.get("location"), wrong),
    )


def _minute(text: object) -> int | None:
    # an unquoted 10:00 is a sexagesimal number in YAML 1.1: its value is the minutes already
    if isinstance(text, int):
        return text if 0 <= text <= 1440 else None
    found = _CLOCK.fullmatch(str(text))
    if found is None:
        return None
    value = int(found[1]) * 60 + int(found[2])
    return value if int(found[2]) < 60 and value <= 1440 else None


def _named(names: Sequence[str], first: int) -> Callable[[str], int | None]:
    def number(text: str) -> int | None:
        if text in names:
            return names.index(text) + first
        # months may also be written as numbers, weekdays may not
        return int(text) if first and text.isdigit() and first <= int(text) < first + len(names) else None

    return number


def _whole(lowest: int, highest: int) -> Callable[[str], int | None]:
    def number(text: str) -> int | None:
        if not re.fullmatch(r"-?\d{1,4}", text):
            return None
        value = int(text)
        return value if lowest <= value <= highest and value else None

    return number


def _zone(name: object, wrong: Callable[[str, object, str], ConfigError]) -> tzinfo:
    if name in (None, "", "UTC", "Local"):
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong("location", name, "a zone of the IANA database such as 'Europe/Berlin'") from None
