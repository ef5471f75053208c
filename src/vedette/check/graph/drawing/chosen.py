"""Which nodes are drawn, in which column and in which band, and which edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.check.graph.model import USING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.graph.model import Edge, Graph, Kind, Node

__all__ = ["GLOBAL", "SHARED", "Chosen", "choose"]

_DRAWN: Final[tuple[Kind, ...]] = ("service", "metric", "recording", "panel", "alert", "runbook", "receiver")
"""By column. A pack is a band; routes, dashboards and variables say nothing that the others do not."""
GLOBAL: Final = ("service", "receiver")
"""They belong to no band."""
SHARED: Final = ""
"""The band of what belongs to nobody, or to several."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is drawn."""

    columns: tuple[tuple[Node, ...], ...]
    """From left to right; none is empty."""
    bands: Mapping[str, str]
    """Band → its title, in their order."""
    band_of: Mapping[str, str]
    """Node → its band; services and receivers have none."""
    edges: tuple[Edge, ...]
    watched: tuple[tuple[str, str], ...]
    """Service, and the band of a pack that watches it."""


def choose(graph: Graph) -> Chosen:
    """The part of a graph that is drawn."""
    nodes = {node.id: node for node in graph.nodes.values() if node.kind in _DRAWN}
    edges = tuple(
        edge
        for edge in graph.edges
        if edge.source in nodes and edge.target in nodes and edge.meaning not in ("tells", "is routed by")
    )
    band_of = dict(_bands(nodes, edges))
    joined = {name for edge in edges for name in (edge.source, edge.target)}
    nodes = {name: node for name, node in nodes.items() if band_of.get(name) != SHARED or name in joined}
    packs = {node.name: node.label for node in graph.of_kind("pack")}
    used = dict.fromkeys(band_of[name] for name in nodes if name in band_of)
    ordered = [name for name in packs if name in used] + [name for name in used if name not in packs]
    bands = {name: packs.get(name, name) for name in ordered if name != SHARED}
    if SHARED in used:
        bands[SHARED] = "of no pack" if packs else "of several groups"
    watched = tuple(
        (edge.source, graph.nodes[edge.target].name)
        for edge in graph.edges
        if edge.meaning == "is watched by" and graph.nodes[edge.target].name in bands
    )
    levels = _levels(nodes, edges)
    last = max((levels[name] for name, node in nodes.items() if node.kind == "recording"), default=0)
    columns: dict[int, list[Node]] = {}
    for node in nodes.values():
        rank = _DRAWN.index(node.kind)
        column = rank if rank < 2 else 1 + levels[node.id] if node.kind == "recording" else last + rank
        columns.setdefault(column, []).append(node)
    return Chosen(tuple(tuple(columns[number]) for number in sorted(columns)), bands, band_of, edges, watched)


def _levels(nodes: Mapping[str, Node], edges: tuple[Edge, ...]) -> dict[str, int]:
    """How many recording rules stand one after another; rules in a circle stand side by side."""
    below: dict[str, list[str]] = {}
    for edge in edges:
        if edge.meaning == "records" and nodes[edge.target].kind == "recording":
            below.setdefault(edge.source, []).append(edge.target)
    levels: dict[str, int] = {}

    def level(name: str, above: frozenset[str]) -> int:
        if name not in levels:
            inner = [level(one, above | {name}) for one in below.get(name, ()) if one not in above and one != name]
            levels[name] = 1 + max(inner, default=0)
        return levels[name]

    return {name: level(name, frozenset()) for name in nodes}


def _bands(nodes: Mapping[str, Node], edges: tuple[Edge, ...]) -> Iterator[tuple[str, str]]:
    """A node without a pack stands where all who are joined to it stand, if that is one band."""
    own = {name: node.pack for name, node in nodes.items() if node.kind not in GLOBAL and node.pack}
    beside: dict[str, set[str]] = {}
    for edge in edges:
        if edge.meaning in USING or edge.meaning == "is explained by":
            for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
                if other in own:
                    beside.setdefault(one, set()).add(own[other])
    for name, node in nodes.items():
        if node.kind not in GLOBAL:
            around = beside.get(name, set())
            yield name, own.get(name) or (next(iter(around)) if len(around) == 1 else SHARED)
