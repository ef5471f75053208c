"""The legend of a query uses a label that its series cannot have, so a part of every name is empty.

`sum by (job) (…)` leaves the label `job` and nothing else: a legend `{{job}} {{instance}}` shows the job alone, and all
series look the same where only the instance differs. It comes from adding up in a query whose legend was written
before. Which labels are left is worked out of the query; what a metric itself has counts where it is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "LABEL", "find"]

LABEL: Final = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
"""A label in a legend."""


def find(facts: Facts) -> Iterator[Finding]:
    """Labels in legends that no branch of the query has."""
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        for target, one in pairs(panel):
            if one.query is None or target.format == "table":
                continue
            branches = [branch for branch in one.query.flow.branches if branch.empty is None]
            for match in LABEL.finditer(one.legend.value):
                name = match.group(1)
                if name == "__name__" or not branches or not _all_lack(branches, name):
                    continue
                possible, why = _possible(branches), _why(one.query, branches, name)
                yield CHECK.finding(
                    one.legend.locate(match.start()),
                    panel.subject,
                    f"the legend shows {{{{{name}}}}}, which no series of the query has: {why}",
                    f"write a label that is left ({', '.join(possible) or 'there is none'}), or keep {name!r} in the "
                    f"query{nearest(name, possible)}",
                    certain=all(branch.certain or _by_query(branch, name) for branch in branches),
                )


def _all_lack(branches: list[Branch], name: str) -> bool:
    return all(branch.labels.get(name).state == "never" for branch in branches)


def _by_query(branch: Branch, name: str) -> bool:
    """Whether a part of the query drops it, whatever the metric has."""
    why = branch.labels.get(name).why
    return why is not None and why.span.end > 0


def _possible(branches: list[Branch]) -> list[str]:
    found: set[str] = set()
    for branch in branches:
        found |= branch.labels.possible() or frozenset()
    return sorted(found - {"__name__"})


def _why(query: Query, branches: list[Branch], name: str) -> str:
    for branch in branches:
        why = branch.labels.get(name).why
        if why is not None:
            return why.text
    names = sorted({selector.name for branch in branches for selector in branch.selectors if selector.name})
    return f"{', '.join(names) or query.text.value} has no such label"


CHECK = Check(
    code="legend-dropped-label",
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
        {"refId": "A", "expr": "sum by (job) (rate(shop_orders_total[5m]))", "legendFormat": "{{job}} {{instance}}"}
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
        {"refId": "A", "expr": "sum by (job) (rate(shop_orders_total[5m]))", "legendFormat": "{{job}}"}
      ]
    }
  ]
}
"""),
)  # fmt: skip
