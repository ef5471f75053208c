"""A panel reaches beyond the right edge of the dashboard.

A dashboard is 24 columns wide: `x` counts from 0, and `x + w` is at most 24. Grafana squeezes what is wider, or pushes
it to where the author did not want it. A panel 12 wide at `x` 18 comes from counting the columns as percents, or from
moving a panel in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_COLUMNS: Final = 24  # https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/


def find(facts: Facts) -> Iterator[Finding]:
    """Panels whose columns are not all among the 24, or which have no size."""
    for item in (item for dashboard in facts.dashboards for item in items(dashboard)):
        grid = item.value.grid
        if grid is None:
            continue
        if grid.x < 0 or grid.y < 0 or grid.w < 1 or grid.h < 1:
            what = f"it is {grid.w} wide and {grid.h} high at x {grid.x} and y {grid.y}, which is no place on the grid"
            fix = "write `w` and `h` of at least 1, and `x` and `y` of at least 0"
        elif grid.x + grid.w > _COLUMNS:
            what = f"it reaches from column {grid.x} to {grid.x + grid.w}, and a dashboard has {_COLUMNS} columns"
            fix = f"write `w` of at most {max(_COLUMNS - grid.x, 1)}, or a smaller `x`"
        else:
            continue
        yield CHECK.finding(item.locate("gridPos"), item.subject, what, fix)


CHECK = Check(
    code="outside-grid",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "text", "title": "About", "gridPos": {"x": 18, "y": 0, "w": 12, "h": 8}}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "text", "title": "About", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}}
  ]
}
"""),
)  # fmt: skip
