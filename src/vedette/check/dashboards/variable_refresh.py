"""A variable never looks for its values again, so new instances cannot be chosen.

With `refresh` 0 the values are those of the day when the dashboard was saved: what was deployed since is not offered,
and "All" leaves it out. 1 looks when the dashboard is opened, 2 also when another time is chosen, which shows what ran
then.
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
    """Variables with a query that is asked once and never again."""
    for dashboard in facts.dashboards:
        for index, variable in enumerate(dashboard.value.variables):
            if variable.type == "query" and variable.refresh == 0:
                yield CHECK.finding(
                    dashboard.locate(f"templating.list[{index}].refresh"),
                    f"variable {variable.name} of {dashboard.subject}",
                    "it never asks again, so that it offers what there was when the dashboard was saved",
                    'write "refresh": 2, or 1 where its values do not depend on the time',
                )


CHECK = Check(
    code="variable-refresh",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 0}
  ]},
  "panels": []
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2}
  ]},
  "panels": []
}
"""),
)  # fmt: skip
