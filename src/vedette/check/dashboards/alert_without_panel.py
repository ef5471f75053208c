"""An alert links to a panel that is not on the dashboard.

`viewPanel=4` opens the panel with the id 4. Where the panel was removed, or numbered anew, whoever is called sees an
empty page in place of the graph that explains the alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.dashboards._links import linked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Links of alerts to panels that a dashboard, which is known, does not have; in a stack also to no dashboard."""
    uids = [dashboard.value.uid for dashboard in facts.dashboards]
    for alert in facts.alerts:
        for shown in linked(facts, alert):
            link, dashboard = shown.link, shown.dashboard
            if dashboard is None:
                if facts.kind == "declared":
                    yield CHECK.finding(
                        shown.text.locate(link.start),
                        alert.subject,
                        f"it links to the dashboard {link.uid!r}, and there is none of that uid",
                        f"link to a dashboard that exists{nearest(link.uid, uids)}",
                    )
                continue
            if link.panel is not None and shown.panel is None:
                listed = ", ".join(f"{one.value.id} ({one.value.title})" for one in dashboard.panels[:6])
                more = " …" if len(dashboard.panels) > 6 else ""
                yield CHECK.finding(
                    shown.text.locate(link.start),
                    alert.subject,
                    f"it links to the panel {link.panel} of {dashboard.subject}, which has no panel of that id",
                    f"write the id of the panel that shows it: {listed or 'there is none'}{more}",
                )


_DASHBOARD = """{
  "uid": "shop",
  "title": "Shop",
  "panels": [
    {"id": 1, "type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "rate(shop_orders_total[5m])"}]}
  ]
}
"""

CHECK = Check(
    code="alert-without-panel",
    about="dashboards",
    level="error",
    find=find,
    bad=Example("rules.yml", """groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: rate(shop_orders_total[5m]) == 0
        for: 10m
        annotations:
          dashboard_url: https://grafana.example.org/d/shop/shop?viewPanel=2  # <-
""", beside=(Example("dashboard.json", _DASHBOARD),)),
    good=Example("rules.yml", """groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: rate(shop_orders_total[5m]) == 0
        for: 10m
        annotations:
          dashboard_url: https://grafana.example.org/d/shop/shop?viewPanel=1
""", beside=(Example("dashboard.json", _DASHBOARD),)),
)  # fmt: skip
