"""A panel draws the buckets of a histogram, and does not know that they are buckets.

A bucket of a Prometheus histogram counts everything up to its bound, so each holds all smaller ones. With the format
`heatmap` Grafana takes the difference and sorts the bounds as numbers. As `time_series` every bucket contains the
ones below it: the picture gets darker to the top, whatever happens.
https://grafana.com/docs/grafana/latest/panels-visualizations/visualizations/heatmap/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import computes_buckets, pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Heatmaps and bar gauges of series with `le` that are not asked for as a heatmap."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        if panel.value.type not in ("heatmap", "bargauge") or computes_buckets(panel.value):
            continue
        for target, one in pairs(panel):
            if one.query is None or target.format == "heatmap":
                continue
            branches = one.query.flow.branches
            if any("le" in branch.labels.named and branch.labels.get("le").state != "never" for branch in branches):
                index = panel.value.targets.index(target)
                yield CHECK.finding(
                    panel.locate(f"targets[{index}].format"),
                    panel.subject,
                    f"its query yields buckets, each with all smaller ones in it, and asks for them as {target.format}",
                    'write "format": "heatmap" in the query',
                )


CHECK = Check(
    code="histogram-format",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "heatmap",
      "title": "Time to answer",
      "targets": [
        {"refId": "A", "expr": "sum by (le) (rate(http_request_duration_seconds_bucket[5m]))", "legendFormat": "{{le}}"}
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
      "type": "heatmap",
      "title": "Time to answer",
      "targets": [
        {
          "refId": "A",
          "expr": "sum by (le) (rate(http_request_duration_seconds_bucket[5m]))",
          "format": "heatmap",
          "legendFormat": "{{le}}"
        }
      ]
    }
  ]
}
"""),
)  # fmt: skip
