"""The facts with what a running server, or a page of metrics, knows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from vedette.check.facts import Group, Query, Recording, Text
from vedette.check.guess import AUTOMATIC, Guess, Recorded, guessed, known_for, recorded_series
from vedette.check.live.api import Questions
from vedette.check.live.types import kind_of
from vedette.check.relearn import relearned
from vedette.formats.grafana_query import tree as tree_of
from vedette.place import Place
from vedette.promql.ast import VectorSelector
from vedette.promql.flow import ANY, Label, Labels, Series
from vedette.promql.flow.selectors import metric_name
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.facts import Facts
    from vedette.check.live.server import Live, Rule, SeriesLabels

__all__ = ["questions", "with_live"]

_ALWAYS: Final = Label("always")
_MAYBE: Final = Label("maybe")
_OF_ALERTS: Final = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""There only while something is pending or fires."""


def questions(facts: Facts) -> Questions:
    """What the facts make one want to know: the metrics that are asked for or declared, and the stack's jobs."""
    names = {name for query in facts.queries for name in _names(query)}
    names |= {name for dashboard in facts.dashboards for one in dashboard.variables for name in _of_variable(one.query)}
    services = facts.stack.services if facts.stack else ()
    for metric in (metric for one in services for pack in one.pack_list() for metric in pack.metrics):
        names |= {metric.name, *metric.description.sample_names}
    return Questions(frozenset(names), frozenset(service.name for service in services))


def _names(query: Query) -> Iterator[str]:
    return (metric_name(node) for node in walk(query.tree) if isinstance(node, VectorSelector) and metric_name(node))


def _of_variable(query: object) -> Iterator[str]:
    """The metrics that a variable of a dashboard asks for."""
    text = query.get("query") if isinstance(query, Mapping) else query
    if not isinstance(text, str) or not text.startswith("label_values("):
        return
    try:
        tree = tree_of(text.removeprefix("label_values(").rpartition(",")[0])
    except ParseError:
        return
    if isinstance(tree, VectorSelector) and (name := metric_name(tree)):
        yield name


def with_live(facts: Facts, live: Live) -> Facts:
    """The facts with what is live.

    A stack's declarations stay what they are, and are held against it; of files it says what their series are.
    """
    if facts.kind == "declared":
        return replace(facts, server=live)
    recorded: dict[str, list[Recording]] = {}
    lost = facts.known.lost if isinstance(facts.known, Guess) else {}
    known = known_for(recorded, lost, _Heard(live))
    names = live.names | frozenset(AUTOMATIC)
    learned = replace(
        relearned(facts, known, _All(known, Recorded(known), names)),
        live=not live.page,
        server=live,
        scrape_interval=facts.scrape_interval or live.scrape_interval,
        evaluation_interval=facts.evaluation_interval or live.evaluation_interval,
    )
    for recording in learned.recordings:
        recorded.setdefault(recording.name, []).append(recording)
    return learned


@dataclass(frozen=True, slots=True, eq=False)
class _All(Mapping[str, Series]):
    """The series of all names, each worked out when it is asked for."""

    known: Guess
    recorded: Recorded
    names: frozenset[str]

    def __getitem__(self, name: str) -> Series:
        if name in self.recorded:
            return self.recorded[name]
        found = self.known(name) if name in self.names else None
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self.recorded
        yield from (name for name in self.names if name not in self.recorded)

    def __len__(self) -> int:
        return len(frozenset(self.recorded) | self.names)


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """Asked for a name, tells what the server knows of its series.

    A page knows nothing of other processes: of names that it does not have, their ends are asked.
    """

    live: Live
    _rules: dict[str, Series] = field(default_factory=dict)

    def __call__(self, name: str) -> Series | None:
        if name in _OF_ALERTS:
            return AUTOMATIC[name]
        if name in self.live.names:
            return self._known(name)
        if name in AUTOMATIC:
            return AUTOMATIC[name]
        return guessed(name) if self.live.page else self._ruled(name)

    def _known(self, name: str) -> Series:
        labels, bounds = _labels(name, self.live), _bounds(name, self.live)
        why = f"{self.live.url} has it"
        kind = kind_of(name, self.live.metadata)
        if kind is not None:
            return Series(
                name=name,
                type=kind.type,
                unit=kind.unit,
                labels=labels,
                low=kind.low,
                high=kind.high,
                bounds=bounds if kind.type == "bucket" else (),
                metric=kind.metric,
                why=why,
            )
        told = AUTOMATIC.get(name) or self._ruled(name) or guessed(name)
        if told is None:
            return Series(name=name, labels=labels, metric=name, why=why)
        return replace(told, labels=labels, bounds=bounds if told.type == "bucket" else ())

    def _ruled(self, name: str) -> Series | None:
        """What rules record that run there, and stand in none of the files."""
        if name not in self._rules:
            made = _recordings([one for one in self.live.rules or () if one.name == name], self)
            if not made:
                return None
            self._rules[name] = Series(name=name, metric=name, certain=False)  # what a rule that asks for itself gets
            self._rules[name] = replace(recorded_series(name, made), why=f"recorded on {self.live.url}", place=None)
        return self._rules[name]


def _recordings(rules: list[Rule], known: _Heard) -> list[Recording]:
    made = []
    for rule in rules:
        place = Place(known.live.url, 1)
        try:
            tree = parse(rule.query) if rule.kind == "recording" else None
        except ParseError:
            tree = None
        if tree is not None:
            text = Text.at(rule.query, place)
            query = Query(text, tree, f"recording rule {rule.name}", known)
            group = Group(name=rule.group, file=rule.file, interval=None, place=place)
            made.append(Recording(name=rule.name, query=query, labels=rule.labels, group=group, place=place))
    return made


def _labels(name: str, live: Live) -> Labels:
    """The labels that the series have: those of all of them always, and no others.

    Their values are those of today: one that there is none of may still come. Only bounds are always there, all of
    them. What the scrape of a page adds is not known.
    """
    series = live.series.get(name, ())
    if not series and name not in live.labels:
        return ANY.with_("le", _ALWAYS) if name.endswith("_bucket") else ANY
    if live.page:
        return Labels({"job": _ALWAYS, "instance": _ALWAYS, **_seen(series)})
    outside = dict.fromkeys(live.external_labels, _MAYBE)
    named = _seen(series) if series else dict.fromkeys(live.labels[name], _MAYBE)
    all_of_it = {
        label: Label("always", frozenset(one[label] for one in series))
        for label in ("le", "quantile")
        if series and all(label in one for one in series)
    }
    return Labels({**outside, **named, **all_of_it}, Label("never"))


def _seen(series: Sequence[SeriesLabels]) -> dict[str, Label]:
    counts = Counter(label for one in series for label in one)
    return {label: _ALWAYS if count == len(series) else _MAYBE for label, count in counts.items()}


def _bounds(name: str, live: Live) -> tuple[float, ...]:
    """The finite bucket bounds."""
    found: set[float] = set()
    for one in live.series.get(name, ()):
        try:
            found.add(float(one.get("le", "")))
        except ValueError:
            continue
    return tuple(sorted(bound for bound in found if math.isfinite(bound)))
