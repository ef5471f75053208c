"""What there is to say about a label: which series have it, who names it, what would break without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.graph.change import label_lost
from vedette.check.graph.explanation import Explanation, LabelLine, User
from vedette.check.graph.model import MeasuredMetric
from vedette.check.graph.pieces import label_words
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from vedette.check.facts import Facts
    from vedette.check.graph.model import Graph, Node

__all__ = ["explain_label", "label_names"]


def label_names(graph: Graph) -> frozenset[str]:
    """Every label that a series is known to have, or that somebody names."""
    known = {
        name
        for node in graph.of_kind("metric")
        if isinstance(node.fact, MeasuredMetric)
        for one in node.fact.series
        for name, label in one.labels.named.items()
        if label.state != "never"
    }
    named = {use.name for edge in graph.edges for one in edge.uses for use in one.labels}
    return frozenset((known | named) - {NAME})


def explain_label(graph: Graph, facts: Facts, label: str) -> Explanation | None:
    """A label: which metrics have it, who names it; None where there is none of that name."""
    if label not in label_names(graph):
        return None
    having: list[Node] = []
    lines: list[LabelLine] = []
    for node in (*graph.of_kind("metric"), *graph.of_kind("recording")):
        series = [facts.known(name) for name in graph.names_of(node)]
        found = [one.labels.get(label) for one in series if one is not None and label in one.labels.named]
        there = [one for one in found if one.state != "never"]
        if there:
            having.append(node)
            lines.append(LabelLine(node.name, label_words(there[0]), node.kind))
    users = [
        User(graph.nodes[edge.source], edge.meaning, uses, (graph.nodes[edge.target].name,))
        for edge in graph.edges
        if (uses := tuple(use for use in edge.uses if any(one.name == label for one in use.labels)))
    ]
    metrics = [node for node in having if node.kind == "metric"] or having
    return Explanation(
        kind="label",
        name=label,
        labels=tuple(lines),
        users=tuple(users),
        changes=(label_lost(graph, facts, metrics, label),) if metrics else (),
    )
