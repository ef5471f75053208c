"""Two queries of a panel have the same letter, so one of the answers can get lost.

Grafana asks all queries of a panel at once and puts the answers apart by their `refId` (A, B, C…). Transformations,
overrides and expressions name queries by it too. Copying a query in the file makes twins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Queries whose letter an earlier one of the panel has."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        letters = {target.ref_id for target in panel.value.targets}
        seen: set[str] = set()
        for index, target in enumerate(panel.value.targets):
            if target.ref_id and target.ref_id in seen:
                free = next((one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if one not in letters), "another letter")
                letters.add(free)
                yield CHECK.finding(
                    panel.locate(f"targets[{index}].refId"),
                    panel.subject,
                    f"two of its queries have the refId {target.ref_id!r}, so that the answer of one can get lost",
                    f'write "refId": "{free}" for one of them',
                )
            seen.add(target.ref_id)


CHECK = Check(
    code="duplicate-ref-id",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Orders",
      "targets": [
        {"refId": "A", "expr": "shop_orders_open"},
        {"refId": "A", "expr": "shop_orders_late"}
      ]
    }
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Orders",
      "targets": [
        {"refId": "A", "expr": "shop_orders_open"},
        {"refId": "B", "expr": "shop_orders_late"}
      ]
    }
  ]
}
"""),
)  # fmt: skip
