"""The calls that update an instrument, with the values of its labels."""

from __future__ import annotations

import functools
from types import FunctionType
from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics.twin.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.instruments.metrics.twin.family import Family

__all__ = ["Instrument", "accelerate"]


class Instrument:
    """What the metrics have in common: the family of their series."""

    family: Family


def accelerate(kind: type, names: tuple[str, ...]) -> None:
    """Put what is here in the place of these methods of an instrument's class, which only say what it does."""
    for name in names:
        does = _FUNCTIONS.get(f"{kind.__name__}.{name}") or _FUNCTIONS[name]
        # Each class gets its own, which says what that class says of it.
        own = FunctionType(does.__code__, does.__globals__, name, does.__defaults__, does.__closure__)
        own.__kwdefaults__ = does.__kwdefaults__
        setattr(kind, name, functools.update_wrapper(own, getattr(kind, name)))


def _remember(self: Any, name: str) -> None:
    """Let the method of the only series stand for that of the metric: an update is one call then."""
    self.__dict__[name] = getattr(self.family.handle(()), name)


def _split(self: Any, values: tuple[Any, ...], amount: Any) -> tuple[tuple[Any, ...], Any]:
    """Label values and amount of an update of a metric without labels: ``inc(5)``."""
    if len(values) > 1:
        self.family.order(values, {})
    return (), values[0] if values else amount


def _count(
    self: Any, /, *values: Any, amount: float = 1, exemplar: Mapping[str, str] | None = None, **labels: Any
) -> None:
    family = self.family
    if labels:
        values = family.order(values, labels)
    elif not family.labelled:
        values, amount = _split(self, values, amount)
        _remember(self, "inc")
    (family.cells.get(values) or family.handle(values)).inc(amount, exemplar=exemplar)


def _inc(self: Any, /, *values: Any, amount: float = 1, **labels: Any) -> None:
    family = self.family
    if labels:
        values = family.order(values, labels)
    elif not family.labelled:
        values, amount = _split(self, values, amount)
        _remember(self, "inc")
    (family.cells.get(values) or family.handle(values)).inc(amount)


def _dec(self: Any, /, *values: Any, amount: float = 1, **labels: Any) -> None:
    family = self.family
    if labels:
        values = family.order(values, labels)
    elif not family.labelled:
        values, amount = _split(self, values, amount)
        _remember(self, "dec")
    (family.cells.get(values) or family.handle(values)).inc(-amount)


def _set(self: Any, value: float, /, *values: Any, **labels: Any) -> None:
    family = self.family
    if labels:
        values = family.order(values, labels)
    (family.cells.get(values) or family.handle(values)).set(value)
    if not family.labelled:
        _remember(self, "set")


def _observe(
    self: Any, value: float, /, *values: Any, exemplar: Mapping[str, str] | None = None, **labels: Any
) -> None:
    family = self.family
    if labels:
        values = family.order(values, labels)
    handle = family.cells.get(values) or family.handle(values)
    if exemplar is None:
        handle.observe(value)
    else:
        handle.observe(value, exemplar=exemplar)
    if not family.labelled:
        _remember(self, "observe")


def _labels(self: Any, /, *values: Any, **labels: Any) -> Any:
    family = self.family
    if labels:
        values = family.order(values, labels)
    found = family.cells.get(values)
    return found if found is not None and found.alive else family.handle(family.order(values, {}))


def _time(self: Any, /, *values: Any, **labels: Any) -> Scope:
    return Scope(latency=self.family.later(self.family.order(values, labels)))


def _track(self: Any, /, *values: Any, **labels: Any) -> Scope:
    return Scope(active=self.family.later(self.family.order(values, labels)))


_FUNCTIONS: dict[str, Any] = {
    "Counter.inc": _count,
    "inc": _inc,
    "dec": _dec,
    "set": _set,
    "observe": _observe,
    "labels": _labels,
    "time": _time,
    "track": _track,
}
