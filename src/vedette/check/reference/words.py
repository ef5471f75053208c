"""What the pages are written with: tables, code, and links from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.facts import Dashboard, Panel
from vedette.check.markdown import slug
from vedette.formats.template_words import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.check.graph import Graph, Node

__all__ = ["Linked", "cell", "code", "spoken", "table"]


def spoken(text: str) -> str:
    """A text of an alert with what is filled in as *job* and *value*: many sites would fill in braces themselves."""
    return in_words(text, "*{}*".format)


def cell(text: object) -> str:
    """On one line; a bar would end the cell, in code as well."""
    return " ".join(str(text).split()).replace("|", "\\|")


def code(text: object) -> str:
    """As code in a cell."""
    return f"`{cell(text)}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table and an empty line behind it; nothing where it would have no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines, ""] if lines else []


class Linked:
    """Links from the pages of one folder.

    Args:
        graph: whose nodes they lead to.
        up: the way from the page to the first page, ``../`` of one that is in a folder.
    """

    def __init__(self, graph: Graph, up: str = "") -> None:
        self.graph = graph
        self.up = up

    def to(self, node: Node) -> str:
        """A link to what is said of a node; its name alone where nothing is."""
        match node.kind:
            case "metric" | "recording" | "alert":
                return f"[{cell(node.name)}]({self.up}{node.kind}s.md#{slug(node.name)})"
            case "dashboard" if isinstance(node.fact, Dashboard):
                return f"[{cell(node.name)}]({self.up}dashboards/{node.fact.value.uid}.md)"
            case "panel" | "variable":
                return self._within(node)
            case "runbook":
                return f"[{cell(node.name)}]({self.up}runbooks/{node.name}.md)"
            case _:
                return cell(node.label)

    def all(self, nodes: Iterable[Node]) -> str:
        """Links to some nodes, in their order, each once."""
        return ", ".join(dict.fromkeys(map(self.to, nodes)))

    def _within(self, node: Node) -> str:
        """A part of a dashboard: the dashboard's page, and there the part's own line."""
        above = next((self.graph.nodes[edge.source] for edge in self.graph.into(node, "contains")), None)
        if above is None or not isinstance(above.fact, Dashboard):
            return cell(node.label)
        anchor = f"#panel-{node.fact.value.id}" if isinstance(node.fact, Panel) else ""
        return f"[{cell(node.name)}]({self.up}dashboards/{above.fact.value.uid}.md{anchor})"
