"""What a real service tells beside the few series of a case, and what its rules record from it.

The case says what its alert reads; of everything else there is what the preview of dashboards shows, in the middle of
its incident, about the same thing that the alert is about.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from tests.packs.given import stack_of

from vedette import packs
from vedette.formats.rules import RecordingRule, RuleGroup
from vedette.promql.ast import VectorSelector
from vedette.promql.labels import NAME, labels
from vedette.promql.parser import parse
from vedette.promql.walk import walk
from vedette.testing.bench import bench, reads
from vedette.testing.judge import prepare
from vedette.testing.preview.labels import told
from vedette.testing.preview.movement import MINUTE, Movement
from vedette.testing.preview.series import Series
from vedette.testing.preview.words import APART
from vedette.testing.preview.world import _SCRAPED
from vedette.testing.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from vedette.instruments.metrics.description import Description
    from vedette.promql.ast import Expr
    from vedette.promql.labels import Labels, Matcher
    from vedette.testing.bench import Bench
    from vedette.testing.cases import AlertCase

__all__ = ["trial_of"]

_STEP = 30_000
_BEFORE = 60 * MINUTE
_DURING = 25 * MINUTE
"""So long before the moment of a preview its incident is at its height."""
_PARTING = {*APART, "error_type", "reason"}
"""Labels whose values part one thing: those of the alert say nothing of other metrics."""

Matchers = tuple["Matcher", ...]


@dataclass(frozen=True)
class Everything:
    """All that the packs declare, by name."""

    metrics: Mapping[str, Description]
    recordings: Mapping[str, RecordingRule]


@cache
def everything() -> Everything:
    """Of every pack, with its usual parameters."""
    every = [getattr(packs, name)() for name in packs.__all__]
    declared = [*(metric.description for pack in every for metric in pack.metrics), *_SCRAPED]
    built = bench(stack_of(*every)).groups.values()
    rules = [rule for groups in built for group in groups for rule in group.rules]
    return Everything(
        {name: metric for metric in declared for name in metric.sample_names},
        {rule.record: rule for rule in rules if isinstance(rule, RecordingRule)},
    )


def trial_of(case: AlertCase, tested: Bench, queries: Iterable[Expr], when: int) -> Trial:
    """The case until then, with what these queries read and its alert does not."""
    prepared = prepare(case, tested)
    own = {rule.record: rule for groups in tested.groups.values() for group in groups for rule in _recordings(group)}
    recordings = {**everything().recordings, **own}
    its = {dict(one)[NAME] for one in prepared.given}
    its |= {name for group in prepared.groups for rule in group.rules for name in reads(rule) if name}
    its |= {rule.record for group in prepared.groups for rule in _recordings(group)}
    rules: list[RecordingRule] = []
    wanted: dict[str, set[Matchers]] = defaultdict(set)
    for query in queries:
        _follow(query, recordings, its, rules, wanted)
    groups = [RuleGroup(name="beside", rules=tuple(rules)), *prepared.groups]
    trial = Trial(groups, prepared.given, step=case.interval, interval=tested.interval)
    expected = next(one.labels for one in case.expected if one.when == when)
    about = {name: value for one in reversed(prepared.given) for name, value in one}
    about |= {name: value for name, value in expected.items() if isinstance(value, str)}
    for instance in dict.fromkeys((about.get("instance", "a:1"), "b:1")):
        _tell(trial, wanted, its, {**about, "job": "shop", "instance": instance}, when)
    trial.run(when)
    return trial


def _recordings(group: RuleGroup) -> Iterator[RecordingRule]:
    return (rule for rule in group.rules if isinstance(rule, RecordingRule))


def _follow(
    query: Expr,
    recordings: Mapping[str, RecordingRule],
    its: set[str],
    rules: list[RecordingRule],
    wanted: dict[str, set[Matchers]],
) -> None:
    """Note what a query reads, through what is recorded: the rules in the order in which they need each other."""
    for node in walk(query):
        if not isinstance(node, VectorSelector):
            continue
        named = [one for one in node.matchers if one.name == NAME]
        rest = tuple(one for one in node.matchers if one.name != NAME)
        known = (node.name,) if node.name else (*recordings, *everything().metrics)
        for name in known:
            if name in its or not all(one.matches(name) for one in named):
                continue
            if name in everything().metrics:
                wanted[name].add(rest)
            elif name in recordings and recordings[name] not in rules:
                _follow(parse(recordings[name].expr), recordings, its, rules, wanted)
                rules.append(recordings[name])


def _tell(
    trial: Trial, wanted: Mapping[str, set[Matchers]], its: set[str], about: Mapping[str, str], when: int
) -> None:
    """Samples of one instance in the hour before, of series that are wanted."""
    times = np.arange(when - _BEFORE, when + 1, _STEP, dtype=np.int64)
    target = labels({"job": about["job"], "instance": about["instance"]})
    matrix = trial.head.target(f"beside {about['instance']}")
    selectors: dict[str, set[Matchers]] = defaultdict(set)
    metrics = {}
    for name, asked in wanted.items():
        metric = everything().metrics[name]
        metrics[metric.name] = metric
        selectors[metric.name] |= asked
    found: dict[Labels, NDArray[np.float64]] = {}
    for metric in metrics.values():
        sets = told(metric, sorted(selectors[metric.name], key=str))
        told_of = [(at, _about(metric, one, about) if at == 0 else one) for at, one in sets]
        series = Series(metric, told_of, target, Movement(when + _DURING), np.random.default_rng(1))
        values = series.values(times, int(times[0]) - _STEP)
        told_by_name = zip(series.names, series.labels, values, strict=True)
        found |= {whole: row for name, whole, row in told_by_name if name not in its}
    if found:
        slots = np.array([matrix.slot(whole) for whole in found], np.intp)
        matrix.append_columns(times, slots, np.array(list(found.values())), np.ones((len(found), len(times)), np.bool_))


def _about(metric: Description, one: Mapping[str, str], about: Mapping[str, str]) -> dict[str, str]:
    """The first thing that a metric tells of is the one that the alert is about."""
    free = {name for name, values in metric.labels if values is None and name not in _PARTING}
    return {name: about.get(name, value) if value and name in free else value for name, value in one.items()}
