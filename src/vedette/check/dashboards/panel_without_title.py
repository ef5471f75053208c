"""A panel has no title, so nobody can say which one they mean.

A title is what people read first, what they say to one another in an incident, and what alerts and searches show.
Without one, a reader must read the query to learn what is drawn.
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
    """Panels that draw queries and have no title."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        if panel.value.type in ASKING and not is_library(panel.value) and not panel.value.title.strip():
            yield CHECK.finding(
                panel.locate("title"),
                panel.subject,
                f"this {panel.value.type} panel has no title: neither a reader nor a link can name it",
                'write a title that says what is drawn, such as "Errors by route"',
            )


CHECK = Check(
    code="panel-without-title",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "timeseries", "title": "", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "timeseries", "title": "Open orders", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
)  # fmt: skip
