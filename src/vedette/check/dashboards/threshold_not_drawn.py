"""An alert's threshold is not drawn on the panel that the alert links to.

Whoever is called looks at the panel and asks: how far above the limit are we, and for how long? A line at the limit
answers that at a glance. Limits that stand in two places drift apart, too: the alert is changed, and the panel keeps
the old colours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._links import linked
from vedette.promql.ast import Binary, Paren, VectorSelector
from vedette.promql.flow.calls import number
from vedette.promql.flow.selectors import metric_name
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Panel, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_DRAWING: Final = frozenset(("timeseries", "stat", "gauge", "bargauge"))
_LIMITS: Final = frozenset((">", ">=", "<", "<="))


def find(facts: Facts) -> Iterator[Finding]:
    """Limits of alerts, on what a panel shows in the same unit, that are none of its thresholds."""
    for alert in facts.alerts:
        for shown in linked(facts, alert):
            panel = shown.panel
            limit = _limit(alert.query.tree)
            if panel is None or limit is None or panel.value.type not in _DRAWING:
                continue
            watched, value = limit
            if value == 0 or not _shows(panel, alert.query, watched):
                continue
            steps = panel.value.config.steps if panel.value.config is not None else ()
            drawn = [step.value for step in steps if step.value is not None]
            if any(math.isclose(one, value, rel_tol=1e-6) for one in drawn):
                continue
            told = f"draws {', '.join(f'{one:g}' for one in drawn)}" if drawn else "draws no threshold"
            yield CHECK.finding(
                panel.locate("fieldConfig.defaults.thresholds"),
                panel.subject,
                f"{alert.subject} links to it and fires at {value:g}, and the panel {told}",
                f"draw {value:g} as a threshold of the panel",
            )


def _limit(tree: Expr) -> tuple[Expr, float] | None:
    """What an alert compares with a number, and with which."""
    while isinstance(tree, Paren) or (isinstance(tree, Binary) and tree.op in ("and", "unless")):
        tree = tree.expr if isinstance(tree, Paren) else tree.lhs
    if not isinstance(tree, Binary) or tree.op not in _LIMITS or tree.bool_:
        return None
    for value, watched in ((number(tree.rhs), tree.lhs), (number(tree.lhs), tree.rhs)):
        if value is not None:
            return watched, value
    return None


def _shows(panel: Panel, alert: Query, watched: Expr) -> bool:
    """Whether one of the panel's queries draws what the alert looks at, in the same unit."""
    units = {branch.unit for branch in alert.flow.of(watched) if branch.selectors}
    names = _names(watched)
    for one in panel.queries:
        if one.query is not None and names and _names(one.query.tree) == names:
            theirs = {branch.unit for branch in one.query.flow.branches if branch.selectors}
            if units == theirs and None not in units:
                return True
    return False


def _names(tree: Expr) -> frozenset[str]:
    return frozenset(metric_name(node) for node in walk(tree) if isinstance(node, VectorSelector))


_DASHBOARD: Final = """{
  "uid": "shop",
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Age of the oldest order",
      "fieldConfig": {"defaults": {"unit": "s", "thresholds": {"mode": "absolute", "steps": [
        {"color": "green", "value": null},
        {"color": "red", "value": THRESHOLD}
      ]}}, "overrides": []},
      "targets": [{"refId": "A", "expr": "max by (job) (shop_oldest_order_seconds)", "legendFormat": "{{job}}"}]
    }
  ]
}
"""
_RULES: Final = Example("rules.yml", """groups:
  - name: shop
    rules:
      - alert: OrdersWait
        expr: max by (job) (shop_oldest_order_seconds) > 600
        for: 5m
        annotations:
          dashboard_url: https://grafana.example.org/d/shop/shop?viewPanel=1
""")  # fmt: skip

CHECK = Check(
    code="threshold-not-drawn",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", _DASHBOARD.replace("THRESHOLD", "300"), beside=(_RULES,)),
    good=Example("dashboard.json", _DASHBOARD.replace("THRESHOLD", "600"), beside=(_RULES,)),
)
