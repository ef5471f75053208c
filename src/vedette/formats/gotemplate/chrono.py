"""Go's ``time.Time`` and ``time.Duration`` as templates see them, with Go's layout strings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GoDuration", "Time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The parts of a layout, longest first: https://pkg.go.dev/time#pkg-constants
_LAYOUT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07"
    r"|-07:00:00|-070000|-07:00|-0700|-07|[.,]0+(?!\d)|[.,]9+(?!\d)|__2|_2|002|01|02|03|04|05|06|15|PM|pm|[12345]"
)


class GoDuration(int):
    """Nanoseconds that print as ``1m30s``."""

    go_type: ClassVar[str] = "time.Duration"
    go_names: ClassVar[Mapping[str, str]] = {
        "Seconds": "seconds",
        "Minutes": "minutes",
        "Hours": "hours",
        "Milliseconds": "whole_milliseconds",
        "Round": "rounded",
        "Truncate": "truncated",
        "String": "__str__",
    }

    def seconds(self) -> float:
        """The whole as seconds."""
        return int(self) / 1e9

    def minutes(self) -> float:
        """The whole as minutes."""
        return int(self) / 60e9

    def hours(self) -> float:
        """The whole as hours."""
        return int(self) / 3600e9

    def whole_milliseconds(self) -> int:
        """The whole as milliseconds, cut off toward zero."""
        return int(int(self) / 1_000_000)

    def truncated(self, unit: int) -> GoDuration:
        """Cut toward zero to a multiple of ``unit`` nanoseconds."""
        whole = int(self)
        return self if unit <= 0 else GoDuration(whole - (abs(whole) % unit) * (1 if whole >= 0 else -1))

    def rounded(self, unit: int) -> GoDuration:
        """The nearest multiple of ``unit`` nanoseconds, halves away from zero."""
        if unit <= 0:
            return self
        sign = 1 if self >= 0 else -1
        return GoDuration((abs(int(self)) + unit // 2) // unit * unit * sign)

    def __str__(self) -> str:
        whole = int(self)
        sign, rest = ("-", -whole) if whole < 0 else ("", whole)
        if rest == 0:
            return "0s"
        if rest < 1_000_000_000:
            unit, size = next((u, s) for u, s in (("ms", 1_000_000), ("µs", 1000), ("ns", 1)) if rest >= s)
            return f"{sign}{_decimal(rest, size)}{unit}"
        minutes, nanos = divmod(rest, 60_000_000_000)
        hours, minutes = divmod(minutes, 60)
        head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return f"{sign}{head}{_decimal(nanos, 1_000_000_000)}s"

    __repr__ = __str__


def _decimal(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    digits = str(part).rjust(len(str(size)) - 1, "0").rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)


@dataclass(frozen=True, slots=True)
class Time:
    """An instant in a zone, to the microsecond."""

    moment: datetime

    go_type: ClassVar[str] = "time.Time"
    go_names: ClassVar[Mapping[str, str]] = {
        "Add": "add",
        "After": "after",
        "Before": "before",
        "Day": "day",
        "Equal": "equal",
        "Format": "format",
        "Hour": "hour",
        "IsZero": "is_zero",
        "Local": "utc",
        "Minute": "minute",
        "Month": "month",
        "Second": "second",
        "String": "__str__",
        "Sub": "sub",
        "UTC": "utc",
        "Unix": "unix",
        "UnixMilli": "milliseconds",
        "Weekday": "weekday",
        "Year": "year",
    }

    @classmethod
    def at(cls, milliseconds: int) -> Time:
        """The instant so many milliseconds after the epoch, in UTC.

        Raises:
            ValueError: it lies outside the years 1 to 9999.
        """
        try:
            return cls(_EPOCH + timedelta(milliseconds=milliseconds))
        except OverflowError:
            raise ValueError(f"{milliseconds} ms is outside the years 1 to 9999") from None

    @classmethod
    def zero(cls) -> Time:
        """Go's zero time, the start of year 1."""
        return cls(datetime(1, 1, 1, tzinfo=UTC))

    def milliseconds(self) -> int:
        """Milliseconds since the epoch."""
        return (self.moment - _EPOCH) // timedelta(milliseconds=1)

    def unix(self) -> int:
        """Whole seconds since the epoch."""
        return (self.moment - _EPOCH) // timedelta(seconds=1)

    def in_zone(self, name: str) -> Time:
        """The same instant in an IANA zone.

        Raises:
            ValueError: there is no zone of this name.
        """
        if name in ("", "UTC"):
            return self.utc()
        try:
            return Time(self.moment.astimezone(ZoneInfo(name)))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"unknown time zone {name}") from None

    def utc(self) -> Time:
        """The same instant in UTC, which is also the local zone of a server."""
        return Time(self.moment.astimezone(UTC))

    def add(self, duration: int) -> Time:
        """Later by so many nanoseconds."""
        return Time(self.moment + timedelta(microseconds=duration // 1000))

    def sub(self, other: Time) -> GoDuration:
        """The time from ``other`` to this."""
        return GoDuration((self.moment - other.moment) // timedelta(microseconds=1) * 1000)

    def before(self, other: Time) -> bool:
        """Whether this comes first."""
        return self.moment < other.moment

    def after(self, other: Time) -> bool:
        """Whether the other comes first."""
        return self.moment > other.moment

    def equal(self, other: Time) -> bool:
        """Whether both are the same instant."""
        return self.moment == other.moment

    def is_zero(self) -> bool:
        """Whether this is Go's zero time."""
        return self.moment == datetime(1, 1, 1, tzinfo=UTC)

    def year(self) -> int:
        """The year."""
        return self.moment.year

    def month(self) -> str:
        """The month's English name."""
        return _MONTHS[self.moment.month - 1]

    def day(self) -> int:
        """The day of the month."""
        return self.moment.day

    def hour(self) -> int:
        """The hour of the day."""
        return self.moment.hour

    def minute(self) -> int:
        """The minute of the hour."""
        return self.moment.minute

    def second(self) -> int:
        """The second of the minute."""
        return self.moment.second

    def weekday(self) -> str:
        """The day's English name."""
        return _DAYS[self.moment.weekday()]

    def format(self, layout: str) -> str:
        """The time in Go's layout, e.g. ``2006-01-02T15:04:05Z07:00``."""
        return _LAYOUT.sub(lambda found: self._part(found.group()), layout)

    def _part(self, part: str) -> str:
        moment = self.moment
        if part[0] in ".,":
            digits = f"{moment.microsecond:06d}000"[: len(part) - 1]
            if part[1] == "9":
                digits = digits.rstrip("0")
            return part[0] + digits if digits else ""
        if part[0] in "Z-":
            return self._offset(part)
        hour12 = moment.hour % 12 or 12
        table = {
            "2006": f"{moment.year:04d}", "06": f"{moment.year % 100:02d}",
            "January": _MONTHS[moment.month - 1], "Jan": _MONTHS[moment.month - 1][:3],
            "01": f"{moment.month:02d}", "1": str(moment.month),
            "Monday": _DAYS[moment.weekday()], "Mon": _DAYS[moment.weekday()][:3],
            "02": f"{moment.day:02d}", "_2": f"{moment.day:2d}", "2": str(moment.day),
            "002": f"{moment.timetuple().tm_yday:03d}", "__2": f"{moment.timetuple().tm_yday:3d}",
            "15": f"{moment.hour:02d}", "03": f"{hour12:02d}", "3": str(hour12),
            "04": f"{moment.minute:02d}", "4": str(moment.minute),
            "05": f"{moment.second:02d}", "5": str(moment.second),
            "PM": "PM" if moment.hour >= 12 else "AM", "pm": "pm" if moment.hour >= 12 else "am",
            "MST": moment.tzname() or "UTC",
        }  # fmt: skip
        return table[part]

    def _offset(self, part: str) -> str:
        total = int((self.moment.utcoffset() or timedelta()).total_seconds())
        if part[0] == "Z" and total == 0:
            return "Z"
        sign, total = ("-", -total) if total < 0 else ("+", total)
        hours, minutes, seconds = total // 3600, total // 60 % 60, total % 60
        colon = ":" if ":" in part else ""
        pieces = [f"{hours:02d}", f"{minutes:02d}", f"{seconds:02d}"]
        return sign + colon.join(pieces[: (len(part.replace(":", "")) - 1) // 2])

    def __str__(self) -> str:
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
