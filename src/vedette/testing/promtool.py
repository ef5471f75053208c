"""Runs the files of ``promtool test rules`` on the embedded engine, with the verdicts of promtool."""

from __future__ import annotations

import math
from dataclasses import dataclass
from glob import glob
from typing import TYPE_CHECKING, Literal

from vedette.duration import format_duration
from vedette.errors import ConfigError, VedetteError
from vedette.formats import promtool as test_files
from vedette.formats import rules as rule_files
from vedette.formats import yaml
from vedette.formats.gotemplate import TemplateError
from vedette.formats.rules import AlertingRule
from vedette.formats.template_functions import rule_template
from vedette.promql.results import Matrix, Scalar, Vector
from vedette.testing.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from vedette.engine.rules import ActiveAlert
    from vedette.formats.promtool import AlertTest, ExprTest, TestFile, TestGroup
    from vedette.formats.rules import RuleGroup
    from vedette.place import Place
    from vedette.promql.labels import Labels

__all__ = ["AlertMismatch", "Error", "FileOutcome", "FiringAlert", "GroupOutcome", "SampleMismatch", "run", "run_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringAlert:
    """An alert that fires, or is expected to."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMismatch:
    """Other alerts fire than are expected."""

    test: AlertTest
    expected: tuple[FiringAlert, ...]
    got: tuple[FiringAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMismatch:
    """An expression gives something else than is expected."""

    test: ExprTest
    expected: tuple[tuple[Labels, float], ...]
    got: tuple[tuple[Labels, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """What could not be asked: a rule that fails, an expression without an answer."""

    message: str
    place: Place | None = None


Problem = AlertMismatch | SampleMismatch | Error


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutcome:
    """How one entry of ``tests`` went."""

    name: str
    problems: tuple[Problem, ...]
    group: TestGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """How a file went."""

    path: str
    groups: tuple[GroupOutcome, ...] = ()
    error: str = ""
    """Why none of it could be run."""
    warnings: tuple[str, ...] = ()
    """What makes a test say less than it seems to; promtool passes over it."""

    @property
    def verdict(self) -> Literal["passed", "failed"]:
        """What promtool says of the file."""
        return "failed" if self.error or any(group.problems for group in self.groups) else "passed"


def run_file(path: Path) -> FileOutcome:
    """Read a test file and the rules it names, and run its tests.

    Whatever is wrong with the files is an outcome, as it is for promtool.
    """
    warnings: list[str] = []
    try:
        file = test_files.read(yaml.read_text(path), str(path))
        groups = list(_rules(file, path.parent, warnings)) if file.tests else []
    except ConfigError as error:
        return FileOutcome(path=str(path), error=str(error), warnings=tuple(warnings))
    warnings += _unknown(file, groups)
    return FileOutcome(path=str(path), groups=tuple(run(file, groups)), warnings=tuple(warnings))


def _rules(file: TestFile, folder: Path, warnings: list[str]) -> Iterator[RuleGroup]:
    paths: dict[str, None] = {}
    for pattern in file.rule_files:
        found = sorted(glob(str(folder / pattern)))  # noqa: PTH207 - patterns may be absolute
        if not found:
            warnings.append(f"{file.path}: rule_files: no file matches {pattern!r}")
        paths.update(dict.fromkeys(found))
    for name in paths:
        for group in rule_files.read(yaml.read_text(name), name).groups:
            _check_templates(group)
            yield group


def _check_templates(group: RuleGroup) -> None:
    """Refuse what is no template, as Prometheus does when it loads the file."""
    for rule in group.rules:
        if not isinstance(rule, AlertingRule):
            continue
        for kind, texts in (("label", rule.labels), ("annotation", rule.annotations)):
            for key, text in texts.items():
                try:
                    rule_template(text, f"__alert_{rule.alert}")
                except TemplateError as error:
                    raise ConfigError(f"{rule.place}: {kind} {key!r} of alert {rule.alert!r}: {error}") from None


def _unknown(file: TestFile, groups: Sequence[RuleGroup]) -> Iterator[str]:
    """Names that stand for nothing, so that a test of them proves nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - as rarely as something is wrong

    alerts = {rule.alert for group in groups for rule in group.rules if isinstance(rule, AlertingRule)}
    names = {group.name for group in groups}
    asked = [("alert", test.alertname, test.place, alerts) for one in file.tests for test in one.alert_tests]
    asked += [("group", name, None, names) for name in file.group_eval_order] if file.tests else []
    for kind, name, place, known in asked:
        if name not in known:
            near = next(iter(get_close_matches(name, sorted(known), 1)), None)
            hint = f"; did you mean {near!r}?" if near else ""
            yield f"{place or file.path}: no rule file has the {kind} {name!r}{hint}"


def run(file: TestFile, groups: Sequence[RuleGroup]) -> Iterator[GroupOutcome]:
    """Run the tests of a file against these rules."""
    order = {name: at for at, name in enumerate(file.group_eval_order)}
    ordered = sorted(groups, key=lambda group: order.get(group.name, 0))
    for at, test in enumerate(file.tests, 1):
        problems = tuple(_problems(file, test, ordered))
        yield GroupOutcome(name=test.name or f"test {at}", problems=problems, group=test)


def _problems(file: TestFile, test: TestGroup, groups: Sequence[RuleGroup]) -> Iterator[Problem]:
    trial = Trial(
        groups,
        {one.labels: one.samples for one in test.input_series},
        step=test.interval,
        interval=file.evaluation_interval,
        start=test.start,
        external_labels=test.external_labels,
        external_url=test.external_url,
    )
    asked_at = [one.eval_time for one in test.alert_tests] + [one.eval_time for one in test.expr_tests]
    for asked in sorted(test.alert_tests, key=lambda one: one.eval_time):
        trial.run(asked.eval_time)
        if trial.failures:
            break
        yield from _compare_alerts(asked, trial.alerts())
    trial.run(max(asked_at, default=0))
    if trial.failures:
        first = trial.failures[0].time
        for failure in trial.failures:
            if failure.time == first:
                at = format_duration(failure.time - test.start)
                yield Error(message=f"rule {failure.rule} fails at {at}: {failure.message}", place=test.place)
        return
    for question in test.expr_tests:
        yield from _compare_samples(question, trial, fuzzy=file.fuzzy_compare)


def _compare_alerts(test: AlertTest, alerts: Sequence[ActiveAlert]) -> Iterator[Problem]:
    expected = [
        FiringAlert(labels={**one.labels, "alertname": test.alertname}, annotations=dict(one.annotations))
        for one in test.expected
    ]
    got = [
        FiringAlert(labels=dict(one.labels), annotations=dict(one.annotations))
        for one in alerts
        if one.state == "firing" and ("alertname", test.alertname) in one.labels
    ]
    left = list(got)
    for one in expected:
        if one not in left:
            break
        left.remove(one)
    else:
        if not left:
            return
    yield AlertMismatch(test=test, expected=tuple(expected), got=tuple(got))


def _compare_samples(test: ExprTest, trial: Trial, *, fuzzy: bool) -> Iterator[Problem]:
    try:
        result = trial.ask(test.expr, test.eval_time)
    except VedetteError as error:
        yield Error(message=f"{test.expr!r} at {format_duration(test.eval_time)}: {error}", place=test.place)
        return
    got: list[tuple[Labels, float]]
    if isinstance(result, Scalar):
        got = [((), result.value)]
    elif isinstance(result, Vector):
        got = list(zip(result.labels, result.values.tolist(), strict=True))
    else:
        kind = "a range of samples" if isinstance(result, Matrix) else "a string"
        yield Error(message=f"{test.expr!r} gives {kind}; ask for a vector or a number", place=test.place)
        return
    expected = sorted((one.labels, one.value) for one in test.expected)
    got.sort(key=lambda item: item[0])
    same = len(expected) == len(got) and all(
        one[0] == other[0] and _same(one[1], other[1], fuzzy=fuzzy) for one, other in zip(expected, got, strict=True)
    )
    if not same:
        yield SampleMismatch(test=test, expected=tuple(expected), got=tuple(got))


def _same(one: float, other: float, *, fuzzy: bool) -> bool:
    """Whether promtool calls them equal; NaN never is."""
    if one == other:
        return True
    return fuzzy and other in (math.nextafter(one, -math.inf), math.nextafter(one, math.inf))
