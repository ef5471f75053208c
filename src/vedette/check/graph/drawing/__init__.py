"""The graph as a picture: Mermaid's text, or an SVG of our own."""

from __future__ import annotations

from vedette.check.graph.drawing.mermaid import mermaid
from vedette.check.graph.drawing.svg import svg

__all__ = ["mermaid", "svg"]
