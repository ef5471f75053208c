"""What is known of the series in files that nothing declares: what a name alone tells, and what the rules record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vedette.promql.ast import VectorSelector
from vedette.promql.flow import ANY, COUNT, SECONDS, Label, Labels, Reason, Series, unit_of_name
from vedette.promql.flow.selectors import metric_name
from vedette.promql.labels import NAME
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.facts import Recording
    from vedette.place import Place
    from vedette.promql.flow import Branch, Known, SampleType, Unit

__all__ = ["AUTOMATIC", "Guess", "Recorded", "guessed", "known_for", "recorded_series"]

_SCRAPED: Final = "Prometheus writes it for every target"
_RULES: Final = "Prometheus writes it for every alert"
_ALWAYS: Final = Label("always")
_TARGET: Final = Labels({"job": _ALWAYS, "instance": _ALWAYS})
_ALERT: Final = Labels({"alertname": _ALWAYS})
_STATES: Final = _ALERT.with_("alertstate", Label("always", frozenset({"pending", "firing"})))


def _written(
    name: str, labels: Labels, why: str, unit: Unit | None = None, *, low: float = 0, high: float = math.inf
) -> Series:
    return Series(name=name, type="gauge", unit=unit, labels=labels, low=low, high=high, metric=name, why=why)


# https://prometheus.io/docs/concepts/jobs_instances/ and
# https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
AUTOMATIC: Final[Mapping[str, Series]] = {
    one.name: one
    for one in (
        _written("up", _TARGET, _SCRAPED, low=0, high=1),
        _written("scrape_body_size_bytes", _TARGET, _SCRAPED, unit_of_name("x_bytes"), low=-1),
        _written("scrape_duration_seconds", _TARGET, _SCRAPED, SECONDS),
        _written("scrape_sample_limit", _TARGET, _SCRAPED, COUNT),
        _written("scrape_samples_post_metric_relabeling", _TARGET, _SCRAPED, COUNT),
        _written("scrape_samples_scraped", _TARGET, _SCRAPED, COUNT),
        _written("scrape_series_added", _TARGET, _SCRAPED, COUNT),
        _written("scrape_timeout_seconds", _TARGET, _SCRAPED, SECONDS),
        _written("ALERTS", _STATES, _RULES, low=1, high=1),
        _written("ALERTS_FOR_STATE", _ALERT, _RULES, SECONDS),
    )
}
"""What Prometheus itself writes."""

_BY_NAME: Final = "as its name says"


def _by_name(name: str) -> Series | None:
    return AUTOMATIC.get(name) or guessed(name)


def known_for(
    recorded: Mapping[str, Sequence[Recording]],
    lost: Mapping[str, Place] | None = None,
    elsewhere: Known = _by_name,
) -> Guess:
    """What is known of names, where these rules record some of them.

    ``lost`` are names that rules record which cannot be read, and where those stand. Both may be filled until the first
    name is asked for. ``elsewhere`` knows the other names.
    """
    return Guess(recorded, {} if lost is None else lost, elsewhere)


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Asked for a name, tells what is known or guessed of its series; None where the name tells nothing.

    What rules record follows from their expressions, worked out when it is first asked for. Rules that depend on
    each other in a circle yield what nobody knows.
    """

    recorded: Mapping[str, Sequence[Recording]]
    lost: Mapping[str, Place]
    elsewhere: Known = _by_name
    _found: dict[str, Series | None] = field(default_factory=dict, repr=False)

    def __call__(self, name: str) -> Series | None:
        """The series of a name."""
        if name not in self._found:
            if name in self.recorded:
                self._resolve(name)
            elif name in self.lost:
                self._found[name] = _unknown(name, self.lost[name], "by a rule that cannot be read")
            else:
                self._found[name] = self.elsewhere(name)
        return self._found[name]

    def _resolve(self, name: str) -> None:
        """Everything that a recorded series rests on before the series itself, without recursion; circles are cut."""
        opened = {name: 0}
        path: list[tuple[str, Iterator[str]]] = [(name, self._sources(name))]
        circular: set[str] = set()
        while path:
            current, rest = path[-1]
            below = next(rest, None)
            if below is None:
                path.pop()
                del opened[current]
                self._found[current] = self._recorded(current, circular)
            elif below in opened:
                circular.update(step for step, _ in path[opened[below] :])
            elif below not in self._found:
                opened[below] = len(path)
                path.append((below, self._sources(below)))

    def _recorded(self, name: str, circular: set[str]) -> Series:
        rules = self.recorded[name]
        if name in circular:
            return _unknown(name, rules[0].place, "from itself")
        if name in self.lost:
            return _unknown(name, self.lost[name], "also by a rule that cannot be read")
        return recorded_series(name, rules)

    def _sources(self, name: str) -> Iterator[str]:
        """The recorded series that the rules of a name read."""
        for rule in self.recorded[name]:
            for node in walk(rule.query.tree):
                if isinstance(node, VectorSelector) and (read := metric_name(node)) in self.recorded:
                    yield read


def _unknown(name: str, place: Place, how: str) -> Series:
    return Series(name=name, metric=name, certain=False, why=f"recorded in {place}, {how}", place=place)


def recorded_series(name: str, rules: Sequence[Recording]) -> Series:
    """What rules of one name record together."""
    branches = [(branch, _labelled(branch, rule)) for rule in rules for branch in rule.query.flow.branches]
    place = rules[0].place
    first, labels = branches[0]
    for _, other in branches[1:]:
        labels = _either(labels, other)
    types: set[SampleType] = {branch.type for branch, _ in branches}
    units = {branch.unit for branch, _ in branches}
    bounds = {branch.bounds for branch, _ in branches}
    kind: SampleType = first.type if len(types) == 1 else "unknown"
    return Series(
        name=name,
        type="gauge" if kind == "scalar" else kind,
        unit=first.series[0].unit if kind == "bucket" and first.series else first.unit if len(units) == 1 else None,
        labels=labels,
        low=min(branch.low for branch, _ in branches),
        high=max(branch.high for branch, _ in branches),
        bounds=first.bounds if len(bounds) == 1 else (),
        metric=name,
        certain=all(branch.certain for branch, _ in branches),
        why=f"recorded in {place}",
        place=place,
    )


def _labelled(branch: Branch, rule: Recording) -> Labels:
    """The labels of what a rule records: its own win, and an empty one takes a label away."""
    labels = branch.labels.without([NAME], Reason("recording gives a new name"))
    for name, value in rule.labels.items():
        given = Label("always", frozenset({value})) if value else Label("never")
        labels = labels.with_(name, given)
    return labels


def _either(left: Labels, right: Labels) -> Labels:
    """What holds of a series that comes from one or the other."""
    names = dict.fromkeys([*left.named, *right.named])
    return Labels({name: _one_of(left.get(name), right.get(name)) for name in names}, _one_of(left.other, right.other))


def _one_of(left: Label, right: Label) -> Label:
    if left.state == right.state == "never":
        return left
    known = [label for label in (left, right) if label.state != "never"]
    values: frozenset[str] | None = frozenset()
    for label in known:
        values = None if values is None or label.values is None else values | label.values
    if len(known) == 2 and left.state == right.state:
        return Label(left.state, values, left.why)
    return Label("maybe", values)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded(Mapping[str, Series]):
    """The series that rules record, each worked out when it is asked for."""

    known: Guess

    def __getitem__(self, name: str) -> Series:
        if name not in self.known.recorded and name not in self.known.lost:
            raise KeyError(name)
        series = self.known(name)
        assert series is not None
        return series

    def __iter__(self) -> Iterator[str]:
        return iter({**self.known.recorded, **self.known.lost})

    def __len__(self) -> int:
        return len({**self.known.recorded, **self.known.lost})


_TYPES: Final[tuple[tuple[str, SampleType], ...]] = (
    ("_bucket", "bucket"), ("_sum", "counter"), ("_count", "counter"), ("_total", "counter"), ("_created", "gauge"),
    ("_info", "info"), ("_timestamp_seconds", "gauge"), ("_ratio", "gauge"),
)  # fmt: skip


def guessed(name: str) -> Series | None:
    """What the end of a name tells, if anything. Exporters misname some, so that it is never certain."""
    kind: SampleType = next((kind for suffix, kind in _TYPES if name.endswith(suffix)), "unknown")
    unit = SECONDS if name.endswith("_created") else COUNT if name.endswith("_count") else unit_of_name(name)
    if unit is None and name.endswith(("_count", "_total")):
        unit = COUNT  # a counter without a unit counts things
    if kind == "unknown" and unit is None:
        return None
    metric = name
    for suffix in ("_bucket", "_sum", "_count", "_created"):
        metric = metric.removesuffix(suffix)
    labels = ANY.with_("le", _ALWAYS) if kind == "bucket" else ANY
    return Series(
        name=name,
        type=kind,
        unit=unit,
        labels=labels,
        low=1 if kind == "info" else 0 if kind in ("counter", "bucket") else -math.inf,
        high=1 if kind == "info" else math.inf,
        metric=metric,
        certain=False,
        why=_BY_NAME,
    )
