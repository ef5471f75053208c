"""The picture as SVG: it needs no script and no font, follows the reader's theme, and tells more under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from vedette.check.graph.drawing.layout import lay_out, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.graph.drawing.layout import Band, Box, Picture, Wire
    from vedette.check.graph.model import Edge, Graph, Meaning, Node
    from vedette.place import Place

__all__ = ["STYLE", "svg"]

STYLE: Final = """\
svg { --paper: #ffffff; --ink: #17212b; --quiet: #5b6875; --band: #f4f6f8; --line: #d5dce4;
  --service: #e8eaed; --metric: #dcebfb; --recording: #d9f1ec; --panel: #fdf1d3; --alert: #fbdfdc;
  --runbook: #ece6f8; --receiver: #e3e7ec;
  --records: #2f6fd0; --shows: #a87b00; --alerts: #c8382c; --told: #7a5bc0; --other: #8a97a5;
  background: var(--paper); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, sans-serif }
@media (prefers-color-scheme: dark) { svg { --paper: #12171d; --ink: #e8edf2; --quiet: #9aa7b4; --band: #1a2129;
  --line: #33404d; --service: #2b343e; --metric: #173a5e; --recording: #12463d; --panel: #4d3d0f; --alert: #5c231f;
  --runbook: #3a2d5c; --receiver: #2f3944;
  --records: #6aa5f5; --shows: #d3a833; --alerts: #ef7a70; --told: #ae93ea; --other: #7c8a98 } }
text { fill: var(--ink) }
.quiet, .heading { fill: var(--quiet) }
.heading { font-size: 11px; letter-spacing: .06em; text-transform: uppercase }
.name { font-size: 16px; font-weight: 600 }
.title { font-weight: 600 }
.band { fill: var(--band); stroke: var(--line) }
.box { stroke: var(--line) }
.of { stroke: var(--ink); stroke-width: 2 }
.service { fill: var(--service) } .metric { fill: var(--metric) } .recording { fill: var(--recording) }
.panel { fill: var(--panel) } .alert { fill: var(--alert) } .runbook { fill: var(--runbook) }
.receiver { fill: var(--receiver) }
path { fill: none; stroke: var(--other); stroke-width: 1.2; opacity: .75 }
.records { stroke: var(--records) } .shows { stroke: var(--shows) } .alerts { stroke: var(--alerts) }
.told { stroke: var(--told) } .drawn { stroke-dasharray: 4 3 } .watched { stroke-width: 2 }
path:hover { stroke-width: 3; opacity: 1 }"""
"""What it looks like, by day and by night."""

_CLASS: Final[dict[Meaning, str]] = {
    "records": "records", "shows": "shows", "alerts on": "alerts", "asks for": "shows", "is told to": "told",
    "is drawn on": "drawn",
}  # fmt: skip
_MOST: Final = 12
_NAMESPACE: Final = "http://www.w3.org/2000/svg"


def svg(graph: Graph, title: str, *, of: Node | None = None, told: Callable[[Place], str] = str) -> str:
    """The picture of a graph; ``of`` is what it is about, ``told`` says a place."""
    picture = lay_out(graph)
    width, height = round(picture.width), round(picture.height)
    lines = [
        f'<svg xmlns="{_NAMESPACE}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        f'<rect width="{width}" height="{height}" style="fill: var(--paper)"/>',
        f'<text x="24" y="34" class="name">{escape(title)}</text>',
        *(f'<text x="{x:.0f}" y="62" class="heading">{escape(text)}</text>' for x, text in picture.headings),
        *(line for band in picture.bands for line in _band(band, picture)),
        *(_wire(wire, picture, graph) for wire in picture.wires),
        *(_box(box, box.node, of, told) for box in picture.boxes if box.node is not None),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _band(band: Band, picture: Picture) -> Iterator[str]:
    width, height = picture.right - picture.left, band.bottom - band.top
    at = f'x="{picture.left:.1f}" y="{band.top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    yield f'<rect class="band" {at} rx="8"/>'
    yield f'<text class="title" x="{picture.left + 12:.1f}" y="{band.top + 19:.1f}">{escape(band.title)}</text>'


def _box(box: Box, node: Node, of: Node | None, told: Callable[[Place], str]) -> str:
    where = f"\n{told(node.place)}" if node.place is not None else ""
    chosen = " of" if of is not None and of.id == node.id else ""
    return (
        f"<g><title>{escape(f'{node.kind} {node.name}{where}')}</title>"
        f'<rect class="box {node.kind}{chosen}" x="{box.x:.1f}" y="{box.y - box.height / 2:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="5"/>'
        f'<text x="{box.x + 9:.1f}" y="{box.y + 4:.1f}">{escape(shortened(node.label))}</text></g>'
    )


def _wire(wire: Wire, picture: Picture, graph: Graph) -> str:
    start = wire.start
    assert start is not None
    if wire.end is None:
        top = next(band.top for band in picture.bands if band.name == wire.band)
        end_x, end_y = picture.left, top + 15
        kind, title = "watched", f"{start.node.label if start.node else ''} is watched by {wire.band}"
    else:
        end_x, end_y = wire.end.x, wire.end.y
        kinds = dict.fromkeys(_CLASS.get(edge.meaning, "") for edge in wire.edges)
        kind = next(iter(kinds)) if len(kinds) == 1 else ""
        title = "\n".join(_sentences(wire.edges, graph))
    # what passes a column is drawn through it, so that it is one line
    begin = f"M{start.x:.1f},{start.y:.1f} H{start.x + start.width:.1f}" if start.node is None else (
        f"M{start.x + start.width:.1f},{start.y:.1f}"
    )  # fmt: skip
    from_x = start.x + start.width
    if wire.end is not None and wire.end.column == start.column:  # within a column: a bow on its right
        bow = max(from_x, wire.end.x + wire.end.width) + 26
        curve = f"C{bow:.1f},{start.y:.1f} {bow:.1f},{end_y:.1f} {wire.end.x + wire.end.width:.1f},{end_y:.1f}"
    else:
        middle = (from_x + end_x) / 2
        curve = f"C{middle:.1f},{start.y:.1f} {middle:.1f},{end_y:.1f} {end_x:.1f},{end_y:.1f}"
    return f'<path class="{kind}" d="{begin} {curve}"><title>{escape(title)}</title></path>'


def _sentences(edges: tuple[Edge, ...], graph: Graph) -> Iterator[str]:
    for edge in edges[:_MOST]:
        parts = "; ".join(dict.fromkeys(use.part for use in edge.uses))
        told = f": {parts}" if parts else ""
        yield f"{graph.nodes[edge.source].name} {edge.meaning} {graph.nodes[edge.target].name}{told}"
    if len(edges) > _MOST:
        yield f"and {len(edges) - _MOST} more"
