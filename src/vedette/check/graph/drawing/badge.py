"""A badge for a README: what it is about, and the level."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from vedette.check.graph.drawing.layout import width_of

__all__ = ["badge"]

_COLOURS: Final = ("#5b6875", "#b3372c", "#a8541a", "#86690b", "#18715f", "#1a7f37")
"""By level; white text on each has a contrast of 4.5 to 1 or more."""


def badge(level: int, of: int) -> str:
    """The badge as SVG."""
    left, right = "monitoring", f"level {level} of {of}"
    first, second = round(width_of(left)) + 14, round(width_of(right)) + 14
    width = first + second
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="22" role="img" aria-label="{left}: {escape(right)}">
<title>{left}: {escape(right)}</title>
<clipPath id="round"><rect width="{width}" height="22" rx="4"/></clipPath>
<g clip-path="url(#round)"><rect width="{first}" height="22" fill="#3a444f"/>
<rect x="{first}" width="{second}" height="22" fill="{_COLOURS[level]}"/></g>
<g fill="#fff" text-anchor="middle" font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif" font-size="12">
<text x="{first / 2:g}" y="15">{left}</text><text x="{first + second / 2:g}" y="15">{escape(right)}</text></g>
</svg>
"""
