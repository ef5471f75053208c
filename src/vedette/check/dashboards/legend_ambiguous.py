"""A query draws several series under one name, so nobody can tell them apart.

`sum by (route) (…)` with the legend "Requests" draws a line for every route, and all of them are called "Requests".
Only where it is known which labels the series can have is it told; without a legend Grafana names all labels, which is
long and clear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import GRAPHS, pairs
from vedette.check.dashboards._variables import uses
from vedette.check.dashboards.legend_dropped_label import LABEL
from vedette.promql.ast import Aggregate, Paren
from vedette.promql.flow.calls import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Dashboard, Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "find"]

_AUTOMATIC: Final = "__auto"
_BY_VARIABLE: Final = re.compile(r"(\w+)\s*(=~?)\s*[\"']((?:\$\w+|\$\{[^}]*\}|\[\[[^]]*\]\]))[\"']")


def find(facts: Facts) -> Iterator[Finding]:
    """Legends that name no label, of queries whose labels are known and can differ."""
    for dashboard, panel in ((one, panel) for one in facts.dashboards for panel in one.panels):
        if panel.value.type not in GRAPHS - {"heatmap"}:
            continue
        for target, one in pairs(panel):
            legend = one.legend.value.strip()
            if one.query is None or target.format != "time_series" or legend in ("", _AUTOMATIC):
                continue
            if LABEL.search(legend) or uses(legend) or _is_one(one.query.tree):
                continue
            chosen = _chosen(dashboard, one.text.value)
            for branch in one.query.flow.branches:
                differing = [name for name in _differing(branch) if name not in chosen]
                if differing:
                    shown = ", ".join(differing)
                    yield CHECK.finding(
                        one.legend.locate(0),
                        panel.subject,
                        f"every series of the query is called {legend!r}, and they can differ in {shown}",
                        f"name what differs, as in `{legend} {{{{{differing[0]}}}}}`",
                        certain=branch.certain,
                    )
                    break


def _chosen(dashboard: Dashboard, query: str) -> frozenset[str]:
    """The labels that are asked for by a variable of which one value is chosen at a time."""
    several = {one.name for one in dashboard.value.variables if one.multi or one.include_all}
    return frozenset(
        label
        for label, equals, value in _BY_VARIABLE.findall(query)
        if equals == "=" or all(use.name not in several for use in uses(value))
    )


def _differing(branch: Branch) -> list[str]:
    """Labels in which the series of a branch can differ, where all are known; empty where they are not."""
    possible = branch.labels.possible()
    if possible is None or branch.empty is not None:
        return []
    labels = {name: branch.labels.get(name) for name in sorted(possible - {"__name__"})}
    return [name for name, label in labels.items() if label.values is None or len(label.values) > 1]


def _is_one(tree: Expr) -> bool:
    """Whether it yields one series at most, as ``topk(1, …)`` does."""
    while isinstance(tree, Paren):
        tree = tree.expr
    return isinstance(tree, Aggregate) and tree.op in ("topk", "bottomk", "limitk") and number(tree.param) == 1


CHECK = Check(
    code="legend-ambiguous",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Requests",
      "targets": [
        {"refId": "A", "expr": "sum by (route) (rate(http_requests_total[5m]))", "legendFormat": "Requests"}
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
      "title": "Requests",
      "targets": [
        {"refId": "A", "expr": "sum by (route) (rate(http_requests_total[5m]))", "legendFormat": "{{route}}"}
      ]
    }
  ]
}
"""),
)  # fmt: skip
