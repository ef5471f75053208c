"""Which nodes are drawn, in which column and in which band, and which edges between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.check.graph.model import USING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    declared = bool(graph.of_kind("pack"))
    nodes = {
        node.id: node
        for node in graph.nodes.values()
        # the home of a stack repeats what its packs show
        if node.kind in _DRAWN and not (declared and node.kind == "panel" and not node.pack)
    }
    edges = tuple(
        edge
        for edge in graph.edges
        if edge.source in nodes and edge.target in nodes and edge.meaning not in ("tells", "is routed by")
    )
    band_of, merged = _bands(nodes, edges)
    joined = {name for edge in edges for name in (edge.source, edge.target)}
    nodes = {name: node for name, node in nodes.items() if band_of.get(name) != SHARED or name in joined}
    packs = {node.name: node.label for node in graph.of_kind("pack")}
    used = dict.fromkeys(band_of[name] for name in nodes if name in band_of)
    ordered = [name for name in packs if name in used] + [name for name in used if name not in packs]
    dashboards: dict[str, list[str]] = {}
    for dashboard, band in merged.items():
        dashboards.setdefault(band, []).append(dashboard)
    bands = {name: " · ".join([packs.get(name, name), *dashboards.get(name, ())]) for name in ordered if name != SHARED}
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


def _bands(nodes: Mapping[str, Node], edges: tuple[Edge, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """The band of each node, and which dashboards stand in the band of a group of rules.

    A node that belongs to nobody stands where most of those stand to whom it is joined, if these are half or more.
    """
    own = {name: node.pack for name, node in nodes.items() if node.kind not in GLOBAL and node.pack}
    beside: dict[str, list[str]] = {}
    for edge in edges:
        if edge.meaning in USING or edge.meaning in ("is explained by", "is drawn on"):
            beside.setdefault(edge.source, []).append(edge.target)
            beside.setdefault(edge.target, []).append(edge.source)
    merged = _merged(nodes, own, beside)
    own = {name: merged.get(band, band) for name, band in own.items()}
    found: dict[str, str] = {}
    for name, node in nodes.items():
        if node.kind not in GLOBAL:
            around = Counter(own[other] for other in beside.get(name, ()) if other in own)
            found[name] = own.get(name) or _most(around)
    return found, merged


def _merged(nodes: Mapping[str, Node], own: Mapping[str, str], beside: Mapping[str, list[str]]) -> dict[str, str]:
    """Dashboard → the group of rules that shows mostly the same: in files nobody says that they belong together."""
    kinds: dict[str, set[str]] = {}
    for name, band in own.items():
        kinds.setdefault(band, set()).add(nodes[name].kind)
    links: dict[str, Counter[str]] = {band: Counter() for band, found in kinds.items() if found == {"panel"}}
    for name, band in own.items():
        if band in links:
            for other in beside.get(name, ()):
                reached = {own[other]} if other in own else {own[far] for far in beside.get(other, ()) if far in own}
                links[band].update(one for one in sorted(reached) if one not in links)
    return {band: best for band, count in links.items() if (best := _most(count)) != SHARED}


def _most(count: Counter[str]) -> str:
    """What comes up in half of the cases or more."""
    best, number = max(count.items(), key=lambda one: one[1], default=(SHARED, 0))
    return best if 2 * number >= count.total() else SHARED
