"""The graph as Mermaid's text, which Git forges and documentation draw: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.graph.drawing.chosen import choose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.graph.model import Edge, Graph, Kind, Meaning, Node

__all__ = ["MOST_EDGES", "mermaid"]

MOST_EDGES: Final = 500
"""Mermaid draws no more, unless the page that it is on says otherwise (its setting maxEdges)."""

_SHAPES: Final[dict[Kind, tuple[str, str]]] = {
    "service": ("[[", "]]"), "metric": ("[(", ")]"), "recording": ("[", "]"), "panel": ("[/", "/]"),
    "alert": ("{{", "}}"), "runbook": ("[", "]"), "receiver": ("([", "])"),
}  # fmt: skip
_ARROWS: Final[dict[Meaning, str]] = {"is drawn on": "-.->", "is explained by": "-.->"}
_SAID: Final[frozenset[Meaning]] = frozenset({"is drawn on", "is explained by", "asks for"})
"""Meanings that the shapes at the ends do not tell."""


def mermaid(graph: Graph) -> str:
    """A flowchart; arrows go as data flows."""
    chosen = choose(graph)
    nodes = [node for column in chosen.columns for node in column]
    names = {node.id: f"n{number}" for number, node in enumerate(nodes, 1)}
    bands = {name: f"b{number}" for number, name in enumerate(chosen.bands, 1)}
    lines = ["flowchart LR"]
    lines += [f"  {_node(node, names)}" for node in nodes if node.id not in chosen.band_of]
    for name, title in chosen.bands.items():
        lines.append(f'  subgraph {bands[name]}["{_escaped(title)}"]')
        lines += [f"    {_node(node, names)}" for node in nodes if chosen.band_of.get(node.id) == name]
        lines.append("  end")
    lines += [f"  {names[service]} --> {bands[band]}" for service, band in chosen.watched if service in names]
    lines += [f"  {line}" for edge in chosen.edges for line in _edge(edge, names)]
    return "\n".join(lines) + "\n"


def _node(node: Node, names: dict[str, str]) -> str:
    before, after = _SHAPES[node.kind]
    return f'{names[node.id]}{before}"{_escaped(node.label)}"{after}'


def _edge(edge: Edge, names: dict[str, str]) -> Iterator[str]:
    start, end = edge.flow
    said = f"|{edge.meaning}|" if edge.meaning in _SAID else ""
    yield f"{names[start]} {_ARROWS.get(edge.meaning, '-->')}{said} {names[end]}"


def _escaped(text: str) -> str:
    """Quotes, and what HTML or Mermaid would read, as its entities."""
    marks = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}
    return "".join(marks.get(character, character) for character in " ".join(text.split()))
