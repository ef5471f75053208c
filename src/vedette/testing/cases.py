"""What a test of an alert says: the series that are given, and what is expected of the alert when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from re import Pattern
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

from vedette.catalog.names import nearest
from vedette.duration import milliseconds
from vedette.errors import DeclarationError
from vedette.place import caller

if TYPE_CHECKING:
    from vedette.duration import Duration
    from vedette.place import Place

__all__ = ["AlertCase", "Expectation", "GivenSeries", "alert_case", "at", "series", "skeleton"]

Wanted = Mapping[str, "str | Pattern[str] | None"]
"""Name → the value, a pattern that is found in the value, or None where there must be none."""
State = Literal["fires", "pending", "silent", "resolved"]
_STATES: Final[tuple[State, ...]] = get_args(State)


class Named(Protocol):
    """A metric, an alert: whatever has a name."""

    @property
    def name(self) -> str:
        """As queries write it."""


@dataclass(frozen=True, slots=True)
class GivenSeries:
    """One series: `series` makes it."""

    series: str
    """As it is written: ``name{a="b"}``."""
    values: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Those given beside the text."""
    place: Place = field(default_factory=caller, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that is expected at a time: `at` makes it."""

    state: State
    when: int
    """Milliseconds from the first sample."""
    labels: Wanted = field(default_factory=dict)
    annotations: Wanted = field(default_factory=dict)
    count: int | None = None
    place: Place = field(default_factory=caller, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AlertCase:
    """One case: `alert_case` makes it. pytest and ``vedette test`` run every one that they find in a module."""

    alert: str
    why: str
    given: tuple[GivenSeries, ...]
    expected: tuple[Expectation, ...]
    interval: int
    """Milliseconds between the samples."""
    unfinished: bool = False
    """Whether it is a skeleton that somebody has yet to fill in."""
    place: Place = field(default_factory=caller, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.alert}: {self.why}"


def series(what: str | Named, values: str, /, **labels: str) -> GivenSeries:
    """A series for `alert_case`.

    The labels that a scrape adds (``job``, ``instance`` and those of the service) need not be written where one
    service alone has the metric.

    Args:
        what: the series as promtool writes it, ``name{a="b"}``, or the metric that is declared.
        values: samples as promtool writes them: ``0+10x60`` (61 of them, each 10 more), ``5x20``, ``_x4`` for gaps,
            ``stale`` where it ends.
        labels: labels, beside those of the text or instead of them.

    Example:
        >>> series('shop_orders_total{channel="web"}', "0+3x40").values
        '0+3x40'
        >>> series("shop_orders_total", "0+3x40", channel="web").labels
        {'channel': 'web'}
    """
    place = caller()
    name = what if isinstance(what, str) else getattr(what, "name", None)
    if not isinstance(name, str) or not name:
        raise DeclarationError(
            f"{place}: series({what!r}, …): write the name of a series, or a metric that is declared"
        )
    if not isinstance(values, str):
        raise DeclarationError(f"{place}: the values of {name} are {values!r}; write them as text, such as '0+10x60'")
    for label, value in labels.items():
        if not isinstance(value, str):
            raise DeclarationError(f"{place}: {name}: {label}={value!r} is no string; write {label}={str(value)!r}")
    return GivenSeries(name, values, labels, place)


def alert_case(
    alert: str | Named,
    why: str,
    given: Mapping[str, str] | GivenSeries | Iterable[GivenSeries],
    *expected: Expectation,
    interval: Duration = "15s",
) -> AlertCase:
    """A case of an alert, to be bound to a name or put into a list of a module that tests.

    Args:
        alert: the alert or its name.
        why: what is the case, in a few words.
        given: series → samples, or what `series` makes. All other series are absent.
        expected: what `at` makes, one for each time.
        interval: between the samples; the rules are evaluated as often as the environment says.

    Raises:
        DeclarationError: nothing is given or expected, or it cannot be read. Names that the stack does not know are
            found when the case runs.

    Example:
        >>> case = alert_case(
        ...     "NoOrders",
        ...     "nobody buys for an hour",
        ...     series('shop_orders_total{channel="web"}', "5x240"),
        ...     at("20m", "silent"),
        ...     at("59m", "fires", {"job": "shop"}),
        ... )
        >>> case.name
        'NoOrders: nobody buys for an hour'
    """
    return _case(alert, why, given, expected, interval, unfinished=False)


def skeleton(
    alert: str | Named,
    why: str,
    given: Mapping[str, str] | GivenSeries | Iterable[GivenSeries],
    *expected: Expectation,
    interval: Duration = "15s",
) -> AlertCase:
    """A case that ``vedette test --missing`` has written: it fails until it is filled in and made an `alert_case`."""
    return _case(alert, why, given, expected, interval, unfinished=True)


def _case(
    alert: str | Named,
    why: str,
    given: Mapping[str, str] | GivenSeries | Iterable[GivenSeries],
    expected: tuple[Expectation, ...],
    interval: Duration,
    *,
    unfinished: bool,
) -> AlertCase:
    place = caller()
    name = alert if isinstance(alert, str) else getattr(alert, "name", "")
    owner = f"{place}: the case of {name!r}"
    if not isinstance(why, str) or not why.strip():
        raise DeclarationError(f"{owner} has why={why!r}; say in a few words what is the case")
    if isinstance(given, Mapping):
        found = tuple(GivenSeries(text, values, {}, place) for text, values in given.items())
    else:
        found = (given,) if isinstance(given, GivenSeries) else tuple(given)
    for one in found:
        if not isinstance(one, GivenSeries) or not isinstance(one.values, str):
            raise DeclarationError(f"{owner} is given {one!r}; write series('name{{a=\"b\"}}', '0+10x60')")
    if not found:
        raise DeclarationError(f"{owner} is given no series; where a series is absent on purpose, write '_x60' for it")
    for expectation in expected:
        if not isinstance(expectation, Expectation):
            raise DeclarationError(f"{owner} expects {expectation!r}; write at('10m', 'fires') or the like")
    if not expected:
        raise DeclarationError(f"{owner} expects nothing; write at('10m', 'fires') or the like")
    every = _ms(interval, owner, "interval")
    if every == 0:
        raise DeclarationError(f"{owner} has interval='0s'; write for example '15s'")
    return AlertCase(name, why, found, expected, every, unfinished, place)


def at(
    when: Duration,
    state: State,
    labels: Wanted | None = None,
    *,
    annotations: Wanted | None = None,
    count: int | None = None,
) -> Expectation:
    """What is expected of the alert at a time. Only the labels and annotations that are named are compared.

    Args:
        when: how long after the first sample.
        state: ``"fires"``; ``"pending"``: its condition holds, but not yet for long enough; ``"silent"``: no alert
            like this fires; ``"resolved"``: silent, and it has fired before.
        labels: label → its value, a compiled pattern that is found in it, or None where the alert must not have it.
        annotations: likewise, of one that fires.
        count: how many alerts fire that are like this; at least one where it is None.
    """
    place = caller()
    owner = f"{place}: at({when!r}, {state!r})"
    if state not in _STATES:
        raise DeclarationError(
            f"{owner}: the state is one of {', '.join(map(repr, _STATES))}{nearest(str(state), _STATES)}"
        )
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise DeclarationError(f"{owner}: count={count!r}; write 1 or more, or expect 'silent'")
    if state != "fires" and (count is not None or annotations):
        raise DeclarationError(f"{owner}: count= and annotations= are for an alert that 'fires'")
    for given in (labels, annotations):
        for name, value in (given or {}).items():
            if value is not None and not isinstance(value, str | Pattern):
                raise DeclarationError(f"{owner}: {name!r} is {value!r}; write a text, a compiled pattern or None")
    return Expectation(state, _ms(when, owner, "the time"), dict(labels or {}), dict(annotations or {}), count, place)


def _ms(value: Duration, owner: str, what: str) -> int:
    try:
        return milliseconds(value)
    except (ValueError, TypeError) as problem:
        raise DeclarationError(f"{owner}: {what} is {problem}") from None
