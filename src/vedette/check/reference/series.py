"""The pages of metrics and of recording rules: what each is, and who asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.facts import Recording
from vedette.check.graph.model import USING, MeasuredMetric
from vedette.check.graph.pieces import unit_words
from vedette.check.reference.words import Linked, cell, code, table
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.graph import Graph, Node
    from vedette.instruments.metrics import Metric

__all__ = ["metrics_page", "recordings_page", "users"]


def metrics_page(graph: Graph) -> list[str]:
    """Every metric, by pack; at the end what the scrape itself writes."""
    lines: list[str] = []
    for pack, nodes in _by_pack(graph, "metric").items():
        lines += [f"## Pack {pack}" if pack else "## Of no pack", ""]
        for node in nodes:
            if isinstance(node.fact, MeasuredMetric):
                lines += [f"### `{node.name}`", "", *_metric(graph, node, node.fact)]
    return lines


def _metric(graph: Graph, node: Node, fact: MeasuredMetric) -> Iterator[str]:
    declared = fact.declared
    if declared is not None:
        yield from (declared.help, "")
    elif fact.series:
        yield from (f"{fact.series[0].why[:1].upper()}{fact.series[0].why[1:]}.", "")
    rows = list(_declared(declared) if declared is not None else _found(fact))
    yield from table(("", ""), [*rows, *users(graph, node)])


def _declared(metric: Metric) -> Iterator[tuple[str, str]]:
    yield "type", metric.type
    if metric.unit:
        yield "unit", metric.unit
    for name, values in metric.label_values.items():
        yield "label", f"{code(name)} = {cell(', '.join(values))}" if values else code(name)
    if metric.exporter:
        yield "exposed by", cell(metric.exporter)


def _found(fact: MeasuredMetric) -> Iterator[tuple[str, str]]:
    for one in fact.series:
        yield "type", one.type
        if unit := unit_words(one.unit):
            yield "unit", unit


def recordings_page(graph: Graph) -> list[str]:
    """Every recorded series, by pack, with the queries of its rules."""
    lines: list[str] = []
    linked = Linked(graph)
    for pack, nodes in _by_pack(graph, "recording").items():
        lines += [f"## Pack {pack}", ""]
        for node in nodes:
            rules = [one for one in node.fact if isinstance(one, Recording)] if isinstance(node.fact, tuple) else []
            lines += [f"### `{node.name}`", ""]
            for rule in rules:
                lines += ["```promql", rule.query.text.value, "```", ""]
            every = {format_duration(rule.group.interval) for rule in rules if rule.group.interval}
            rows = [("evaluated every", ", ".join(sorted(every)))] if every else []
            rows.append(("asks for", linked.all(graph.nodes[edge.target] for edge in graph.out_of(node, "records"))))
            lines += table(("", ""), [*rows, *users(graph, node)])
    return lines


def users(graph: Graph, node: Node) -> Iterator[tuple[str, str]]:
    """Who asks for the data of a node: by kind, and those that get it through others apart."""
    linked = Linked(graph)
    direct = [graph.nodes[edge.source] for edge in graph.into(node, *USING)]
    for kind, title in (("recording", "recorded by"), ("alert", "alerts"), ("panel", "panels")):
        if links := linked.all(one for one in direct if one.kind == kind):
            yield title, links
    through = [one for one in graph.users(node) if one not in direct and one.kind in ("alert", "panel")]
    if through:
        yield "through these", linked.all(through)
    if not direct:
        yield "asked for by", "nobody"


def _by_pack(graph: Graph, kind: str) -> dict[str, list[Node]]:
    """Pack → its nodes; those of no pack are last."""
    found: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        if node.kind == kind:
            found.setdefault(node.pack, []).append(node)
    return dict(sorted(found.items(), key=lambda one: (not one[0], one[0])))
