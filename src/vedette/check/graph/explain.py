"""What there is to say about one node: what it means, how it works, who uses it, what would break if it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.catalog import Pack, Service
from vedette.check.facts import Alert, Dashboard, Panel, Runbook
from vedette.check.graph.change import changes_of
from vedette.check.graph.explanation import Asked, Explanation, LabelLine, Line, User
from vedette.check.graph.firing import contacts, firing_lines, times
from vedette.check.graph.model import USING, MeasuredMetric
from vedette.check.graph.pieces import label_words, pieces_of, range_words, unit_words
from vedette.check.graph.told import routes_of
from vedette.formats.alertmanager import Receiver, ResolvedRoute
from vedette.formats.template_words import in_words
from vedette.promql.flow.outcome import joined
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Facts, Query, Recording
    from vedette.check.graph.model import Graph, Node
    from vedette.promql.flow import Label, Labels, Series

__all__ = ["explain"]

_OVERFLOW: Final = "_OTHER"


def explain(graph: Graph, facts: Facts, node: Node) -> Explanation:
    """A node."""
    match node.fact:
        case MeasuredMetric():
            return _Explainer(graph, facts, node).metric(node.fact)
        case tuple():
            return _Explainer(graph, facts, node).recording(node.fact)
        case Alert():
            return _Explainer(graph, facts, node).alert(node.fact)
        case Panel():
            return _Explainer(graph, facts, node).panel(node.fact)
        case _:
            return _Explainer(graph, facts, node).other()


class _Explainer:
    def __init__(self, graph: Graph, facts: Facts, node: Node) -> None:
        self.graph = graph
        self.facts = facts
        self.node = node

    def _made(self, **more: object) -> Explanation:
        places = more.pop("places", (self.node.place,) if self.node.place else ())
        return Explanation(
            kind=self.node.kind,
            name=self.node.name,
            pack=self.node.pack,
            places=places,  # type: ignore[arg-type]
            users=tuple(self._users()),
            changes=changes_of(self.graph, self.facts, self.node),
            **more,  # type: ignore[arg-type]
        )

    # --- what it is --------------------------------------------------------------------------------------------------

    def metric(self, fact: MeasuredMetric) -> Explanation:
        """A metric."""
        declared, series = fact.declared, fact.series
        lines: list[Line] = []
        if declared is not None:
            lines.append(Line("type", declared.type))
            if declared.exporter:
                lines.append(Line("exposed by", declared.exporter))
        elif types := dict.fromkeys(one.type for one in series if one.type != "unknown"):
            lines.append(Line("type", ", ".join(types)))
        units = dict.fromkeys(unit_words(one.unit) for one in series if one.type not in ("info", "stateset"))
        units = {name: None for name in units if name and not (len(units) > 1 and name == "things")}
        if units:
            lines.append(Line("unit", ", ".join(units)))
        ranges = dict.fromkeys(range_words(one.low, one.high) for one in series)
        if len(ranges) == 1 and next(iter(ranges)):
            lines.append(Line("values", next(iter(ranges))))
        if len(series) > 1:
            lines.append(Line("series", ", ".join(one.name for one in series)))
        bounds = next((one.bounds for one in series if one.bounds), ())
        if bounds:
            lines.append(Line("bounds", ", ".join(f"{bound:g}" for bound in bounds)))
        if declared is not None and declared.type == "gauge" and declared.description.multiprocess_mode != "livesum":
            lines.append(Line("processes", declared.description.multiprocess_mode))
        guessed = [one for one in series if not one.certain]
        note = "Nobody declares it here: what is said of it follows from its name." if guessed or not series else ""
        if series and not guessed and declared is None:
            note = f"Nobody has to declare it: {series[0].why}."
        return self._made(
            text=declared.help if declared is not None else "",
            lines=tuple(lines),
            labels=tuple(self._labels_of_metric(fact)),
            note=note,
        )

    def _labels_of_metric(self, fact: MeasuredMetric) -> Iterator[LabelLine]:
        own = dict(fact.declared.description.labels) if fact.declared is not None else {}
        found: dict[str, Label] = {}
        for one in fact.series:
            for name, label in one.labels.named.items():
                if name != NAME and label.state != "never":
                    found.setdefault(name, label)
        ordered = [*(name for name in own if name in found), *sorted(name for name in found if name not in own)]
        for name in ordered:
            yield LabelLine(name, label_words(found[name]), self._why(name, found[name], own, fact))

    def _why(self, name: str, label: Label, own: dict[str, tuple[str, ...] | None], fact: MeasuredMetric) -> str:
        if name in own:
            if _OVERFLOW in (label.values or ()) and _OVERFLOW not in (own[name] or ()):
                return f"declared; {_OVERFLOW} stands for any value that is not"
            return "declared" if own[name] is not None else "declared, its values are not"
        if name == "job":
            return "the scrape sets it: the service"
        if name == "instance":
            return "the scrape sets it: the process, as host:port"
        if name == "le":
            return "of the buckets: their upper bounds"
        if name == "quantile":
            return "of the summary"
        if name == "pid":
            return "one series a process"
        if any(one.type == "stateset" and one.name == name for one in fact.series):
            return "of the stateset: its states"
        services = self.facts.stack.services if self.facts.stack is not None else ()
        if any(name in service.labels for service in services):
            return "the service has it"
        return label.why.text if label.why is not None else ""

    def recording(self, rules: Sequence[Recording]) -> Explanation:
        """A recorded series."""
        series = self.facts.known(self.node.name)
        several = len(rules) > 1
        return self._made(
            places=tuple(dict.fromkeys(rule.place for rule in rules)),
            text=self._said_of_recording(),
            lines=tuple(self._lines_of_series(series)),
            labels=tuple(self._labels_left(series, rules)),
            queries=tuple(_asked(rule.query, f"in group {rule.group.name}" if several else "") for rule in rules),
        )

    def _said_of_recording(self) -> str:
        stack = self.facts.stack
        recordings = (
            one
            for service in (stack.services if stack else ())
            for pack in service.pack_list()
            for one in pack.recordings
        )
        return next((one.description for one in recordings if one.name == self.node.name), "")

    @staticmethod
    def _lines_of_series(series: Series | None) -> Iterator[Line]:
        if series is None:
            return
        yield Line("type", series.type)
        if series.unit is not None:
            yield Line("unit", unit_words(series.unit))
        if range_words(series.low, series.high):
            yield Line("values", range_words(series.low, series.high))

    def _labels_left(self, series: Series | None, rules: Sequence[Recording]) -> Iterator[LabelLine]:
        """The labels of the result, then those that its sources have and it has not."""
        if series is None:
            return
        added = {name for rule in rules for name in rule.labels}
        for name in sorted(series.labels.named):
            label = series.labels.get(name)
            if name != NAME and label.state != "never":
                why = "the rule adds it" if name in added else _kept(label)
                yield LabelLine(name, label_words(label), why)
        yield from _lost(series.labels, [rule.query for rule in rules])

    def panel(self, panel: Panel) -> Explanation:
        """A panel."""
        config = panel.value.config
        lines = [Line("drawn as", panel.value.type)]
        if config is not None and config.unit not in ("", "none"):
            lines.append(Line("unit", config.unit))
        if config is not None:
            steps = [f"{step.color} from {step.value:g}" for step in config.steps if step.value is not None]
            if steps:
                lines.append(Line("thresholds", ", ".join(steps)))
        several = len(panel.queries) > 1
        for one in panel.queries:
            if one.legend.value:
                lines.append(Line(f"legend {one.ref_id}" if several else "legend", one.legend.value))
            if one.query is None:
                lines.append(Line(f"query {one.ref_id}", f"is not read: {one.problem or 'not PromQL'}"))
        asked = [_asked(one.query, f"query {one.ref_id}" if several else "") for one in panel.queries if one.query]
        return self._made(text=panel.value.description, lines=tuple(lines), queries=tuple(asked))

    def other(self) -> Explanation:
        """What has no query of its own."""
        node, lines, text = self.node, [], ""
        match node.fact:
            case Pack():
                text = node.fact.dashboard.description
                for kind in ("metric", "recording", "alert", "dashboard"):
                    names = [self.graph.nodes[edge.target].name for edge in self.graph.out_of(node, "declares")
                             if self.graph.nodes[edge.target].kind == kind]  # fmt: skip
                    if names:
                        lines.append(Line(f"{kind}s", ", ".join(names)))
                lines += [Line("parameter", f"{name} = {value!r}") for name, value in node.fact.parameters.items()]
            case Service():
                lines = [Line("targets", ", ".join(node.fact.targets)), Line("team", node.fact.team)]
                lines += [Line("pack", self.graph.nodes[edge.target].name) for edge in self.graph.out_of(node)]
            case Dashboard():
                text = node.fact.value.description
                for edge in self.graph.out_of(node, "contains"):
                    inner = self.graph.nodes[edge.target]
                    lines.append(Line(inner.kind, inner.label, inner.place))
            case Runbook():
                lines = [Line("written", "by hand" if node.fact.written else "no: made from the declaration alone")]
            case Receiver():
                lines = [Line(*words) for words in contacts(node.fact)] or [Line("tells", "nobody")]
            case ResolvedRoute():
                lines = list(times(node.fact))
                lines.append(Line("tells", node.fact.receiver))
            case _:
                lines = [Line("asks for", self.graph.nodes[edge.target].name) for edge in self.graph.out_of(node)]
        return self._made(text=text, lines=tuple(lines))

    # --- alerts ------------------------------------------------------------------------------------------------------

    def alert(self, alert: Alert) -> Explanation:
        """An alert."""
        texts = {name: text.value for name, text in alert.annotations.items()}
        lines = []
        if "summary" in texts:
            lines.append(Line("summary", in_words(texts["summary"]), alert.annotations["summary"].place))
        labels = [f"{name}={text.value}" for name, text in sorted(alert.labels.items()) if name != "severity"]
        if labels:
            lines.append(Line("labels", ", ".join(labels)))
        lines += self._led_to(alert, texts)
        return self._made(
            text=in_words(texts.get("description", "")),
            lines=tuple(lines),
            labels=tuple(_labels_of_alert(alert)),
            queries=(_asked(alert.query, ""),),
            firing=tuple(firing_lines(self.graph, self.facts, self.node, alert, routes_of(self.facts))),
            note=self._scaled(),
        )

    def _scaled(self) -> str:
        stack = self.facts.stack
        scale = stack.environment(self.facts.environment).time_scale if stack is not None else 1.0
        return (
            ""
            if scale == 1
            else f"Times are {scale:g} of those declared, as environment {self.facts.environment} has it."
        )

    def _led_to(self, alert: Alert, texts: dict[str, str]) -> Iterator[Line]:
        for edge in self.graph.out_of(self.node, "is drawn on", "is explained by"):
            target = self.graph.nodes[edge.target]
            if target.kind == "panel":
                yield Line("panel", target.name, target.place)
            elif isinstance(target.fact, Runbook):
                told = "" if target.fact.written else "; nobody has written it, it is made from the declaration"
                yield Line("runbook", f"{target.name}{told}", target.place)
            else:
                yield Line("runbook", target.name)
        link = texts.get("dashboard_url") or texts.get("dashboard") or ""
        if link:
            yield Line("dashboard", link)
        if not any(True for _ in self.graph.out_of(self.node, "is explained by")):
            yield Line("runbook", "none", alert.place)

    # --- users -------------------------------------------------------------------------------------------------------

    def _users(self) -> Iterator[User]:
        direct: dict[str, None] = {}
        for edge in self.graph.into(self.node):
            if edge.meaning in ("declares", "contains", "is watched by"):
                continue
            direct[edge.source] = None
            yield User(self.graph.nodes[edge.source], edge.meaning, edge.uses)
        for user in self.graph.users(self.node):
            if user.id not in direct:
                between = [
                    self.graph.nodes[edge.target].name
                    for edge in self.graph.out_of(user, *USING)
                    if edge.target in direct or self.node in self.graph.sources(self.graph.nodes[edge.target])
                ]
                yield User(user, "rests on", (), tuple(dict.fromkeys(between)))


def _asked(query: Query, title: str) -> Asked:
    return Asked(title, query.text.value, query.text.place, pieces_of(query))


def _kept(label: Label) -> str:
    return label.why.text if label.why is not None else "the query keeps it"


def _lost(labels: Labels, queries: Sequence[Query]) -> Iterator[LabelLine]:
    """The labels that the series asked for have, and the result has not."""
    before: dict[str, None] = {}
    for query in queries:
        for branch in query.flow.branches:
            for series in branch.series:
                before.update(dict.fromkeys(n for n, label in series.labels.named.items() if label.state != "never"))
    for name in sorted(before):
        label = labels.get(name)
        if name != NAME and label.state == "never":
            yield LabelLine(name, "", label.why.text if label.why is not None else "the query drops it")


def _labels_of_alert(alert: Alert) -> Iterator[LabelLine]:
    labels = joined(alert.query.flow.branches)
    for name in sorted(labels.named):
        label = labels.get(name)
        if name != NAME and label.state != "never":
            yield LabelLine(name, label_words(label), _kept(label))
    yield from _lost(labels, [alert.query])
