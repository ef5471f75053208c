"""What is not told though it fires: at some times, or because something else says it already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_labels, check_severity, fail, is_label_name, is_slug, nearest
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.catalog.severity import Severity

__all__ = ["Inhibit", "Mute"]

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""The days of the week, in the order in which a span of them runs."""

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mute:
    """Alerts of these severities are not told at these times. They are on the page, and told once the time is over.

    Args:
        name: for example ``nights``.
        times: ``"22:00-06:00"``, one or several; the whole day where there is none.
        weekdays: ``"saturday"`` or a span, ``"monday:friday"``; every day where there is none. Of a time over
            midnight both parts are on these days.
        location: the time zone, for example ``Europe/Berlin``.
        severities: which alerts; what pages is not among them unless you say so.

    Raises:
        DeclarationError: anything above is not of that form, or all times and days are muted.

    Example:
        >>> Mute("nights", times=["22:00-06:00"]).severities
        ('medium', 'low')
    """

    name: str
    times: Sequence[str] = field(default=(), kw_only=True)
    weekdays: Sequence[str] = field(default=(), kw_only=True)
    location: str = field(default="UTC", kw_only=True)
    severities: Sequence[Severity] = field(default=("medium", "low"), kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        place, owner = self.place, f"Mute({self.name!r})"
        if not isinstance(self.name, str) or not is_slug(self.name):
            raise fail(place, f"{owner} needs a name of letters, digits and _ . - between them, for example 'nights'")
        for key, example in (("times", "22:00-06:00"), ("weekdays", "saturday"), ("severities", "low")):
            given = getattr(self, key)
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise fail(place, f"{owner} has {key}={given!r}; write a list: {key}=[{example!r}]")
            object.__setattr__(self, key, tuple(given))
        if not self.times and not self.weekdays:
            raise fail(place, f"{owner} would mute all the time; write times=['22:00-06:00'] or weekdays=['sunday']")
        for time in self.times:
            if not isinstance(time, str) or _SPAN.fullmatch(time) is None or time[:5] == time[6:]:
                raise fail(place, f"{owner} has the time {time!r}; write for example '22:00-06:00'")
        for day in self.weekdays:
            for one in str(day).split(":"):
                if one not in DAYS:
                    raise fail(place, f"{owner} has the day {day!r}; write 'monday' or 'monday:friday'"
                                      f"{nearest(one, DAYS)}")  # fmt: skip
        if not self.severities:
            raise fail(place, f"{owner} mutes no severity; write for example severities=['low']")
        for severity in self.severities:
            check_severity(place, owner, severity)


@dataclass(frozen=True, slots=True)
class Inhibit:
    """While an alert fires, others with the same values of some labels are not told: they are its consequence.

    Args:
        source: label → value, or several, of the alert that says it already.
        target: likewise of those that are not told then.
        equal: labels that both must have alike.

    A more urgent alert mutes the milder ones of the same service and pack without being told so.

    Raises:
        DeclarationError: a label is not one, nothing is matched, or both sides are the same.

    Example:
        >>> Inhibit({"alertname": "NodeDown"}, {"alertname": ["PodDown"]}, equal=["node"]).equal
        ('node',)
    """

    source: Mapping[str, str | Sequence[str]]
    target: Mapping[str, str | Sequence[str]]
    equal: Sequence[str] = field(default=("service",), kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        for key in ("source", "target"):
            given = getattr(self, key)
            if not isinstance(given, Mapping) or not given:
                raise fail(self.place, f"Inhibit has {key}={given!r}; write for example {{'alertname': 'NodeDown'}}")
            settled = {name: value if isinstance(value, str) else tuple(value) for name, value in given.items()}
            for name, value in settled.items():
                for one in (value,) if isinstance(value, str) else value:
                    check_labels(self.place, f"Inhibit, {key},", {name: one})
            object.__setattr__(self, key, settled)
        if self.source == self.target:
            raise fail(self.place, "Inhibit has the same source and target: an alert does not mute itself")
        if isinstance(self.equal, str):
            raise fail(self.place, f"Inhibit has equal={self.equal!r}; write a list: equal=[{self.equal!r}]")
        object.__setattr__(self, "equal", tuple(self.equal))
        for name in self.equal:
            if not is_label_name(name):
                raise fail(self.place, f"Inhibit has {name!r} in equal, which is not the name of a label")
