"""A panel asks for nothing, so it always says "No data".

It is left over: a panel that was added and never filled, or one whose query was deleted. Whoever opens the dashboard
in an incident takes the empty frame for a broken service or a broken scrape. Texts, rows, lists and panels of
plugins, which may need no query, are left alone, and so are panels that stand in Grafana's library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import ASKING, is_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.formats.grafana import Target

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Panels of a kind that draws queries, with none."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        value = panel.value
        if value.type not in ASKING or is_library(value) or "snapshotData" in value.other:
            continue
        if not value.targets and not panel.queries:
            what, key = 'has no query, so that it always says "No data"', ""
        elif value.targets and all(_is_blank(target) for target in value.targets):
            what, key = 'has a query without a text, so that it always says "No data"', "targets[0].expr"
        else:
            continue
        yield CHECK.finding(
            panel.locate(key) if key else panel.place,
            panel.subject,
            f"this {value.type} panel {what}",
            "give it a query, or remove the panel",
        )


def _is_blank(target: Target) -> bool:
    """Whether it is a query in PromQL that was never written. Other languages keep theirs under other keys."""
    if target.expr.strip() or (target.datasource is not None and target.datasource.type not in ("", "prometheus")):
        return False
    return not set(target.other) - {"exemplar", "interval", "intervalFactor", "legendFormat", "key", "step"}


CHECK = Check(
    code="panel-without-query",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "stat", "title": "Orders", "targets": []}
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
