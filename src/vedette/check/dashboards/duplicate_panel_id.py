"""Two panels of a dashboard have the same id, so a link to one can open the other.

Links to a panel (`viewPanel=4`), links from alerts, embedded panels and annotations name it by its id. It has to be
unique within the dashboard, panels in folded rows included. Copying a panel in the file, or merging two dashboards by
hand, makes twins. Grafana renumbers one of them when it loads the dashboard, and not always the same one.
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
    """Panels and rows whose id an earlier one has."""
    for dashboard in facts.dashboards:
        first: dict[int, str] = {}
        highest = max((item.value.id for item in items(dashboard)), default=0)
        for item in items(dashboard):
            number = item.value.id
            if number <= 0:
                continue
            if number not in first:
                first[number] = item.value.title or f"the {item.value.type or 'library'} panel without a title"
                continue
            highest += 1
            yield CHECK.finding(
                item.locate("id"),
                item.subject,
                f"its id {number} is that of {first[number]!r} too, so that a link to one can open the other",
                f"give it an id of its own, such as {highest}",
            )


CHECK = Check(
    code="duplicate-panel-id",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "shop_orders"}]},
    {"id": 1, "type": "stat", "title": "Customers", "targets": [{"refId": "A", "expr": "shop_customers"}]}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "shop_orders"}]},
    {"id": 2, "type": "stat", "title": "Customers", "targets": [{"refId": "A", "expr": "shop_customers"}]}
  ]
}
"""),
)  # fmt: skip
