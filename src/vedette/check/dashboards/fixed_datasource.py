"""A panel names one data source, so the dashboard works in one Grafana only.

The `uid` of a data source is made by the Grafana it was added to. In another one, for staging or after a new
installation, the panel says that the data source was not found. A variable of the type `datasource`, used as
`${datasource}`, lets whoever looks choose; and where there is one already, a panel that does not heed it shows another
environment than the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import fixed_uid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Panel
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Panels bound to one source: each where a variable could be used, the first where there is none."""
    for dashboard in facts.dashboards:
        kinds = {
            variable.query: variable.name
            for variable in dashboard.value.variables
            if variable.type == "datasource" and isinstance(variable.query, str)
        }
        for panel in dashboard.panels:
            found = _bound(panel)
            if found is None:
                continue
            key, uid, kind = found
            name = kinds.get(kind or "prometheus")
            if name is None and kinds:
                continue
            yield CHECK.finding(
                panel.locate(key),
                panel.subject if name else dashboard.subject,
                f"it is bound to the data source {uid!r}"
                + (f" and does not heed ${name}" if name else _nowhere(panel)),
                f'write "uid": "${{{name}}}"' if name else _ADD,
            )
            if not kinds:
                break


def _bound(panel: Panel) -> tuple[str, str, str] | None:
    """Where it names a source, which, and of which kind; None where it does not."""
    own = panel.value.datasource
    if own is not None and fixed_uid(own.uid):
        return "datasource", own.uid, own.type
    for index, target in enumerate(panel.value.targets):
        source = target.datasource
        if source is not None and fixed_uid(source.uid):
            return f"targets[{index}].datasource", source.uid, source.type
    return None


def _nowhere(panel: Panel) -> str:
    return f", from panel {panel.value.title!r} on, which another Grafana does not have"


_ADD = 'add a variable of the type "datasource" and write "uid": "${datasource}" in the panels'

CHECK = Check(
    code="fixed-datasource",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
  "panels": [
    {
      "id": 1,
      "type": "stat",
      "title": "Orders",
      "datasource": {"type": "prometheus", "uid": "P1809F7CD0C75ACF3"},
      "targets": [{"refId": "A", "expr": "shop_orders"}]
    }
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
  "panels": [
    {
      "id": 1,
      "type": "stat",
      "title": "Orders",
      "datasource": {"type": "prometheus", "uid": "${datasource}"},
      "targets": [{"refId": "A", "expr": "shop_orders"}]
    }
  ]
}
"""),
)  # fmt: skip
