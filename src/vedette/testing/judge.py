"""Runs cases of alerts: what was expected, what there was, and how the alert went over the whole time."""

from __future__ import annotations

from dataclasses import dataclass
from re import Pattern
from typing import TYPE_CHECKING, Literal

import numpy as np

from vedette.build.derive import comparison
from vedette.catalog.names import nearest
from vedette.duration import format_duration
from vedette.errors import ConfigError
from vedette.formats.rules import AlertingRule
from vedette.promql.parser import parse
from vedette.promql.results import Scalar, Vector
from vedette.testing.given import given_series
from vedette.testing.timeline import tracks
from vedette.testing.trial import Trial
from vedette.testing.wrong import check_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.engine.rules import ActiveAlert
    from vedette.formats.rules import RuleGroup
    from vedette.promql.labels import Labels
    from vedette.testing.bench import Bench
    from vedette.testing.cases import AlertCase, Expectation, Wanted
    from vedette.testing.timeline import Track

__all__ = ["CaseOutcome", "Firing", "Kind", "Miss", "Prepared", "judge", "prepare", "run_case"]

Kind = Literal["fires", "silent", "boundary", "resolves"]
State = Literal["inactive", "pending", "firing"]


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fired."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Miss:
    """One expectation that did not come true, or what kept the case from being judged."""

    message: str
    expectation: Expectation | None = None
    firing: tuple[Firing, ...] = ()
    """What fired then."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A case with the rules and the series it needs."""

    case: AlertCase
    bench: Bench
    groups: tuple[RuleGroup, ...]
    given: Mapping[Labels, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """How a case went."""

    case: AlertCase
    misses: tuple[Miss, ...]
    interval: int = 0
    """Milliseconds between evaluations."""
    states: tuple[State, ...] = ()
    """The gravest state of the alert at each evaluation."""
    values: tuple[float, ...] = ()
    """What the alert compares with its threshold, at each evaluation: of the series that comes nearest to firing."""
    threshold: float | None = None
    kinds: frozenset[Kind] = frozenset()
    """What the case shows of the alert, where it passes."""

    @property
    def passed(self) -> bool:
        """Whether everything came true."""
        return not self.misses


def prepare(case: AlertCase, bench: Bench) -> Prepared:
    """Check a case against the stack.

    Raises:
        ConfigError: it names an alert, a series or a label that the stack does not have, or a time at which nothing
            is simulated; with the nearest right name.
    """
    alerts = bench.alerts()
    if case.alert not in alerts:
        raise ConfigError(f"{case.place}: the stack has no alert {case.alert!r}{nearest(case.alert, alerts)}")
    groups = bench.needed(case.alert)
    rules = [rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)]
    own = [rule for rule in rules if rule.alert == case.alert]
    for expectation in case.expected:
        plain = {name: value for name, value in expectation.labels.items() if isinstance(value, str)}
        try:
            check_labels(plain, own, bench.plan, plain.get("instance", ""))
        except (TypeError, ValueError) as problem:
            raise ConfigError(f"{expectation.place}: {problem}") from None
        _check_annotations(expectation, own)
    return Prepared(case, bench, groups, given_series(case, bench, groups))


def _check_annotations(expectation: Expectation, rules: Sequence[AlertingRule]) -> None:
    known = {name for rule in rules for name in rule.annotations}
    for name in expectation.annotations:
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            raise ConfigError(
                f"{expectation.place}: the alert {rules[0].alert!r} has no annotation {name!r}{nearest(name, known)}; "
                f"it has {has}"
            )


def run_case(case: AlertCase, bench: Bench) -> CaseOutcome:
    """Check and judge a case."""
    if case.unfinished:
        return CaseOutcome(case, (Miss("this is a skeleton: fill in the samples and the times, and write alert_case"),))
    try:
        prepared = prepare(case, bench)
    except ConfigError as error:
        return CaseOutcome(case, (Miss(str(error)),))
    trial, misses = judge(prepared, prepared.groups)
    until = max(one.when for one in case.expected)
    states = _states(trial, case.alert, until, bench.interval)
    rule = _rule(prepared.groups, case.alert)
    values, threshold = _measured(trial, rule, until, bench.interval)
    kinds = frozenset() if misses else frozenset(_kinds(prepared, trial, states, rule))
    return CaseOutcome(case, tuple(misses), bench.interval, states, values, threshold, kinds)


def judge(prepared: Prepared, groups: Sequence[RuleGroup], *, until: int | None = None) -> tuple[Trial, list[Miss]]:
    """Run the rules over the series of a case and compare; ``groups`` may be other rules than its own.

    Of what is expected after ``until`` (milliseconds from the first sample) nothing is asked.
    """
    case, bench = prepared.case, prepared.bench
    environment = bench.environment
    trial = Trial(
        groups,
        prepared.given,
        step=case.interval,
        interval=bench.interval,
        external_labels={"environment": environment.name, **environment.external_labels},
        external_url=environment.external_url,
    )
    misses: list[Miss] = []
    for expectation in sorted(case.expected, key=lambda one: one.when):
        if until is not None and expectation.when > until:
            break
        trial.run(expectation.when)
        if trial.failures:
            first = trial.failures[0]
            misses.append(
                Miss(f"rule {first.rule} fails at {format_duration(first.time)}: {first.message}", expectation)
            )
            break
        miss = _compare(case, expectation, trial, bench.interval)
        if miss is not None:
            misses.append(miss)
    return trial, misses


def _compare(case: AlertCase, expectation: Expectation, trial: Trial, interval: int) -> Miss | None:
    alerts = [one for one in trial.alerts() if ("alertname", case.alert) in one.labels]
    firing = [one for one in alerts if one.state == "firing"]
    alike = [
        one
        for one in firing
        if _like(dict(one.labels), expectation.labels) and _like(one.annotations, expectation.annotations)
    ]
    when = format_duration(expectation.when)
    count = expectation.count
    problem = ""
    match expectation.state:
        case "fires":
            if count is None and not alike:
                problem = f"expected to fire at {when}, " + _instead(alerts, firing)
            elif count is not None and len(alike) != count:
                problem = f"expected {count} to fire at {when}, got {len(alike)}"
        case "pending":
            if alike:
                problem = f"expected to be pending at {when}, but it fires already"
            elif not any(one.state == "pending" and _like(dict(one.labels), expectation.labels) for one in alerts):
                problem = f"expected to be pending at {when}, but its condition does not hold"
        case "silent" | "resolved" if alike:
            problem = (
                f"expected {'silence' if expectation.state == 'silent' else 'it to be over'} at {when}, but it fires"
            )
        case "resolved" if not _fired_before(trial, case.alert, expectation, interval):
            problem = f"expected to be resolved at {when}, but it never fired before"
        case _:
            pass
    if not problem:
        return None
    return Miss(problem, expectation, tuple(Firing(dict(one.labels), dict(one.annotations)) for one in firing))


def _instead(alerts: Sequence[ActiveAlert], firing: Sequence[ActiveAlert]) -> str:
    if firing:
        return "but what fires is not like it"
    return "but it is only pending" if alerts else "but its condition does not hold"


def _like(given: Mapping[str, str], wanted: Wanted) -> bool:
    return all(matches(given.get(name), value) for name, value in wanted.items())


def matches(found: str | None, wanted: str | Pattern[str] | None) -> bool:
    """Whether a label or annotation is as it is wanted."""
    if isinstance(wanted, Pattern):
        return found is not None and wanted.search(found) is not None
    return found == wanted


def _fired_before(trial: Trial, alert: str, expectation: Expectation, interval: int) -> bool:
    until = expectation.when // interval * interval - 1
    return any(
        one.firing() and _like(dict(one.labels), expectation.labels) for one in _tracks(trial, alert, until, interval)
    )


def _tracks(trial: Trial, alert: str, until: int, interval: int) -> list[Track]:
    return [one for one in tracks(trial.head, 0, until, interval={alert: interval}) if one.name == alert]


def _states(trial: Trial, alert: str, until: int, interval: int) -> tuple[State, ...]:
    states: list[State] = ["inactive"] * (until // interval + 1)
    spans = [span for one in _tracks(trial, alert, until, interval) for span in one.spans]
    for span in sorted(spans, key=lambda one: one.state, reverse=True):  # firing is graver, so it comes last
        for at in range(span.first // interval, span.last // interval + 1):
            states[at] = span.state
    return tuple(states)


def _rule(groups: Sequence[RuleGroup], alert: str) -> AlertingRule:
    return next(
        rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule) and rule.alert == alert
    )


def _measured(trial: Trial, rule: AlertingRule, until: int, interval: int) -> tuple[tuple[float, ...], float | None]:
    """What is compared with the threshold over time, and the threshold; of several series the one nearest to firing."""
    found = comparison(parse(rule.expr))
    matrix = trial.ask_range(found.expr, until)
    if matrix is None or not len(matrix.labels):
        return (float("nan"),) * (until // interval + 1), found.number if found.op else None
    values = np.where(matrix.present, matrix.values, np.nan)
    sharpest = np.fmin if found.op in ("<", "<=") else np.fmax
    return tuple(sharpest.reduce(values, axis=0).tolist()), found.number if found.op else None


def _kinds(prepared: Prepared, trial: Trial, states: Sequence[State], rule: AlertingRule) -> set[Kind]:
    case, interval = prepared.case, prepared.bench.interval
    kinds: set[Kind] = set()
    if any(one.state == "fires" for one in case.expected):
        kinds.add("fires")
    if "firing" not in states:
        kinds.add("silent")
    first = states.index("firing") if "firing" in states else len(states)
    if any(one.state in ("silent", "resolved") and one.when // interval > first for one in case.expected):
        kinds.add("resolves")
    if any(_on_the_line(trial, rule, one.when // interval * interval) for one in case.expected):
        kinds.add("boundary")
    return kinds


def _on_the_line(trial: Trial, rule: AlertingRule, at: int) -> bool:
    """Whether what is compared is exactly the threshold then; but for what floats round away."""
    found = comparison(parse(rule.expr))
    if not found.op:
        return False
    result = trial.ask(found.expr, at)
    if isinstance(result, Scalar):
        values = [result.value]
    else:
        values = result.values.tolist() if isinstance(result, Vector) else []
    return any(abs(value - found.number) <= 1e-9 * abs(found.number) for value in values)
