"""What hangs together: who declares, uses, shows and explains what, who is told; and what would break if it changed."""

from __future__ import annotations

from vedette.check.graph.change import Change, changes_of
from vedette.check.graph.make import graph_of
from vedette.check.graph.model import Edge, Graph, Kind, LabelUse, Meaning, Node, Use

__all__ = ["Change", "Edge", "Graph", "Kind", "LabelUse", "Meaning", "Node", "Use", "changes_of", "graph_of"]
