"""A graph takes rates over a fixed time, so it leaves out what happens between its points.

A graph of 7 days draws a point every 10 minutes or so. `rate(x[1m])` looks at one of those minutes for each point, and
a peak in the other nine is not in the picture. `$__rate_interval` is as long as the distance of the points, and never
shorter than four scrapes. A fixed range is right where the number itself is meant ("orders in the last hour"), so this
is off unless it is asked for.
https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_OVER_TIME: Final = frozenset(("timeseries", "graph", "heatmap", "trend"))
_RATE: Final = re.compile(
    r"\brate\s*\(\s*[\w:]*\s*(?:\{(?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*\})?\s*"
    r"\[\s*(\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*)\s*\]"
)


def find(facts: Facts) -> Iterator[Finding]:
    """Rates over a range that is written down, in panels that draw a line over time."""
    for dashboard in facts.dashboards:
        if dashboard.generated:
            continue
        for panel in dashboard.panels:
            if panel.value.type not in _OVER_TIME:
                continue
            for target, one in pairs(panel):
                match = None if target.instant else _RATE.search(one.text.value)
                if match is not None:
                    yield CHECK.finding(
                        one.text.locate(match.start(1)),
                        panel.subject,
                        f"`rate(…[{match.group(1)}])` looks at {match.group(1)} for each point, however far apart the "
                        "points are",
                        "write `[$__rate_interval]`",
                    )


CHECK = Check(
    code="fixed-rate-interval",
    about="dashboards",
    level="warning",
    find=find,
    on=False,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Orders",
      "targets": [{"refId": "A", "expr": "sum(rate(shop_orders_total[1m]))"}]
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
      "targets": [{"refId": "A", "expr": "sum(rate(shop_orders_total[$__rate_interval]))"}]
    }
  ]
}
"""),
)  # fmt: skip
