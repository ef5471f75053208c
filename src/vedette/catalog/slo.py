"""A service level objective: which events count, which of them are good, and how many must be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import check_duration, check_text, fail, find_twice, is_label_name
from vedette.catalog.runbook import Runbook
from vedette.duration import format_duration
from vedette.instruments.metrics.metric import Metric
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.duration import Duration

__all__ = ["SHORTEST_WINDOW", "Events", "Freshness", "Indicator", "Latency", "Slo", "plain"]

SHORTEST_WINDOW: Final = 3 * 86_400_000
"""Milliseconds. Of a shorter window an hour is so large a part that there is no time left to tell anybody."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_OWN_LABELS = ("job", "slo")


def plain(number: Decimal) -> str:
    """A number as people write it: ``0.999``, ``14.4``, ``30``."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Events:
    """So many of all events are good: requests that do not fail, orders that are shipped.

    Args:
        total: all events: a counter, or PromQL that selects the series of counters.
        errors: those that are not good, likewise. ``'{code=~"5.."}'`` alone: those of ``total`` with these labels.
        good: those that are, where that is what is counted. Give one of both.

    Events are counted exactly, so the texts are selectors: ``sum(…)``, ``rate(…)`` and ``increase(…)`` around them
    are taken off.

    Raises:
        DeclarationError: a part is missing, or is neither a text nor a metric with one series to count.

    Example:
        >>> Events("shop_jobs_total", errors='{result="failed"}').errors
        '{result="failed"}'
    """

    total: str | Metric
    errors: str | Metric = field(default="", kw_only=True)
    good: str | Metric = field(default="", kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        for key in ("total", "errors", "good"):
            object.__setattr__(self, key, _series(self.place, "Events(…)", key, getattr(self, key), ("counter",)))
        check_text(self.place, "Events(…)", "total", self.total)
        if bool(self.errors) == bool(self.good):
            both = "both errors= and good=" if self.errors else "neither errors= nor good="
            raise fail(self.place, f"Events(…) has {both}; write one of them")


@dataclass(frozen=True, slots=True)
class Latency:
    """So many of all observations are below a bound: requests that are fast enough.

    Args:
        histogram: the metric, or its name without ``_bucket``.
        below: the bound: a duration, or a number in the unit of the histogram. It must be a bound of its buckets.
        where: which of its series: ``'{http_route!="/export"}'``.
        native: count by the native histogram of that name. Any bound will do, and Prometheus estimates within a
            bucket; it needs ``--enable-feature=native-histograms`` before Prometheus 3.8.

    Raises:
        DeclarationError: the metric is no histogram, or the bound no duration or number above zero.

    Example:
        >>> Latency("http_server_request_duration_seconds", below="250ms").bound
        Decimal('0.25')
    """

    histogram: str | Metric
    below: Duration | float = field(kw_only=True)
    where: str = field(default="", kw_only=True)
    native: bool = field(default=False, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = "Latency(…)"
        object.__setattr__(self, "histogram", _series(self.place, owner, "histogram", self.histogram, ("histogram",)))
        check_text(self.place, owner, "histogram", self.histogram)
        if isinstance(self.below, bool) or (isinstance(self.below, int | float) and not 0 < self.below < float("inf")):
            raise fail(self.place, f"{owner} has below={self.below!r}; write a bound above zero: below='250ms'")
        if not isinstance(self.below, int | float):
            check_duration(self.place, owner, "below", self.below, zero=False)

    @property
    def bound(self) -> Decimal:
        """The bound in the unit of the histogram; seconds where it was a duration."""
        if isinstance(self.below, int | float):
            return Decimal(str(self.below))
        return Decimal(check_duration(self.place, "Latency(…)", "below", self.below)) / 1000


@dataclass(frozen=True, slots=True)
class Freshness:
    """So much of the time something is recent enough: a backup, a synchronisation.

    Every evaluation of the rules is an event, and a good one while the newest timestamp is no older than the limit.

    Args:
        timestamp: a gauge with the time of the last success, in seconds since the epoch: the metric, or PromQL that
            selects its series.
        within: how old it may be.

    Raises:
        DeclarationError: it is not a gauge, or the limit no duration above zero.

    Example:
        >>> Freshness("backup_last_success_timestamp_seconds", within="26h").limit
        93600000
    """

    timestamp: str | Metric
    within: Duration = field(kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = "Freshness(…)"
        object.__setattr__(self, "timestamp", _series(self.place, owner, "timestamp", self.timestamp, ("gauge",)))
        check_text(self.place, owner, "timestamp", self.timestamp)
        check_duration(self.place, owner, "within", self.within, zero=False)

    @property
    def limit(self) -> int:
        """The limit in milliseconds."""
        return check_duration(self.place, "Freshness(…)", "within", self.within)


Indicator = Events | Latency | Freshness
"""What is measured."""


@dataclass(frozen=True, slots=True)
class Slo:
    """An objective: how many percent of the events of a window must be good. What may fail is the error budget.

    Build makes of it recording rules that count events, up to four alerts on how fast the budget is used up, one
    for an objective that is not measured, panels and runbooks.

    Args:
        name: lower case with hyphens, for example ``checkout``; with the name of the pack it is the objective's id,
            ``shop/checkout``, which stays when anything else about it changes.
        indicator: `Events`, `Latency` or `Freshness`.
        objective: percent: ``99.9``.
        window: over which it is judged, sliding; at least three days.
        by: labels beside ``job`` that have a budget each: ``["http_route"]``.
        min_errors: errors in the longer window of an alert below which nobody is paged (``critical``, ``high``); the
            alerts that page nobody want two.
        title: what people read; the name of pack and objective where it is empty.
        description: what the objective means to a user, in a sentence.
        runbook: as of an `Alert`; without one it is derived.
        team: who gets its alerts, where that is not the service's own team.

    Raises:
        DeclarationError: anything above is missing or not of that form.

    Example:
        >>> slo = Slo("shipping", Events("shop_jobs_total", errors='{result="failed"}'), objective=99.9)
        >>> slo.ratio, slo.budget
        (Decimal('0.999'), Decimal('0.001'))
    """

    name: str
    indicator: Indicator
    objective: float | str = field(kw_only=True)
    window: Duration = field(default="30d", kw_only=True)
    by: Sequence[str] = field(default=(), kw_only=True)
    min_errors: int = field(default=5, kw_only=True)
    title: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True)
    runbook: Runbook | str | None = field(default=None, kw_only=True)
    team: str = field(default="", kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        place, owner = self.place, f"objective {self.name!r}"
        if not isinstance(self.name, str) or _NAME.fullmatch(self.name) is None:
            raise fail(place, f"{owner} needs a name of lower-case letters, digits and hyphens, for example 'checkout'")
        if not isinstance(self.indicator, Events | Latency | Freshness):
            raise fail(place, f"{owner} measures {self.indicator!r}; write Events(…), Latency(…) or Freshness(…)")
        self._check_objective(owner)
        window = check_duration(place, owner, "window", self.window)
        if window < SHORTEST_WINDOW:
            raise fail(
                place,
                f"{owner} has window={self.window!r}; it is at least {format_duration(SHORTEST_WINDOW)}, usually '30d'",
            )
        if isinstance(self.by, str) or not isinstance(self.by, Sequence):
            raise fail(place, f"{owner} has by={self.by!r}; write a list: by=['http_route']")
        object.__setattr__(self, "by", tuple(self.by))
        for label in self.by:
            if not isinstance(label, str) or not is_label_name(label) or label in _OWN_LABELS:
                raise fail(place, f"{owner} has {label!r} in by; write labels of its metric, without 'job'")
        if twice := find_twice(self.by):
            raise fail(place, f"{owner} has {twice!r} twice in by; remove one")
        if isinstance(self.min_errors, bool) or not isinstance(self.min_errors, int) or self.min_errors < 1:
            raise fail(place, f"{owner} has min_errors={self.min_errors!r}; write a whole number from 1 on")
        if self.runbook is not None and not isinstance(self.runbook, Runbook | str):
            raise fail(place, f"{owner} has runbook={self.runbook!r}; write a Runbook or the path of a Markdown file")

    def _check_objective(self, owner: str) -> None:
        given = self.objective
        try:
            percent = None if isinstance(given, bool) else Decimal(str(given))
        except InvalidOperation:
            percent = None
        if percent is None or not percent.is_finite() or not 0 < percent < 100:
            raise fail(
                self.place, f"{owner} has objective={given!r}; write percent between 0 and 100, for example 99.9"
            )
        if percent < 1:
            raise fail(
                self.place,
                f"{owner} has objective={given!r}, which is less than one percent; objectives are in percent: "
                f"write {plain(percent * 100)} for {plain(percent * 100)} %",
            )

    @property
    def percent(self) -> Decimal:
        """The objective in percent, exactly as it was written."""
        return Decimal(str(self.objective))

    @property
    def ratio(self) -> Decimal:
        """The objective as a share."""
        return self.percent / 100

    @property
    def budget(self) -> Decimal:
        """The share of the events that may be errors."""
        return 1 - self.ratio

    @property
    def window_ms(self) -> int:
        """The window in milliseconds."""
        return check_duration(self.place, f"objective {self.name!r}", "window", self.window)


def _series(place: Place, owner: str, key: str, given: object, kinds: tuple[str, ...]) -> str:
    """The name of a metric, or the text as it was given.

    Raises:
        DeclarationError: the metric is of another kind, or it is neither.
    """
    if isinstance(given, str):
        return given
    if not isinstance(given, Metric):
        raise fail(place, f"{owner} has {key}={given!r}; write a metric, or PromQL that selects its series")
    if given.type not in kinds:
        raise fail(place, f"{owner} has {key}={given.name}, which is a {given.type}; it takes a {' or '.join(kinds)}")
    return given.name
