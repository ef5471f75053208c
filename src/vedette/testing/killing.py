"""Looks for a case that a mutant would fail: the cases that there are, changed until the two go apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from vedette.formats.rules import AlertingRule
from vedette.instruments.metrics import OVERFLOW
from vedette.promql.labels import NAME, Labels, labels
from vedette.testing.aiming import aimed
from vedette.testing.timeline import tracks
from vedette.testing.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.formats.rules import RuleGroup
    from vedette.testing.judge import Prepared
    from vedette.testing.mutants import Mutant
    from vedette.testing.timeline import State

__all__ = ["Killer", "Search"]

_FACTORS: Final = (0.0, 0.5, 0.75, 0.9, 1.1, 1.5, 2.0, 4.0)
_HOUR: Final = 3_600_000
_MOST: Final = 150
"""Changed cases that are tried for one mutant."""

_Given = dict[Labels, list["float | None"]]
_States = dict[tuple[int, Labels], "State"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Killer:
    """A case that the alert passes and the mutant does not."""

    given: Mapping[Labels, Sequence[float | None]]
    interval: int
    when: int
    """Milliseconds from the first sample."""
    state: State | None
    """What the alert is then; None where it is inactive."""
    labels: Mapping[str, str]
    """Of the alert that is there for one of them only."""
    based_on: str
    """The case that was changed, and how."""


class Search:
    """Remembers how the alerts go in the changed cases, which is the same for each of their mutants."""

    def __init__(self) -> None:
        self._tried: dict[int, list[_Try]] = {}

    def find(self, mutant: Mutant, cases: Sequence[Prepared]) -> Killer | None:
        """The first changed case in which alert and mutant differ, None where none was found."""
        for prepared in cases:
            for one in chain(_aimed(mutant, prepared), self._tries(prepared, _MOST // len(cases) + 1)):
                found = _difference(one, prepared, mutant.groups)
                if found is not None:
                    when, state, of = found
                    return Killer(
                        given=one.given, interval=prepared.case.interval, when=when, state=state, labels=dict(of),
                        based_on=f"{prepared.case.why!r}{one.how}",
                    )  # fmt: skip
        return None

    def _tries(self, prepared: Prepared, most: int) -> list[_Try]:
        found = self._tried.get(id(prepared))
        if found is None:
            found = [_try(prepared, how, given) for how, given in islice(_changed(prepared), most)]
            self._tried[id(prepared)] = found
        return found


@dataclass(frozen=True, slots=True)
class _Try:
    """One changed case, and how the alert goes in it."""

    how: str
    given: _Given
    until: int
    states: _States | None
    """None where a rule fails."""


def _try(prepared: Prepared, how: str, given: _Given) -> _Try:
    until = (max(map(len, given.values())) - 1) * prepared.case.interval
    return _Try(how, given, until, _states(prepared, prepared.groups, given, until))


def _aimed(mutant: Mutant, prepared: Prepared) -> Iterator[_Try]:
    """Cases in which the value comes to lie between two thresholds, or on the one that is compared with otherwise."""
    if mutant.operator in ("threshold", "comparator") and mutant.rule == mutant.alert:
        longer = {of: _longer(samples, prepared) for of, samples in prepared.given.items()}
        yield from (_try(prepared, how, given) for how, given in aimed(mutant, prepared, longer))


def _difference(one: _Try, prepared: Prepared, groups: Sequence[RuleGroup]) -> tuple[int, State | None, Labels] | None:
    """The first evaluation at which one of them fires and the other does not."""
    right, wrong = one.states, _states(prepared, groups, one.given, one.until)
    if right is None or wrong is None:
        return None
    for when, of in sorted(right.keys() | wrong.keys()):
        states = right.get((when, of)), wrong.get((when, of))
        if states[0] != states[1] and "firing" in states:
            return when, states[0], of
    return None


def _states(prepared: Prepared, groups: Sequence[RuleGroup], given: _Given, until: int) -> _States | None:
    """When which alert is in which state; None where a rule fails."""
    interval = prepared.bench.interval
    trial = Trial(groups, given, step=prepared.case.interval, interval=interval)
    trial.run(until)
    if trial.failures:
        return None
    alert = prepared.case.alert
    return {
        (at, one.labels): span.state
        for one in tracks(trial.head, 0, until, interval={alert: interval})
        if one.name == alert
        for span in one.spans
        for at in range(span.first, span.last + 1, interval)
    }


def _changed(prepared: Prepared) -> Iterator[tuple[str, _Given]]:
    """The series of a case as they are, longer, scaled, with another series beside."""
    plain = {of: list(samples) for of, samples in prepared.given.items()}
    yield "", plain
    longer = {of: _longer(samples, prepared) for of, samples in plain.items()}
    yield ", for longer", longer
    for of, samples in longer.items():
        for label, value in of:
            if label in (NAME, "job"):
                continue
            for other in _others(prepared, dict(of)[NAME], label, value):
                beside = labels({**dict(of), label: other})
                if beside not in longer:
                    rest = {own: found for own, found in longer.items() if own != of}
                    yield f", with {label}={other!r} instead", {**rest, beside: samples}
                    for factor in (1.0, 4.0, 0.25):
                        more = [None if one is None else one * factor for one in samples]
                        yield f", and the same with {label}={other!r}", {**longer, beside: more}
    for of, samples in longer.items():
        for factor in _FACTORS:
            scaled = [None if one is None else one * factor for one in samples]
            yield f", {factor:g} times as much of {dict(of)[NAME]}", {**longer, of: scaled}


def _others(prepared: Prepared, name: str, label: str, value: str) -> list[str]:
    """Other values that a label may have."""
    series = prepared.bench.known.get(name)
    values = series.labels.get(label).values if series is not None else None
    if values is None:
        return [f"other-{value}"]
    return sorted(values - {value}, key=lambda other: (other == OVERFLOW, other))[:8]


def _longer(samples: Sequence[float | None], prepared: Prepared) -> list[float | None]:
    """The samples, going on as at their end for as long as the alert may need."""
    rules = [rule for group in prepared.groups for rule in group.rules if isinstance(rule, AlertingRule)]
    wait = max((rule.for_ + rule.keep_firing_for for rule in rules), default=0)
    more = min(2 * wait + _HOUR // 4, 4 * _HOUR) // prepared.case.interval
    last = [one for one in samples[-2:] if one is not None]
    if not last:
        return [*samples, *[None] * more]
    by = last[-1] - last[0]
    return [*samples, *(last[-1] + by * (at + 1) for at in range(more))]
