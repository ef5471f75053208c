"""The graph of the facts: a node for everything that has a name, an edge for everything that one says of another."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from vedette.build.links import dashboard_uid
from vedette.catalog.names import is_label_name
from vedette.check.graph.model import KINDS, Edge, Graph, LabelUse, MeasuredMetric, Node, Use
from vedette.check.graph.told import inhibiting, routes_of, walk_routes
from vedette.check.graph.uses import printed_by_alert, printed_by_legend, uses_of
from vedette.promql.ast import VectorSelector
from vedette.promql.flow.selectors import alternatives, metric_name
from vedette.promql.labels import NAME
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vedette.check.facts import Alert, Dashboard, Facts, Panel, Query, Recording
    from vedette.check.graph.model import Kind, Meaning
    from vedette.check.graph.uses import PrintedLabel
    from vedette.formats.grafana import Variable
    from vedette.instruments.metrics import Metric
    from vedette.promql.flow import Series

__all__ = ["graph_of"]

_ALERTS: Final = ("ALERTS", "ALERTS_FOR_STATE")
_FAMILY: Final = ("_bucket", "_sum", "_count")
_VALUES: Final = re.compile(r"\s*label_values\(\s*(?:(?P<selector>.+?)\s*,\s*)?(?P<label>\w+)\s*\)\s*", re.DOTALL)
_RESULT: Final = re.compile(r"\s*query_result\(\s*(?P<query>.+)\)\s*", re.DOTALL)
_PANEL: Final = re.compile(r"/d/(?P<uid>[^/?#]+)(?:[^?#]*)\?(?:[^#]*&)?viewPanel=(?:panel-)?(?P<id>\d+)")
_RUNBOOK: Final = ("runbook_url", "runbook")


def graph_of(facts: Facts) -> Graph:
    """Everything that hangs together in these facts, always in the same order."""
    maker = _Maker(facts)
    maker.make()
    ranks = {kind: rank for rank, kind in enumerate(KINDS)}
    nodes = dict(sorted(maker.nodes.items(), key=lambda one: ranks[one[1].kind]))
    order = {name: number for number, name in enumerate(nodes)}
    edges = sorted(maker.edges, key=lambda edge: order[edge.source])
    return Graph(nodes, tuple(edges), maker.inhibitions)


class _Maker:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self._ids: Counter[str] = Counter()
        self._routes = routes_of(facts)
        self._alerts: dict[int, Node] = {}
        self._named_alerts: dict[str, list[Node]] = {}
        self._panels: dict[tuple[str, int], Node] = {}
        self._shown: dict[int, Node] = {}
        self._declared: dict[str, tuple[Metric, str]] = {}
        self._metric_of: dict[str, str] = {}
        self._wanted = _asked_for(facts)

    def make(self) -> None:
        """All nodes, then all edges between them."""
        self._of_stack()
        self._metrics()
        self._recordings()
        for alert in self.facts.alerts:
            node = self._new("alert", alert.name, place=alert.place, pack=alert.pack or alert.group.name, fact=alert)
            self._alerts[id(alert)] = node
            self._named_alerts.setdefault(alert.name, []).append(node)
        for dashboard in self.facts.dashboards:
            self._dashboard(dashboard)
        self._declares()
        self._telling()
        for recording in self.facts.recordings:
            printed: list[PrintedLabel] = []
            self._use(self.nodes[f"recording:{recording.name}"], "records", recording.query, printed)
        for alert in self.facts.alerts:
            self._alert(alert)

    def _new(self, kind: Kind, name: str, **more: Any) -> Node:
        """A node of its own, also where another has its name."""
        base = f"{kind}:{name}"
        self._ids[base] += 1
        number = self._ids[base]
        node = Node(id=base if number == 1 else f"{base}~{number}", kind=kind, name=name, **more)
        self.nodes[node.id] = node
        return node

    def _once(self, kind: Kind, name: str, **more: Any) -> Node:
        """The node of this name, made at the first time."""
        return self.nodes.get(f"{kind}:{name}") or self._new(kind, name, **more)

    def _edge(
        self, source: Node, meaning: Meaning, target: Node, uses: Iterable[Use] = (), *, through: str = ""
    ) -> None:
        self.edges.append(Edge(source.id, meaning, target.id, tuple(uses), through))

    # --- what is declared --------------------------------------------------------------------------------------------

    def _of_stack(self) -> None:
        stack = self.facts.stack
        if stack is None:
            return
        for service in stack.services:
            title = service.title if service.title != service.name else ""
            node = self._new("service", service.name, place=service.place, title=title, fact=service)
            for pack in service.pack_list():
                watching = self._once("pack", pack.name, place=pack.place, title=pack.title, pack=pack.name, fact=pack)
                self._edge(node, "is watched by", watching)
                for metric in pack.metrics:
                    self._declared.setdefault(metric.name, (metric, pack.name))

    def _metrics(self) -> None:
        """Metrics that are declared, then those that somebody asks for."""
        recorded = {recording.name for recording in self.facts.recordings}
        series: dict[str, dict[str, Series]] = {}
        for name in dict.fromkeys([*self.facts.series, *self._wanted]):
            found = self.facts.known(name)
            if name in recorded or (found is None and name in self.facts.series):
                continue
            series.setdefault(name, {})
            if found is not None:
                series[name][name] = found
        for metric, members in _families(series).items():
            self._metric(metric, members)

    def _metric(self, name: str, found: Mapping[str, Series]) -> None:
        declared, pack = self._declared.get(name, (None, ""))
        for one in (*found, name):
            self._metric_of[one] = name
        if declared is None and not any(one in self._wanted for one in found or (name,)):
            return  # scraping writes it, and nobody asks
        place = declared.description.place if declared is not None else None
        self._new("metric", name, place=place, pack=pack, fact=MeasuredMetric(declared, tuple(found.values())))

    def _recordings(self) -> None:
        rules: dict[str, list[Recording]] = {}
        for recording in self.facts.recordings:
            rules.setdefault(recording.name, []).append(recording)
        packs = self._pack_of_rules()
        for name, found in rules.items():
            pack = packs.get(name, found[0].group.name)
            self._new("recording", name, place=found[0].place, pack=pack, fact=tuple(found))

    def _pack_of_rules(self) -> dict[str, str]:
        stack = self.facts.stack
        if stack is None:
            return {}
        return {
            recording.name: pack.name
            for service in stack.services
            for pack in service.pack_list()
            for recording in pack.recordings
        }

    def _declares(self) -> None:
        for node in list(self.nodes.values()):
            pack = self.nodes.get(f"pack:{node.pack}")
            if pack is not None and node.kind in ("metric", "recording", "alert", "dashboard"):
                self._edge(pack, "declares", node)

    # --- dashboards --------------------------------------------------------------------------------------------------

    def _dashboard(self, dashboard: Dashboard) -> None:
        value = dashboard.value
        pack = self._pack_of_dashboard(value.uid)
        alone = "" if self.facts.stack is not None else value.title  # the home of a stack is of no pack
        node = self._new("dashboard", value.title, place=dashboard.place, pack=pack, fact=dashboard)
        for panel in dashboard.panels:
            shown = self._new(
                "panel", f"{value.title} / {panel.value.title}", place=panel.place, title=panel.value.title,
                pack=pack or alone, fact=panel,
            )  # fmt: skip
            self._panels.setdefault((value.uid, panel.value.id), shown)
            self._shown[id(panel)] = shown
            self._edge(node, "contains", shown)
            self._panel(shown, panel)
        for variable in dashboard.variables:
            self._variable(node, dashboard, variable)

    def _pack_of_dashboard(self, uid: str) -> str:
        stack = self.facts.stack
        if stack is None:
            return ""
        packs = dict.fromkeys(pack.name for service in stack.services for pack in service.pack_list())
        return next((name for name in packs if dashboard_uid(stack.name, name) == uid), "")

    def _panel(self, node: Node, panel: Panel) -> None:
        found: dict[tuple[Meaning, str], list[Use]] = {}
        for one in panel.queries:
            if one.query is not None:
                self._collect(found, "shows", one.query, tuple(printed_by_legend(one)))
        self._add(node, found)

    def _variable(self, above: Node, dashboard: Dashboard, variable: Variable) -> None:
        """A variable that offers what a series has."""
        text = variable.query if isinstance(variable.query, str) else str(variable.query.get("query", ""))
        offered, result = _VALUES.fullmatch(text), _RESULT.fullmatch(text)
        if offered is None and result is None:
            return
        place = dashboard.place
        node = self._new(
            "variable", f"{dashboard.value.title} / ${variable.name}", place=place, title=f"${variable.name}",
            pack=above.pack or dashboard.value.title, fact=variable,
        )  # fmt: skip
        self._edge(above, "contains", node)
        query = (offered["selector"] or "") if offered is not None else (result["query"] if result is not None else "")
        label = offered["label"] if offered is not None else ""
        try:
            tree = parse(query)
        except ParseError:
            return
        for selector in (one for one in walk(tree) if isinstance(one, VectorSelector)):
            labels = [
                LabelUse(one.name, "matches", f"{{{one}}}", place) for one in selector.matchers if one.name != NAME
            ]
            if is_label_name(label):
                labels.append(LabelUse(label, "offers", text, place))
            for name in self._asked_by(selector):
                use = Use(name, " ".join(text.split()), place, tuple(labels))
                self._edge(node, "offers", self._used(name), [use])

    # --- queries -----------------------------------------------------------------------------------------------------

    def _asked_by(self, selector: VectorSelector) -> tuple[str, ...]:
        """The names of the series that a selector asks for."""
        name = metric_name(selector)
        if name:
            return (name,)
        patterns = [matcher for matcher in selector.matchers if matcher.name == NAME]
        listed = next((found for one in patterns if one.op == "=~" and (found := alternatives(one.value))), None)
        if not patterns:
            return ()
        known = sorted(listed) if listed is not None else list(self._metric_of)
        matched = tuple(one for one in known if all(matcher.matches(one) for matcher in patterns))
        return matched if listed is not None or len(matched) < len(known) else ()  # who asks for all asks for none

    def _used(self, name: str) -> Node:
        recording = self.nodes.get(f"recording:{name}")
        known = self.facts.known(name)
        fact = MeasuredMetric(None, () if known is None else (known,))
        return recording or self._once("metric", self._metric_of.get(name, name), fact=fact)

    def _use(self, node: Node, meaning: Meaning, query: Query, printed: Sequence[PrintedLabel]) -> None:
        found: dict[tuple[Meaning, str], list[Use]] = {}
        self._collect(found, meaning, query, printed)
        self._add(node, found)

    def _collect(
        self,
        found: dict[tuple[Meaning, str], list[Use]],
        meaning: Meaning,
        query: Query,
        printed: Sequence[PrintedLabel],
    ) -> None:
        for selector, use in uses_of(query, printed):
            for name in self._asked_by(selector):
                found.setdefault((meaning, self._used(name).id), []).append(replace(use, series=name))
                if name in _ALERTS:
                    for alert in self._alerts_asked_by(selector):
                        found.setdefault(("asks for", alert.id), []).append(replace(use, series=name))

    def _add(self, node: Node, found: Mapping[tuple[Meaning, str], Iterable[Use]]) -> None:
        for (meaning, target), uses in found.items():
            self._edge(node, meaning, self.nodes[target], dict.fromkeys(uses))

    def _alerts_asked_by(self, selector: VectorSelector) -> Iterator[Node]:
        """The alerts whose state a selector asks for by their names."""
        by_name = [matcher for matcher in selector.matchers if matcher.name == "alertname"]
        if by_name:
            for name, found in self._named_alerts.items():
                if all(matcher.matches(name) for matcher in by_name):
                    yield from found

    # --- alerts ------------------------------------------------------------------------------------------------------

    def _alert(self, alert: Alert) -> None:
        node = self._alerts[id(alert)]
        self._use(node, "alerts on", alert.query, tuple(printed_by_alert(alert)))
        panel = self._drawn_on(alert)
        if panel is not None:
            self._edge(node, "is drawn on", panel)
        self._explained(node, alert)
        for routes in self._routes:
            for told in routes.told(alert):
                route = self._once("route", told.route.id)
                receiver = self._once("receiver", told.route.receiver)
                self._edge(node, "is routed by", route)
                self._edge(node, "is told to", receiver, through=route.id)

    def _drawn_on(self, alert: Alert) -> Node | None:
        """The panel that a link of the alert leads to."""
        texts = {name: text.value for name, text in alert.annotations.items()}
        uid, number = texts.get("__dashboardUid__", ""), texts.get("__panelId__", "")
        if uid and number.isdecimal():
            return self._panels.get((uid, int(number)))
        links = (_PANEL.search(value) for value in texts.values())
        found = (self._panels.get((link["uid"], int(link["id"]))) for link in links if link is not None)
        return next((one for one in found if one is not None), None)

    def _explained(self, node: Node, alert: Alert) -> None:
        runbook = next((one for one in self.facts.runbooks if one.alert == alert.name), None)
        if runbook is not None:
            self._edge(node, "is explained by", self._once("runbook", alert.name, place=runbook.place, fact=runbook))
            return
        link = next((alert.annotations[key].value for key in _RUNBOOK if key in alert.annotations), "")
        if link.strip():
            self._edge(node, "is explained by", self._once("runbook", link, place=alert.place))

    def _telling(self) -> None:
        for routes in self._routes:
            for one in routes.config.receivers:
                items = [item.place for item in one.email_configs] + [item.place for item in one.webhook_configs]
                place = one.place or next(iter(items), None)
                self._once("receiver", one.name, place=place, fact=one)
            for route in walk_routes(routes.root):
                title = ", ".join(str(matcher) for matcher in route.matchers) or "everything else"
                node = self._once("route", route.id, place=route.place, title=title, fact=route)
                self._edge(node, "tells", self._once("receiver", route.receiver))

    def inhibitions(self) -> Iterator[Edge]:
        """Which alerts mute which."""
        for routes in self._routes:
            for source, target, _ in inhibiting(routes, self.facts.alerts):
                yield Edge(self._alerts[id(source)].id, "inhibits", self._alerts[id(target)].id)


def _asked_for(facts: Facts) -> dict[str, None]:
    """The names that any query asks for, in their order."""
    return dict.fromkeys(
        name
        for query in facts.queries
        for node in walk(query.tree)
        if isinstance(node, VectorSelector) and (name := metric_name(node))
    )


def _families(series: Mapping[str, Mapping[str, Series]]) -> dict[str, dict[str, Series]]:
    """Metric → its series. What is guessed to belong together does where its buckets, or sum and count, are there."""
    found: dict[str, dict[str, Series]] = {}
    for name, known in series.items():
        metric = name
        for one in known.values():
            if one.certain:
                metric = one.metric or name
            elif one.metric and one.metric != name:
                there = {suffix for suffix in _FAMILY if one.metric + suffix in series}
                if "_bucket" in there or {"_sum", "_count"} <= there:
                    metric = one.metric
        found.setdefault(metric, {}).update(known)
    return found
