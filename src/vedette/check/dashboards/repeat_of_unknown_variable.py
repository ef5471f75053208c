"""A panel or row is repeated for each value of a variable that the dashboard does not have.

With `repeat`, Grafana draws the panel once for each chosen value. Where there is no variable of that name it is drawn
once, and says nothing. It happens when a variable is renamed: the key is in no text that a search would find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import items
from vedette.check.dashboards._variables import defined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Repeats over no variable."""
    for dashboard in facts.dashboards:
        known = defined(dashboard.value)
        for item in items(dashboard):
            name = item.value.repeat
            if not name or name in known:
                continue
            kind = "row" if item.value.type == "row" else "panel"
            yield CHECK.finding(
                item.locate("repeat"),
                item.subject,
                f"it is repeated for each value of {name!r}, and the dashboard has no such variable",
                f"write a variable that exists, or remove `repeat` from the {kind}{nearest(name, known)}",
            )


CHECK = Check(
    code="repeat-of-unknown-variable",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [{"name": "shop", "type": "custom", "query": "north,south", "multi": true}]},
  "panels": [
    {
      "id": 1,
      "type": "stat",
      "title": "Orders of $shop",
      "repeat": "store",
      "targets": [{"refId": "A", "expr": "shop_orders{shop=\\"$shop\\"}"}]
    }
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [{"name": "shop", "type": "custom", "query": "north,south", "multi": true}]},
  "panels": [
    {
      "id": 1,
      "type": "stat",
      "title": "Orders of $shop",
      "repeat": "shop",
      "targets": [{"refId": "A", "expr": "shop_orders{shop=\\"$shop\\"}"}]
    }
  ]
}
"""),
)  # fmt: skip
