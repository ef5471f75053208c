"""A panel does not say what it shows and what a good or a bad picture looks like.

The description is behind the small "i" of the panel. Who made the dashboard knows what a rise means; who is called at
night does not. One or two sentences are enough: what is counted, over which time, and from when on it is bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import ASKING, is_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Panels that draw queries and have no description."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        if panel.value.type in ASKING and not is_library(panel.value) and not panel.value.description.strip():
            yield CHECK.finding(
                panel.locate("description"),
                panel.subject,
                "it has no description: whoever does not know it cannot tell a good picture from a bad one",
                "add a description that says what is measured and what a bad picture looks like",
            )


CHECK = Check(
    code="panel-without-description",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "stat", "title": "Open orders", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "stat",
      "title": "Open orders",
      "description": "Orders that are not packed yet. Above 200 the stock room does not keep up.",
      "targets": [{"refId": "A", "expr": "shop_orders"}]
    }
  ]
}
"""),
)  # fmt: skip
