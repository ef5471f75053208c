"""Draw the diagrams of the documentation: ``python scripts/diagrams.py`` writes docs/pictures/<name>.svg.

A diagram is boxes on a grid and arrows between them. The colours follow the theme of whoever looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final, Literal

__all__ = ["DIAGRAMS", "draw"]

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
_CELL: Final = (204, 92)
_BOX: Final = (140, 52)
_MARGIN: Final = 18
_STYLE: Final = """\
  <style>
    svg { --ink: #1f2933; --line: #7b8794; --back: #ffffff; --yours: #e6f4f1; --ours: #eef2ff; --theirs: #fff6e5; }
    @media (prefers-color-scheme: dark) {
      svg { --ink: #e4e7eb; --line: #9aa5b1; --back: #1b2027; --yours: #17433b; --ours: #2a2f56; --theirs: #4a3a17; }
    }
    text { font: 12px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; }
    .small { font-size: 10px; fill: var(--line); }
    .box { stroke: var(--line); rx: 6px; } .yours { fill: var(--yours); } .ours { fill: var(--ours); }
    .theirs { fill: var(--theirs); } .way { stroke: var(--line); stroke-width: 1.4; fill: none; }
    .tip { fill: var(--line); } .under { fill: var(--back); }
  </style>"""

_TIP: Final = """\
  <defs>
    <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
      <path class="tip" d="M0 0L8 4L0 8z"/>
    </marker>
  </defs>"""

Whose = Literal["yours", "ours", "theirs"]


@dataclass(frozen=True, slots=True)
class Box:
    """A box: column and row, whose it is, and one or two lines of text."""

    column: float
    row: float
    whose: Whose
    text: str
    more: str = ""

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle, in pixels."""
        return _MARGIN + self.column * _CELL[0] + _BOX[0] / 2, _MARGIN + self.row * _CELL[1] + _BOX[1] / 2


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes by name, and arrows: from, to, and what goes along."""

    title: str
    boxes: dict[str, Box]
    arrows: list[tuple[str, str, str]] = field(default_factory=list)


DIAGRAMS: Final = {
    "data-flow": Diagram(
        "How data flows: from the application through samples and rules to a message and a page",
        {
            "code": Box(0, 0, "yours", "your code", "touches instruments"),
            "metrics": Box(1, 0, "yours", "/metrics", "text, OpenMetrics"),
            "exporter": Box(1, 1, "theirs", "exporters", "node, postgres, redis"),
            "collect": Box(2, 0, "ours", "collect", "discover, scrape"),
            "samples": Box(3, 0, "ours", "samples", "by target, in memory"),
            "rules": Box(4, 0, "ours", "rules", "record, judge"),
            "alerting": Box(5, 0, "ours", "alerting", "route, group, inhibit"),
            "promql": Box(3, 1, "ours", "PromQL", "vectorised"),
            "page": Box(4, 1, "ours", "page and APIs", "one port"),
            "outbox": Box(5, 1, "ours", "outbox", "on disk first"),
            "channels": Box(5, 2, "theirs", "mail, webhook", "until it is taken"),
            "people": Box(4, 2, "yours", "you, Grafana, amtool", "look and ask"),
        },
        [
            ("code", "metrics", ""), ("metrics", "collect", "scrape"), ("exporter", "collect", ""),
            ("collect", "samples", ""), ("samples", "rules", ""), ("rules", "alerting", "alerts"),
            ("samples", "promql", ""), ("promql", "page", ""), ("alerting", "outbox", ""),
            ("outbox", "channels", "deliver"), ("page", "people", ""),
        ],
    ),
    "deployment": Diagram(
        "Where it runs: one stack, built once, at your desk or on the servers of the field",
        {
            "stack": Box(0, 1, "yours", "packs and stack", "Python, typed"),
            "build": Box(1, 1, "ours", "vedette build", "one environment"),
            "up": Box(2, 0, "ours", "vedette up", "one process, one port"),
            "files": Box(2, 1, "ours", "built files", "the same for both"),
            "prometheus": Box(3, 1, "theirs", "Prometheus", "one, or a pair"),
            "alertmanager": Box(4, 1, "theirs", "Alertmanager", "one, or a cluster"),
            "grafana": Box(3, 2, "theirs", "Grafana", "provisioned"),
            "store": Box(4, 2, "theirs", "remote store", "a year and more"),
            "service": Box(3, 0, "yours", "your services", "and exporters"),
            "people": Box(5, 1, "yours", "those on call", ""),
        },
        [
            ("stack", "build", ""), ("build", "files", ""), ("files", "up", "at the desk"),
            ("files", "prometheus", "production"), ("prometheus", "alertmanager", "alerts"),
            ("alertmanager", "people", "tells"), ("grafana", "prometheus", "asks"), ("prometheus", "store", ""),
            ("prometheus", "service", "scrapes"), ("up", "service", "scrapes"),
        ],
    ),
    "alert-life": Diagram(
        "The life of an alert: from a value over its threshold to a message, and to the end of it",
        {
            "inactive": Box(0, 0, "ours", "inactive", "no value"),
            "pending": Box(1, 0, "ours", "pending", "not yet for long"),
            "firing": Box(2, 0, "ours", "firing", "held for its for"),
            "route": Box(3, 0, "ours", "routed", "by its labels"),
            "group": Box(4, 0, "ours", "grouped", "waits group_wait"),
            "sent": Box(5, 0, "theirs", "told", "mail, webhook…"),
            "held": Box(4, 1, "ours", "held back", "inhibited or muted"),
            "again": Box(5, 1, "ours", "told again", "repeat_interval"),
            "resolved": Box(2, 1, "ours", "resolved", "after keep_firing_for"),
            "over": Box(3, 1, "theirs", "told: it is over", "group_interval"),
        },
        [
            ("inactive", "pending", "true"), ("pending", "firing", "for"), ("firing", "route", ""),
            ("route", "group", ""), ("group", "sent", ""), ("group", "held", ""), ("sent", "again", ""),
            ("firing", "resolved", "false"), ("resolved", "over", ""),
        ],
    ),
    "pipeline": Diagram(
        "The way of the canary: scrape, samples, recording rule, alert, route, mail",
        {
            "canary": Box(0, 0, "yours", "canary.py", "canary_alive"),
            "samples": Box(1, 0, "ours", "samples", ""),
            "rule": Box(2, 0, "ours", "recording rule", "job:canary_alive:min"),
            "alert": Box(3, 0, "ours", "CanaryDead", "== 0"),
            "route": Box(4, 0, "ours", "route, group", "critical: at once"),
            "mail": Box(5, 0, "theirs", "mailbox", "mails.txt"),
        },
        [
            ("canary", "samples", "scrape"), ("samples", "rule", ""), ("rule", "alert", ""), ("alert", "route", ""),
            ("route", "mail", "mail"),
        ],
    ),
}  # fmt: skip


def draw(diagram: Diagram) -> str:
    """The diagram as SVG."""
    boxes = diagram.boxes.values()
    width = 2 * _MARGIN + max(box.column for box in boxes) * _CELL[0] + _BOX[0]
    height = 2 * _MARGIN + max(box.row for box in boxes) * _CELL[1] + _BOX[1]
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"  <title>{escape(diagram.title)}</title>",
        _STYLE,
        _TIP,
        f'  <rect class="under" width="{width:g}" height="{height:g}" rx="8"/>',
    ]
    for start, end, label in diagram.arrows:
        lines += _arrow(diagram.boxes[start], diagram.boxes[end], label)
    for box in boxes:
        x, y = box.middle
        lines.append(
            f'  <rect class="box {box.whose}" x="{x - _BOX[0] / 2:g}" y="{y - _BOX[1] / 2:g}" width="{_BOX[0]}" '
            f'height="{_BOX[1]}" rx="6"/>'
        )
        lines.append(f'  <text x="{x:g}" y="{y - 3 if box.more else y + 4:g}">{escape(box.text)}</text>')
        if box.more:
            lines.append(f'  <text class="small" x="{x:g}" y="{y + 14:g}">{escape(box.more)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _arrow(start: Box, end: Box, label: str) -> list[str]:
    """From edge to edge: straight along a row or a column, else first along the row."""
    (x0, y0), (x1, y1) = start.middle, end.middle
    across, down = (_BOX[0] / 2, _BOX[1] / 2)
    if y0 == y1:
        side = across if x1 > x0 else -across
        points, at = [(x0 + side, y0), (x1 - side, y1)], ((x0 + x1) / 2, y0 - 5)
    elif x0 == x1:
        side = down if y1 > y0 else -down
        points, at = [(x0, y0 + side), (x1, y1 - side)], (x0 + 36, (y0 + y1) / 2 + 3)
    else:
        side = across if x1 > x0 else -across
        half = (x0 + x1) / 2
        points, at = [(x0 + side, y0), (half, y0), (half, y1), (x1 - side, y1)], (half, (y0 + y1) / 2)
    path = "L".join(f"{x:g} {y:g}" for x, y in points)
    found = [f'  <path class="way" d="M{path}" marker-end="url(#tip)"/>']
    if label:
        found.append(f'  <text class="small" x="{at[0]:g}" y="{at[1]:g}">{escape(label)}</text>')
    return found


if __name__ == "__main__":
    for name, diagram in DIAGRAMS.items():
        (PICTURES / f"{name}.svg").write_text(draw(diagram), "utf-8")
        print(f"docs/pictures/{name}.svg")
