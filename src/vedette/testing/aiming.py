"""Finds how much of a series brings what an alert compares to where only one of two rules fires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build.derive import comparison
from vedette.formats.rules import AlertingRule
from vedette.promql.labels import NAME, Labels
from vedette.promql.parser import parse
from vedette.promql.results import Vector
from vedette.testing.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.build.derive import Comparison
    from vedette.formats.rules import RuleGroup
    from vedette.testing.judge import Prepared
    from vedette.testing.mutants import Mutant

__all__ = ["aimed"]

_Given = dict[Labels, list["float | None"]]

_STEPS: Final = 24
_HIGHEST: Final = 64.0


def aimed(
    mutant: Mutant, prepared: Prepared, given: Mapping[Labels, Sequence[float | None]]
) -> Iterator[tuple[str, _Given]]:
    """The series, one of them scaled so that the value lies between the thresholds of alert and mutant, or on both."""
    right = _comparison(prepared.groups, mutant.alert)
    wrong = _comparison(mutant.groups, mutant.alert)
    if right == wrong or not right.op:
        return
    goal = (right.number + wrong.number) / 2
    low, high = sorted((right.number, wrong.number))
    for of, samples in given.items():
        factor = _bisect(prepared, right, given, of, goal)
        if factor is None:
            continue
        plain = _plain(samples, factor)
        scaled = {**{own: list(values) for own, values in given.items()}, of: _scaled(samples, plain)}
        value = _value(prepared, right, scaled)
        if value is not None and (low < value < high or value == low == high):
            yield f", {plain:g} times as much of {dict(of)[NAME]}", scaled


def _comparison(groups: Sequence[RuleGroup], alert: str) -> Comparison:
    rules = [rule for group in groups for rule in group.rules]
    rule = next(rule for rule in rules if isinstance(rule, AlertingRule) and rule.alert == alert)
    return comparison(parse(rule.expr))


def _plain(samples: Sequence[float | None], factor: float) -> float:
    """A factor near to it that makes the first sample above zero a number which people can read."""
    first = next((one for one in samples if one), None)
    return factor if first is None else float(f"{first * factor:.2g}") / first


def _scaled(samples: Sequence[float | None], factor: float) -> list[float | None]:
    return [None if one is None else float(f"{one * factor:.9g}") for one in samples]


def _bisect(
    prepared: Prepared, wanted: Comparison, given: Mapping[Labels, Sequence[float | None]], of: Labels, goal: float
) -> float | None:
    """The factor on one series that brings the value to the goal, None where none does."""

    def off(factor: float) -> float | None:
        value = _value(prepared, wanted, {**given, of: _scaled(given[of], factor)})
        return None if value is None else value - goal

    low, high = 0.0, _HIGHEST
    at_low, at_high = off(low), off(high)
    if at_low is None:
        low = 1 / _HIGHEST
        at_low = off(low)
    if at_low is None or at_high is None or at_low * at_high > 0:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        at_middle = off(middle)
        if at_middle is None:
            return None
        if at_middle * at_low > 0:
            low = middle
        else:
            high = middle
    return high


def _value(prepared: Prepared, wanted: Comparison, given: Mapping[Labels, Sequence[float | None]]) -> float | None:
    """What the alert compares, at the end of the series; None where it is not one number."""
    until = (max(map(len, given.values())) - 1) * prepared.case.interval
    trial = Trial(prepared.groups, given, step=prepared.case.interval, interval=prepared.bench.interval)
    trial.run(until)
    if trial.failures:
        return None
    result = trial.ask(wanted.expr, until)
    return float(result.values[0]) if isinstance(result, Vector) and len(result.values) == 1 else None
