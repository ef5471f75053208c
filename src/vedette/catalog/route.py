"""Who is told of what, where it is not the same for all; and how long each severity waits and repeats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_duration, check_labels, fail
from vedette.catalog.receiver import KINDS, Receiver
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.catalog.severity import Severity
    from vedette.duration import Duration

__all__ = ["TIMINGS", "Route", "Timing"]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long notifications of one severity are held.

    Args:
        wait: before the first one of a new group, to gather what belongs together.
        interval: before telling of changes in the group.
        repeat: before telling again of what has not changed.

    Raises:
        DeclarationError: a duration is not one, or ``interval`` or ``repeat`` is zero.
    """

    wait: Duration
    interval: Duration
    repeat: Duration
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        check_duration(self.place, "Timing", "wait", self.wait)
        check_duration(self.place, "Timing", "interval", self.interval, zero=False)
        check_duration(self.place, "Timing", "repeat", self.repeat, zero=False)


TIMINGS: dict[Severity, Timing] = {
    "critical": Timing("0s", "1m", "30m"),
    "high": Timing("1m", "5m", "4h"),
    "medium": Timing("5m", "15m", "12h"),
    "low": Timing("1h", "1h", "1d"),
}
"""The promise of each severity: at once, within 5 minutes, within 15, in an hourly digest."""


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts with these labels go to these receivers instead of the stack's own.

    Args:
        match: label → value, for example ``{"team": "database"}``; all must be equal.
        notify: the receivers; each takes its severities as in ``Stack(notify=…)``.
        also: send to the stack's own receivers (or the routes after this one) too.

    Raises:
        DeclarationError: nothing is matched, or nobody is told.

    Example:
        >>> Route({"team": "database"}, [Email("dba@example.com")]).match
        {'team': 'database'}
    """

    match: Mapping[str, str]
    notify: Sequence[Receiver]
    also: bool = field(default=False, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.match:
            raise fail(
                self.place, "Route matches nothing in particular; write for example Route({'team': 'database'}, [...])"
            )
        check_labels(self.place, "Route", self.match)
        object.__setattr__(self, "notify", tuple(self.notify))
        if not self.notify:
            raise fail(self.place, "Route tells nobody; write its receivers: Route({…}, [Email('dba@example.com')])")
        for receiver in self.notify:
            if not isinstance(receiver, Receiver):
                raise fail(self.place, f"Route has the receiver {receiver!r}; write {KINDS}")
