"""A table asks for every point of the time range, and shows a line for each.

A table is mostly meant to show how things are now. Without `instant`, the query asks for the whole time range: every
series is there hundreds of times, the newest value anywhere among them, and the browser has to hold it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_REDUCING: Final = frozenset(("reduce", "groupBy", "timeSeriesTable", "limit", "histogram"))


def find(facts: Facts) -> Iterator[Finding]:
    """Tables of a whole range, as a table and not made shorter by a transformation."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        if panel.value.type not in ("table", "table-old"):
            continue
        if any(str(one.get("id")) in _REDUCING for one in panel.value.transformations):
            continue
        for target, one in pairs(panel):
            if target.format == "table" and not target.instant and one.query is not None:
                index = panel.value.targets.index(target)
                yield CHECK.finding(
                    panel.locate(f"targets[{index}].instant"),
                    panel.subject,
                    "its query asks for the whole time range, so that the table has a line for every point of it",
                    'write "instant": true and "range": false in the query, to show how it is now',
                )


CHECK = Check(
    code="instant-table",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "table",
      "title": "Orders by shop",
      "targets": [{"refId": "A", "expr": "sum by (shop) (shop_orders)", "format": "table"}]
    }
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "table",
      "title": "Orders by shop",
      "targets": [{"refId": "A", "expr": "sum by (shop) (shop_orders)", "format": "table", "instant": true}]
    }
  ]
}
"""),
)  # fmt: skip
