"""The page of alerts: when each fires, who is told and when, what to look at and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog import SEVERITIES
from vedette.check.facts import Alert
from vedette.check.graph.firing import contacts, firing_lines
from vedette.check.graph.told import routes_of
from vedette.check.markdown import slug
from vedette.check.reference.words import Linked, cell, code, spoken, table
from vedette.duration import format_duration
from vedette.formats.alertmanager import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.build.plan import Use
    from vedette.check.facts import Facts
    from vedette.check.graph import Graph, Node
    from vedette.check.graph.told import Routes

__all__ = ["alerts_page"]


def alerts_page(graph: Graph, facts: Facts, uses: Mapping[str, Sequence[Use]]) -> list[str]:
    """All alerts in one table, the most severe first, then each of them; ``uses`` say with which thresholds."""
    named: dict[str, list[tuple[Node, Alert]]] = {}
    for node in graph.of_kind("alert"):
        if isinstance(node.fact, Alert):
            named.setdefault(node.name, []).append((node, node.fact))
    lines = table(
        ("alert", "severity", "for", "summary", "told"),
        (_row(graph, *having[0]) for having in sorted(named.values(), key=_rank)),
    )
    routes = routes_of(facts)
    packs: dict[str, list[str]] = {}
    for name, having in named.items():
        packs.setdefault(having[0][0].pack, []).append(name)
    for pack, names in sorted(packs.items()):
        lines += [f"## Pack {pack}", "", *_thresholds(pack, uses.get(pack, ()))]
        for name in names:
            lines += [f"### {name}", ""]
            for node, alert in named[name]:
                lines += _alert(graph, facts, node, alert, routes)
    return lines


def _rank(having: Sequence[tuple[Node, Alert]]) -> tuple[int, str, str]:
    node, alert = having[0]
    severity = _label(alert, "severity")
    known: tuple[str, ...] = SEVERITIES
    return known.index(severity) if severity in known else len(known), node.pack, node.name


def _row(graph: Graph, node: Node, alert: Alert) -> tuple[str, ...]:
    told = [graph.nodes[edge.target].fact for edge in graph.out_of(node, "is told to")]
    ways = [f"{kind} {to}".strip() for one in told if isinstance(one, Receiver) for kind, to in contacts(one)]
    return (
        f"[{cell(node.name)}](#{slug(node.name)})",
        _label(alert, "severity"),
        format_duration(alert.for_),
        cell(_said(alert, "summary")),
        cell(", ".join(dict.fromkeys(ways)) or "nobody"),
    )


def _thresholds(pack: str, uses: Sequence[Use]) -> list[str]:
    """With services beside the value, where they differ."""
    rows: list[tuple[str, ...]] = []
    for name in uses[0].pack.parameters if uses else ():
        values: dict[str, list[str]] = {}
        for use in uses:
            values.setdefault(code(use.pack.parameters[name]), []).extend(one.name for one in use.services)
        differ = [f"{one} ({', '.join(whose)})" if len(values) > 1 else one for one, whose in values.items()]
        rows.append((code(f"{pack}.{name}"), ", ".join(differ)))
    return table(("threshold", "value"), rows)


def _alert(graph: Graph, facts: Facts, node: Node, alert: Alert, routes: Sequence[Routes]) -> Iterator[str]:
    linked = Linked(graph)
    if description := _said(alert, "description"):
        yield from (description, "")
    yield from ("```promql", alert.query.text.value, "```", "")
    rows = [("summary", cell(_said(alert, "summary")))]
    rows += [(line.term, cell(line.text)) for line in firing_lines(graph, facts, node, alert, routes)]
    rows += [("team", cell(_label(alert, "team")))] if _label(alert, "team") else []
    rows.append(("rests on", linked.all(graph.sources(node))))
    rows += [("panel", linked.to(graph.nodes[edge.target])) for edge in graph.out_of(node, "is drawn on")]
    rows += [("runbook", linked.to(graph.nodes[edge.target])) for edge in graph.out_of(node, "is explained by")]
    yield from table(("", ""), rows)


def _said(alert: Alert, name: str) -> str:
    return spoken(alert.annotations[name].value) if name in alert.annotations else ""


def _label(alert: Alert, name: str) -> str:
    return alert.labels[name].value if name in alert.labels else ""
