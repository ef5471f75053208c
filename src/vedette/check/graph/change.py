"""What would break if something changed: removed, renamed, without a label, of another type or unit.

Where a query decides, the change is made and the checks run again: what they find then and did not before, breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from vedette.check.facts import Alert, Panel
from vedette.check.graph.altered import altered, unchanged, without_label
from vedette.check.graph.model import USING, MeasuredMetric
from vedette.check.registry import Choice, families
from vedette.check.run import run
from vedette.formats.alertmanager import ResolvedRoute
from vedette.promql.ast import Binary
from vedette.promql.flow import RATIO, SampleType, Series, Unit
from vedette.promql.flow.calls import number
from vedette.promql.labels import NAME
from vedette.promql.parser import COMPARISONS
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.check.graph.altered import Alteration
    from vedette.check.graph.model import Graph, Node
    from vedette.place import Place

__all__ = ["Change", "Mention", "changes_of", "label_lost"]

What = Literal["removed", "renamed", "label", "type", "unit"]

_LOOKING_ELSEWHERE: Final = ("code", "files", "metrics", "objectives", "routes", "runbooks")
"""Families of checks that do not look at queries."""

_GIVEN: Final = frozenset({"job", "instance", "le", "quantile"})
"""Labels of scraping and of a type: a metric does not lose them."""

_OTHER_TYPE: Final[dict[str, SampleType]] = {"counter": "gauge", "gauge": "counter"}
_OTHER_UNIT: Final[dict[str, Unit]] = {
    "seconds": Unit((("milliseconds", 1),)),
    "bytes": Unit((("kilobytes", 1),)),
    "ratio": Unit((("percent", 1),)),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that speaks of what changes."""

    node: Node
    """Whose it is."""
    part: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, and what comes of it."""

    what: What
    label: str = ""
    """The label that is lost."""
    to: str = ""
    """The type or unit that it gets."""
    breaks: tuple[Finding, ...] = ()
    """What the checks would find, and do not now."""
    mentions: tuple[Mention, ...] = ()
    """What speaks of it, and would have to follow."""
    silent: tuple[Node, ...] = ()
    """What would get no data any more."""
    untold: tuple[Node, ...] = ()
    """Alerts that are told no more, or that would be told although this muted them."""
    unwatched: tuple[Node, ...] = ()
    """Metrics that no alert would rest on any more."""

    @property
    def harmless(self) -> bool:
        """Whether nothing here says otherwise."""
        return not (self.breaks or self.mentions or self.silent or self.untold or self.unwatched)


def changes_of(graph: Graph, facts: Facts, node: Node) -> tuple[Change, ...]:
    """The changes of a node that can be thought through, the gravest first."""
    match node.fact:
        case MeasuredMetric(declared=None, series=series) if series and all(one.certain for one in series):
            return ()  # Prometheus itself writes it
        case MeasuredMetric() | tuple():
            return tuple(_of_series(graph, facts, node))
        case Alert():
            return tuple(_of_alert(graph, node, node.fact))
        case _:
            users = tuple(_linking(graph, node))
            removed = (Change(what="removed", mentions=users),) if users else ()
            renamed = (Change(what="renamed", mentions=users),) if users and node.kind in ("panel", "runbook") else ()
            return (*removed, *renamed)


def label_lost(graph: Graph, facts: Facts, nodes: Sequence[Node], label: str) -> Change:
    """What would break if none of these series had the label."""
    names = [name for node in nodes for name in _series_of(node)]
    users = dict.fromkeys(user.id for node in nodes for user in graph.users(node))
    mentions = tuple(mention for node in nodes for mention in _label_mentions(graph, node, label))
    trial = _Trial(facts, names, [graph.nodes[name] for name in users])
    return Change(what="label", label=label, breaks=trial.findings(without_label(label)), mentions=mentions)


# --- metrics and recordings ------------------------------------------------------------------------------------------


def _series_of(node: Node) -> tuple[str, ...]:
    match node.fact:
        case MeasuredMetric(series=series):
            return tuple(one.name for one in series) or (node.name,)
        case _:
            return (node.name,)


def _of_series(graph: Graph, facts: Facts, node: Node) -> Iterator[Change]:
    users = graph.users(node)
    direct = tuple(_mentions(graph, node))
    yield Change(what="removed", silent=users, mentions=direct)
    yield Change(what="renamed", mentions=direct)
    trial = _Trial(facts, _series_of(node), users)
    for label in _own_labels(graph, facts, node):
        yield Change(
            what="label",
            label=label,
            breaks=trial.findings(without_label(label)),
            mentions=tuple(_label_mentions(graph, node, label)),
        )
    if isinstance(node.fact, MeasuredMetric):
        yield from _of_meaning(facts, node, trial)


def _mentions(graph: Graph, node: Node) -> Iterator[Mention]:
    for edge in graph.into(node, *USING):
        for use in edge.uses:
            yield Mention(graph.nodes[edge.source], use.part, use.place)


def _label_mentions(graph: Graph, node: Node, label: str) -> Iterator[Mention]:
    """Those who name a label of it; those who do so further on follow from the checks."""
    for edge in graph.into(node, *USING):
        named = dict.fromkeys(one for use in edge.uses for one in use.labels if one.name == label)
        for one in named:
            yield Mention(graph.nodes[edge.source], f"{one.how} it: {one.part}", one.place)


def _own_labels(graph: Graph, facts: Facts, node: Node) -> list[str]:
    """The labels that its declaration, its rule or whoever names them gives it; not those of scraping and type."""
    found: dict[str, None] = {}
    for name in _series_of(node):
        series = facts.known(name)
        if series is not None:
            found.update(dict.fromkeys(key for key, label in series.labels.named.items() if label.state != "never"))
    if isinstance(node.fact, MeasuredMetric):
        declared = node.fact.declared
        if declared is not None:
            return list(declared.label_names)
        named = (one.name for edge in graph.into(node, *USING) for use in edge.uses for one in use.labels)
        found.update(dict.fromkeys(named))
        found = {name: None for name in found if name not in _GIVEN}
    return [name for name in found if name != NAME]


def _of_meaning(facts: Facts, node: Node, trial: _Trial) -> Iterator[Change]:
    """Another type, another unit."""
    series = [one for name in _series_of(node) if (one := facts.known(name)) is not None]
    if len(series) == 1 and (other := _OTHER_TYPE.get(series[0].type)):
        yield Change(what="type", to=other, breaks=trial.findings(lambda one: replace(one, type=other)))
    if any(one.type == "bucket" for one in series):
        yield Change(what="type", to="summary", breaks=trial.findings(_no_buckets))
    unit = next((one.unit for one in series if one.unit is not None), None)
    to = _OTHER_UNIT.get(str(unit)) if unit is not None else None
    if unit is not None and to is not None:
        change = _in_unit(unit, to)
        yield Change(what="unit", to=str(to), breaks=trial.findings(change), mentions=tuple(trial.speaking(change)))


def _no_buckets(series: Series) -> Series | None:
    return None if series.type == "bucket" else series


def _in_unit(unit: Unit, to: Unit) -> Callable[[Series], Series]:
    def change(series: Series) -> Series:
        return replace(series, unit=to) if series.unit == unit else series

    return change


class _Trial:
    """Changes tried on everything that rests on some series."""

    def __init__(self, facts: Facts, names: Sequence[str], users: Iterable[Node]) -> None:
        self._facts = facts
        self._names = tuple(names)
        self._users = tuple(users)
        self._affected = frozenset(id(one) for node in self._users for one in _facts_of(node))
        elsewhere = tuple(about for about in _LOOKING_ELSEWHERE if about in families().values())
        self._choice = Choice(ignore=elsewhere)
        self._now: frozenset[tuple[str, str, Place]] | None = None

    def findings(self, change: Alteration) -> tuple[Finding, ...]:
        """What is found after the change and not before; nothing that is only a note."""
        if not self._affected:
            return ()
        if self._now is None:
            self._now = frozenset(map(_key, run(self._altered(unchanged), choice=self._choice)))
        now = self._now
        after = run(self._altered(change), choice=self._choice)
        return tuple(one for one in after if one.level != "note" and _key(one) not in now)

    def speaking(self, change: Alteration) -> Iterator[Mention]:
        """Thresholds and units of panels whose meaning a change of unit changes."""
        before, after = self._altered(unchanged), self._altered(change)
        nodes = {name: node for node in self._users for name in [_subject(node)] if name}
        for old, new in zip(before.alerts, after.alerts, strict=True):
            for part, place in _thresholds(old.query, new.query):
                yield Mention(nodes[old.place, old.name], part, place)
        panels = zip(_panels(before), _panels(after), strict=True)
        for was, becomes in panels:
            unit = was.value.config.unit if was.value.config is not None else ""
            asked = zip(was.queries, becomes.queries, strict=True)
            changed = any(
                one.query and other.query and _units(one.query) != _units(other.query) for one, other in asked
            )
            if changed and unit not in ("", "none", "short"):
                place = was.locate("fieldConfig.defaults.unit")
                yield Mention(nodes[was.place, was.value.title], f"shows the unit {unit}", place)

    def _altered(self, change: Alteration) -> Facts:
        return altered(self._facts, self._names, change, self._affected)


def _subject(node: Node) -> tuple[Place, str] | None:
    match node.fact:
        case Alert(place=place, name=name):
            return place, name
        case Panel(place=place, value=value):
            return place, value.title
        case _:
            return None


def _facts_of(node: Node) -> tuple[object, ...]:
    match node.fact:
        case tuple() as rules:
            return rules
        case Alert() | Panel():
            return (node.fact,)
        case _:
            return ()


def _panels(facts: Facts) -> Iterator[Panel]:
    for dashboard in facts.dashboards:
        yield from dashboard.panels


def _key(finding: Finding) -> tuple[str, str, Place]:
    return finding.code, finding.subject, finding.place


def _units(query: Query) -> tuple[Unit | None, ...]:
    return tuple(branch.unit for branch in query.flow.branches)


def _thresholds(before: Query, after: Query) -> Iterator[tuple[str, Place]]:
    """Comparisons with a number that would measure something else; both queries have the same tree."""
    for node in walk(before.tree):
        if not isinstance(node, Binary) or node.op not in COMPARISONS:
            continue
        tested = node.rhs if number(node.lhs) is not None else node.lhs if number(node.rhs) is not None else None
        written = node.lhs if tested is node.rhs else node.rhs
        if tested is None or number(written) == 0:  # nothing is nothing in any unit
            continue
        was = [branch.unit for branch in before.flow.of(tested)]
        if was != [branch.unit for branch in after.flow.of(tested)]:
            figure = before.text.value[written.span.start : written.span.end]
            unit = next((str(one) for one in was if one is not None and one != RATIO), "ratio")
            yield f"compares with {figure} ({unit})", before.at(written)


# --- alerts and what they lead to ------------------------------------------------------------------------------------


def _of_alert(graph: Graph, node: Node, alert: Alert) -> Iterator[Change]:
    asking = tuple(_mentions(graph, node))
    muted = tuple(graph.nodes[edge.target] for edge in graph.inhibitions if edge.source == node.id)
    others = {source.id for one in graph.of_kind("alert") if one.id != node.id for source in graph.sources(one)}
    unwatched = tuple(one for one in graph.sources(node) if one.kind == "metric" and one.id not in others)
    yield Change(what="removed", mentions=asking, unwatched=unwatched, untold=muted)
    yield Change(what="renamed", mentions=(*asking, *_by_name(graph, node, alert)))


def _by_name(graph: Graph, node: Node, alert: Alert) -> Iterator[Mention]:
    """Routes that choose it by its name, and its runbook."""
    for route in graph.of_kind("route"):
        if isinstance(route.fact, ResolvedRoute):
            for matcher in route.fact.matchers:
                if matcher.name == "alertname" and matcher.op in ("=", "=~") and matcher.matches(alert.name):
                    yield Mention(route, str(matcher), route.place)
    for edge in graph.out_of(node, "is explained by"):
        runbook = graph.nodes[edge.target]
        if runbook.name == alert.name:
            yield Mention(runbook, "is found by the alert's name: links to it change", runbook.place)


def _linking(graph: Graph, node: Node) -> Iterator[Mention]:
    """Who leads to it."""
    words = {"is drawn on": "links to it", "is explained by": "links to it", "tells": "sends to it"}
    for edge in graph.into(node, "is drawn on", "is explained by", "is told to", "tells", "is routed by"):
        one = graph.nodes[edge.source]
        yield Mention(one, words.get(edge.meaning, edge.meaning), one.place)
