"""Two panels stand on the same place, so Grafana moves one of them.

A panel takes `w` columns of 24 from `x`, and `h` lines from `y`. Where two of them meet, Grafana pushes one down, with
all that is below it: the layout is not the one in the file, and saving the dashboard changes the file. Panels in a
folded row stand on a grid of their own, which is compared apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.dashboards._panels import Item
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.grafana import GridPos

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Panels that meet one that begins above or beside them; each once."""
    for dashboard in facts.dashboards:
        groups: dict[int, list[tuple[GridPos, Item]]] = {}
        for item in items(dashboard):
            if item.value.grid is not None:
                groups.setdefault(item.group, []).append((item.value.grid, item))
        for boxes in groups.values():
            for item, other in _meetings(boxes):
                yield CHECK.finding(
                    item.locate("gridPos"),
                    item.subject,
                    f"it stands on the same place as {_named(other)}, so that Grafana moves one of them",
                    "change `x` or `y` in its `gridPos` so that they do not meet",
                )


def _meetings(boxes: list[tuple[GridPos, Item]]) -> Iterator[tuple[Item, Item]]:
    """From the top down: only what still reaches to the line of a box can meet it."""
    reaching: list[tuple[GridPos, Item]] = []
    for grid, item in sorted(boxes, key=lambda box: box[0].y):
        reaching = [(above, other) for above, other in reaching if above.y + above.h > grid.y]
        met = next((other for above, other in reaching if _meet(above, grid)), None)
        if met is None:
            reaching.append((grid, item))
        else:
            yield item, met


def _meet(a: GridPos, b: GridPos) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def _named(item: Item) -> str:
    kind = "row" if item.value.type == "row" else "panel"
    return f"{kind} {item.value.title!r}" if item.value.title else f"the {kind} with the id {item.value.id}"


CHECK = Check(
    code="overlapping-panels",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "text", "title": "About", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}},
    {"id": 2, "type": "text", "title": "Help", "gridPos": {"x": 8, "y": 4, "w": 12, "h": 8}}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "text", "title": "About", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}},
    {"id": 2, "type": "text", "title": "Help", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}}
  ]
}
"""),
)  # fmt: skip
