"""A panel has no id in the file, so links to it do not last.

Grafana gives it the next free number whenever it loads the dashboard. Add a panel before it and the number is another
one: an alert that links to `viewPanel=4`, or a bookmark, then opens something else. Generated dashboards lack ids
often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Panels, not rows, whose id is missing or no number above zero."""
    for dashboard in facts.dashboards:
        highest = max((item.value.id for item in items(dashboard)), default=0)
        for item in items(dashboard):
            if item.value.type != "row" and item.value.id <= 0:
                highest = max(highest, 0) + 1
                yield CHECK.finding(
                    item.locate("id"),
                    item.subject,
                    "it has no id, so that Grafana numbers it anew each time and links to it do not last",
                    f'write "id": {highest}, and never change it again',
                )


CHECK = Check(
    code="missing-panel-id",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
)  # fmt: skip
