"""Proposed changes to alerts: ``HttpErrorRateHigh.threshold=0.02``, ``.for=10m``, and sweeps over many values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.duration import format_duration, milliseconds
from vedette.errors import ConfigError
from vedette.formats.rules import AlertingRule
from vedette.promql.ast import Binary, Expr, Number, Paren, Unary
from vedette.promql.parser import COMPARISONS
from vedette.promql.printer import format as show
from vedette.testing.backtest.needs import closure, tree
from vedette.testing.backtest.run import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KEYS", "Change", "Sweep", "changed", "current", "parse_change", "parse_sweep", "swept", "threshold"]

KEYS: Final = ("threshold", "for", "keep_firing_for")
"""What can be changed."""

_CHANGE = re.compile(r"(?P<alert>[^.=\s]+)\.(?P<key>[a-z_]+)=(?P<value>.+)")
_SWEEP = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+?)(?::(?P<count>\d+))?")
_STEPS: Final = 10
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One key of one alert, and its new value: a number, or milliseconds of a duration."""

    alert: str
    key: str
    value: float

    @property
    def shown(self) -> str:
        """The value as people write it."""
        return f"{self.value:g}" if self.key == "threshold" else format_duration(int(self.value))

    def __str__(self) -> str:
        return f"{self.alert}.{self.key}={self.shown}"


@dataclass(frozen=True, slots=True)
class Sweep:
    """One key of one alert, and all the values to try."""

    alert: str
    key: str
    values: tuple[float, ...]


def parse_change(text: str) -> Change:
    """Read ``ALERT.key=value``.

    Raises:
        ConfigError: it is none; the message says what would be.
    """
    found = _CHANGE.fullmatch(text.strip())
    if found is None or found["key"] not in KEYS:
        raise ConfigError(
            f"--change {text!r} is no change; write for example HttpErrorRateHigh.threshold=0.02, or one of "
            f"{', '.join(KEYS)} in the place of 'threshold'"
        )
    return Change(found["alert"], found["key"], _value(found["key"], found["value"], f"--change {text!r}"))


def parse_sweep(text: str) -> Sweep:
    """Read ``ALERT.key=low..high`` or ``ALERT.key=low..high:count``; 10 values where there is no count.

    Raises:
        ConfigError: it is none; the message says what would be.
    """
    found = _CHANGE.fullmatch(text.strip())
    span = found and _SWEEP.fullmatch(found["value"])
    if found is None or span is None or found["key"] not in KEYS:
        raise ConfigError(
            f"--sweep {text!r} is no sweep; write for example HttpErrorRateHigh.threshold=0.01..0.1:10, or one of "
            f"{', '.join(KEYS)} in the place of 'threshold'"
        )
    where = f"--sweep {text!r}"
    low, high = (_value(found["key"], span[side], where) for side in ("low", "high"))
    count = int(span["count"] or _STEPS)
    if not (low < high and 2 <= count <= _MOST):
        raise ConfigError(f"{where}: the first value is below the last one, and there are 2 to {_MOST} of them")
    values = [low + (high - low) * at / (count - 1) for at in range(count)]
    if found["key"] != "threshold":
        values = [float(round(value / 1000) * 1000) for value in values]
    return Sweep(found["alert"], found["key"], tuple(dict.fromkeys(float(f"{value:.6g}") for value in values)))


def _value(key: str, text: str, where: str) -> float:
    try:
        return float(text) if key == "threshold" else float(milliseconds(text.strip()))
    except ValueError:
        wanted = "a number" if key == "threshold" else "a duration such as 10m"
        raise ConfigError(f"{where}: {text!r} is not {wanted}") from None


def changed(candidate: Candidate, changes: Sequence[Change], name: str = "") -> Candidate:
    """The rules with these changes.

    Raises:
        ConfigError: there is no such alert, or it has no threshold.
    """
    groups = candidate.groups
    for change in changes:
        known = {rule.alert for group in groups for rule in group.rules if isinstance(rule, AlertingRule)}
        if change.alert not in known:
            raise ConfigError(f"{change}: there is no alert {change.alert!r}{nearest(change.alert, known)}")
        groups = tuple(
            replace(
                group,
                rules=tuple(
                    _apply(rule, change) if isinstance(rule, AlertingRule) and rule.alert == change.alert else rule
                    for rule in group.rules
                ),
            )
            for group in groups
        )
    return Candidate(name or ", ".join(map(str, changes)), groups, candidate.recorded)


def swept(candidate: Candidate, sweep: Sweep) -> list[tuple[float, Candidate]]:
    """The alert with each of the values, and only what it rests on.

    Raises:
        ConfigError: as ``changed``.
    """
    found = []
    for value in sweep.values:
        change = Change(sweep.alert, sweep.key, value)
        whole = changed(candidate, [change], change.shown)
        found.append((value, replace(whole, groups=tuple(closure(whole.groups, {sweep.alert})))))
    return found


def current(candidate: Candidate, sweep: Sweep) -> float | None:
    """What the key of a sweep is now; None where the alert has no threshold."""
    for group in candidate.groups:
        for rule in group.rules:
            if isinstance(rule, AlertingRule) and rule.alert == sweep.alert:
                if sweep.key == "for":
                    return rule.for_
                if sweep.key == "keep_firing_for":
                    return rule.keep_firing_for
                expr = tree(rule)
                return None if expr is None else threshold(expr)
    return None


def _apply(rule: AlertingRule, change: Change) -> AlertingRule:
    if change.key == "for":
        return replace(rule, for_=int(change.value))
    if change.key == "keep_firing_for":
        return replace(rule, keep_firing_for=int(change.value))
    expr = tree(rule)
    made = None if expr is None else _with_threshold(expr, change.value)
    if made is None:
        raise ConfigError(f"{change}: the alert compares nothing with a number: {rule.expr}; change its file instead")
    return replace(rule, expr=show(made), tree=made)


def threshold(expr: Expr) -> float | None:
    """The number that an alert compares with, the first on the way down the left side; None where there is none."""
    match expr:
        case Paren():
            return threshold(expr.expr)
        case Binary(op="and" | "unless" | "or"):
            return threshold(expr.lhs)
        case Binary() if expr.op in COMPARISONS:
            found = _number(expr.rhs)
            return _number(expr.lhs) if found is None else found
        case _:
            return None


def _with_threshold(expr: Expr, value: float) -> Expr | None:
    match expr:
        case Paren():
            inner = _with_threshold(expr.expr, value)
            return None if inner is None else replace(expr, expr=inner)
        case Binary(op="and" | "unless" | "or"):
            inner = _with_threshold(expr.lhs, value)
            return None if inner is None else replace(expr, lhs=inner)
        case Binary() if expr.op in COMPARISONS and _number(expr.rhs) is not None:
            return replace(expr, rhs=Number(value))
        case Binary() if expr.op in COMPARISONS and _number(expr.lhs) is not None:
            return replace(expr, lhs=Number(value))
        case _:
            return None


def _number(expr: Expr) -> float | None:
    match expr:
        case Number():
            return expr.value
        case Unary(op="-", expr=Number(value=value)):
            return -value
        case Paren():
            return _number(expr.expr)
        case _:
            return None
