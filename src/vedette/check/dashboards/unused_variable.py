"""A variable can be chosen at the top of the dashboard, and changes nothing.

Whoever chooses an instance and sees the same picture trusts it for that instance. A variable is used where its name
stands in a query, a title, a link, a text, a `repeat`, or another variable. Filters that apply by themselves (`adhoc`)
count as used, and a dashboard with panels from the library, which may use anything, is left alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import is_library, items
from vedette.check.dashboards._variables import strings, uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Dashboard, Facts
    from vedette.check.finding import Finding
    from vedette.formats.grafana import Variable

__all__ = ["CHECK", "find"]

_LABEL_VALUES: Final = re.compile(r"label_values\((?:.*,)?\s*(\w+)\s*\)")
_BY_THEMSELVES: Final = frozenset(("adhoc", "groupby", "system", "snapshot"))


def find(facts: Facts) -> Iterator[Finding]:
    """Variables whose name stands nowhere else."""
    for dashboard in facts.dashboards:
        if any(is_library(item.value) for item in items(dashboard)):
            continue
        used = _used(dashboard)
        passed = any(link.include_vars for link in dashboard.value.links)
        for index, variable in enumerate(dashboard.value.variables):
            if variable.type in _BY_THEMSELVES or variable.name in used:
                continue
            only = " but for links, which pass it on" if passed else ""
            yield CHECK.finding(
                dashboard.locate(f"templating.list[{index}].name"),
                f"variable {variable.name} of {dashboard.subject}",
                f"nothing in the dashboard uses ${variable.name}{only}: choosing another value changes nothing",
                f"use it, as in {_used_as(variable)}, or remove it",
                certain=not passed,
                level="note" if passed else None,
            )


def _used_as(variable: Variable) -> str:
    match variable.type:
        case "interval":
            return f"rate(…[${variable.name}])"
        case "datasource":
            return f'"uid": "${{{variable.name}}}"'
        case _:
            return f'{{{_label(variable)}=~"${variable.name}"}}'


def _label(variable: Variable) -> str:
    """The label whose values it offers, as far as that can be seen; else one of its name."""
    asked = variable.query if isinstance(variable.query, str) else str(variable.query or "")
    found = _LABEL_VALUES.search(asked)
    return found[1] if found is not None else variable.name


def _used(dashboard: Dashboard) -> frozenset[str]:
    value = dashboard.value
    found = {use.name for text in strings(replace(value, variables=())) for use in uses(text)}
    for variable in value.variables:
        found.update(use.name for text in strings(variable) for use in uses(text) if use.name != variable.name)
    repeats = (item.value.repeat for item in items(dashboard))
    return frozenset([*found, *(name for name in repeats if name)])


CHECK = Check(
    code="unused-variable",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "instance", "type": "query", "query": "label_values(up, instance)", "refresh": 2}
  ]},
  "panels": [
    {"id": 1, "type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "sum(shop_orders)"}]}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "instance", "type": "query", "query": "label_values(up, instance)", "refresh": 2}
  ]},
  "panels": [
    {
      "id": 1,
      "type": "stat",
      "title": "Orders",
      "targets": [{"refId": "A", "expr": "sum(shop_orders{instance=~\\"$instance\\"})"}]
    }
  ]
}
"""),
)  # fmt: skip
