"""Nobody can choose which service the dashboard shows, and its queries take all of them together.

Names such as `process_cpu_seconds_total` are the same for every service that Prometheus scrapes. A query without a
matcher adds the database to the web shop. A variable for `job`, `instance` or `namespace`, used in every query, lets
whoever looks choose. A dashboard of metrics that one service alone has needs none, so this is off unless it is asked
for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.promql.ast import VectorSelector
from vedette.promql.labels import NAME
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Dashboard, Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Dashboards without any variable to choose by, with queries that have no matcher."""
    for dashboard in facts.dashboards:
        if any(variable.type not in ("datasource", "interval", "constant") for variable in dashboard.value.variables):
            continue
        everything = _of_everything(dashboard)
        if everything:
            yield CHECK.finding(
                dashboard.locate("templating"),
                dashboard.subject,
                f"it has no variable to choose a service by, and `{everything[0]}` is asked for of all of them",
                'add a variable `job` from label_values(up, job), and write {job=~"$job"} in the queries',
                certain=False,
            )


def _of_everything(dashboard: Dashboard) -> list[str]:
    return [
        node.name
        for panel in dashboard.panels
        for one in panel.queries
        if one.query is not None
        for node in walk(one.query.tree)
        if isinstance(node, VectorSelector) and node.name and all(matcher.name == NAME for matcher in node.matchers)
    ]


CHECK = Check(
    code="missing-job-variable",
    about="dashboards",
    level="note",
    find=find,
    on=False,
    bad=Example("dashboard.json", """{
  "title": "Processes",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Processor",
      "targets": [{"refId": "A", "expr": "rate(process_cpu_seconds_total[5m])"}]
    }
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Processes",
  "templating": {"list": [{"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2}]},
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Processor",
      "targets": [{"refId": "A", "expr": "rate(process_cpu_seconds_total{job=~\\"$job\\"}[5m])"}]
    }
  ]
}
"""),
)  # fmt: skip
