"""The graph and what it tells as plain values for JSON; files are named relative to one folder."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from vedette.check.finding import Finding
from vedette.check.graph.model import Node
from vedette.place import Place

if TYPE_CHECKING:
    from vedette.check.graph.model import Graph
    from vedette.check.sources import Sources

__all__ = ["plain", "plain_graph"]


def plain(value: object, sources: Sources) -> Any:
    """A value of the graph; keys are its fields, and what a node knows of itself stays out."""
    match value:
        case Place():
            return {"file": sources.name(value.file), "line": value.line, "column": value.column or None}
        case Node():
            return {
                "id": value.id,
                "kind": value.kind,
                "name": value.name,
                "title": value.label,
                "pack": value.pack or None,
                "place": plain(value.place, sources),
            }
        case Finding():
            (named,) = sources.named([value])
            kept = ("code", "level", "subject", "message", "fix", "certain")
            return {**{key: getattr(named, key) for key in kept}, "place": plain(value.place, sources)}
        case tuple() | list():
            return [plain(item, sources) for item in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name), sources) for field in fields(value)}
        case _:
            return value


def plain_graph(graph: Graph, sources: Sources) -> dict[str, Any]:
    """All nodes, and all edges by their ids."""
    edges = (*graph.edges, *graph.inhibitions)
    return {
        "version": 1,
        "nodes": [plain(node, sources) for node in graph.nodes.values()],
        "edges": [plain(edge, sources) for edge in edges],
    }
