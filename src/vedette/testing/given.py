"""The series of a case, checked against what the stack exposes, with the labels that a scrape adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.duration import format_duration
from vedette.errors import ConfigError
from vedette.formats.rules import AlertingRule
from vedette.formats.series import NotationError, read_labels, read_samples, write_labels
from vedette.promql.labels import NAME, Labels, labels
from vedette.testing.bench import reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.formats.rules import RuleGroup
    from vedette.promql.flow import Series
    from vedette.testing.bench import Bench
    from vedette.testing.cases import AlertCase, GivenSeries

__all__ = ["given_series"]


def given_series(case: AlertCase, bench: Bench, groups: Sequence[RuleGroup]) -> dict[Labels, list[float | None]]:
    """What is given, series by series; ``groups`` are the rules that the case is about.

    Raises:
        ConfigError: with the place in the test, what was found and the nearest right name.
    """
    found: dict[Labels, list[float | None]] = {}
    rules = [rule for group in groups for rule in group.rules]
    read = {name for rule in rules for name in reads(rule)}
    recorded = {rule.record: rule for rule in rules if not isinstance(rule, AlertingRule)}
    for one in case.given:
        written = _labels(one)
        name = written.get(NAME, "")
        series = bench.known.get(name)
        if series is None:
            raise _wrong(one, f"nothing in the stack exposes {name!r}{nearest(name, bench.known)}")
        if name in recorded:
            raise _wrong(
                one, f"{name} is recorded by a rule, in {recorded[name].place}; give what it is computed from: "
                f"{_listed(set(reads(recorded[name])))}",
            )  # fmt: skip
        _check(one, written, series)
        whole = labels(_scraped(one, written, series, bench))
        if whole in found:
            raise _wrong(one, f"{write_labels(whole)} is given twice; keep one")
        found[whole] = _samples(one)
    if None not in read and not read & {dict(of)[NAME] for of in found}:
        raise ConfigError(f"{case.place}: {case.alert} reads none of what is given; it reads {_listed(read)}")
    _check_times(case, found)
    return found


def _wrong(one: GivenSeries, message: str) -> ConfigError:
    return ConfigError(f"{one.place}: {message}")


def _listed(names: set[str | None] | set[str]) -> str:
    return ", ".join(sorted(_names(names)))


def _names(names: set[str | None] | set[str]) -> set[str]:
    return {name for name in names if name is not None}


def _labels(one: GivenSeries) -> dict[str, str]:
    try:
        return {**dict(read_labels(one.series)), **one.labels}
    except NotationError as error:
        raise _wrong(one, f"{one.series!r} is no series: {error.message}") from None


def _samples(one: GivenSeries) -> list[float | None]:
    try:
        return list(read_samples(one.values))
    except NotationError as error:
        raise _wrong(one, f"the values of {one.series}: {error.message}") from None


def _check(one: GivenSeries, written: dict[str, str], series: Series) -> None:
    """Labels that the metric does not have, and values that it does not declare."""
    name = series.name
    for label, value in written.items():
        if label == NAME:
            continue
        known = series.labels.get(label)
        if known.state == "never" and value:
            there = (series.labels.possible() or frozenset()) - {NAME}
            raise _wrong(one, f"{name} has no label {label!r}{nearest(label, there)}; it has {_listed(set(there))}")
        if known.values is not None and value and value not in known.values:
            raise _wrong(
                one, f"{name} never has {label}={value!r}{nearest(value, known.values)}; "
                f"it has {_listed(set(known.values))}",
            )  # fmt: skip


def _scraped(one: GivenSeries, written: dict[str, str], series: Series, bench: Bench) -> dict[str, str]:
    """The labels with those that the scrape of the only possible service adds."""
    jobs = sorted(series.labels.get("job").values or ())
    job = written.get("job") or (jobs[0] if len(jobs) == 1 else "")
    found = dict(written)
    if series.labels.get("job").state == "always":
        if not job:
            raise _wrong(one, f"{series.name} is exposed by several services; write job= with one of {', '.join(jobs)}")
        service = next((one for one in bench.plan.services if one.name == job), None)
        if service is not None:
            found = {**service.labels, "job": job, "instance": service.instances()[0], **written}
    missing = [
        label
        for label, known in series.labels.named.items()
        if known.state == "always" and label != NAME and label not in found  # one that is written empty is meant so
    ]
    if missing:
        values = series.labels.get(missing[0]).values
        which = f", one of {_listed(set(values))}" if values else ""
        raise _wrong(one, f"{series.name} always has the label {missing[0]!r}{which}; write it, too")
    return {label: value for label, value in found.items() if value}


def _check_times(case: AlertCase, found: dict[Labels, list[float | None]]) -> None:
    """A time at which nothing is simulated any more."""
    for expectation in case.expected:
        for of, samples in found.items():
            end = (len(samples) - 1) * case.interval
            if expectation.when > max(end, 0):
                last = format_duration(end) if samples else "before it begins"
                raise ConfigError(
                    f"{expectation.place}: at({format_duration(expectation.when)!r}, …) is outside of the "
                    f"time that is simulated: {write_labels(of)} ends at {last}; write more samples, "
                    f"or '_x{(expectation.when - max(end, 0)) // case.interval + 1}' behind them where it is gone"
                )
