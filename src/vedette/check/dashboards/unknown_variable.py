"""A query, title or link uses a variable that the dashboard does not have.

Grafana leaves `$name` as it is where there is no variable of that name. A query then asks for a label whose value is
really `$name`, and finds nothing; a data source of that name does not exist; a title shows the dollar sign. It happens
when a panel is copied from another dashboard, or a variable is renamed. Names that Grafana itself knows
(`$__interval`, `$__range`, `${__from}`…) and inputs of an exported dashboard are fine.
https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import items, pairs
from vedette.check.dashboards._variables import defined, is_built_in, query_text, uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.facts import Dashboard, Facts, Panel
    from vedette.check.finding import Finding, Level
    from vedette.formats.grafana import Datasource, Target
    from vedette.place import Place

__all__ = ["CHECK", "find"]

_LANGUAGES = frozenset(("", "prometheus", "loki"))
"""Of data sources in whose queries a dollar sign means a variable and nothing else."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A text in which variables are replaced."""

    text: str
    what: str
    subject: str
    locate: Callable[[int], Place]
    level: Level


def find(facts: Facts) -> Iterator[Finding]:
    """Names behind a dollar sign that mean nothing."""
    for dashboard in facts.dashboards:
        known = defined(dashboard.value)
        for written in _texts(dashboard):
            told: set[str] = set()
            for use in uses(written.text):
                name = use.name
                if name in known or name in told or is_built_in(name) or f"<{name}>" in written.text:
                    continue  # `(?P<name>…)` makes a group of a regular expression, which `${name}` repeats
                told.add(name)
                listed = f"it has {', '.join(f'${one}' for one in sorted(known))}" if known else "it has none"
                yield CHECK.finding(
                    written.locate(use.start),
                    written.subject,
                    f"{written.what} uses the variable ${name}, which the dashboard does not define; {listed}",
                    f"define the variable {name!r}, or write one that exists{nearest(name, known)}",
                    level=written.level,
                )


def _texts(dashboard: Dashboard) -> Iterator[_Written]:
    """In the order of the file, as far as it is known."""

    def at(locate: Callable[[str], Place], key: str) -> Callable[[int], Place]:
        return lambda _: locate(key)

    for index, variable in enumerate(dashboard.value.variables):
        path = f"templating.list[{index}]"
        subject = f"variable {variable.name} of {dashboard.subject}"
        key = f"{path}.query" if isinstance(variable.query, str) else f"{path}.query.query"
        asked = query_text(variable)
        if variable.type == "query" and asked.startswith(("label_values(", "query_result(", "metrics(")):
            yield _Written(asked, "its query", subject, at(dashboard.locate, key), "error")
        yield from _source(variable.datasource, subject, at(dashboard.locate, f"{path}.datasource"))
    for index, link in enumerate(dashboard.value.links):
        place = at(dashboard.locate, f"links[{index}].url")
        yield _Written(link.url, f"the link {link.title!r}", dashboard.subject, place, "warning")
    own = {id(panel.value): panel for panel in dashboard.panels}
    for item in items(dashboard):
        yield _Written(item.value.title, "its title", item.subject, at(item.locate, "title"), "warning")
        yield from _source(item.value.datasource, item.subject, at(item.locate, "datasource"))
        for index, link in enumerate(item.value.links):
            place = at(item.locate, f"links[{index}].url")
            yield _Written(link.url, f"its link {link.title!r}", item.subject, place, "warning")
        panel = own.get(id(item.value))
        if panel is not None:
            yield from _of_queries(panel)


def _of_queries(panel: Panel) -> Iterator[_Written]:
    for target, one in pairs(panel):
        if not _is_understood(target, panel):
            continue
        yield _Written(one.text.value, "its query", panel.subject, one.text.locate, "error")
        yield _Written(one.legend.value, "its legend", panel.subject, one.legend.locate, "warning")


def _source(source: Datasource | None, subject: str, locate: Callable[[int], Place]) -> Iterator[_Written]:
    if source is not None:
        yield _Written(source.uid, "its data source", subject, locate, "error")


def _is_understood(target: Target, panel: Panel) -> bool:
    source = target.datasource or panel.value.datasource
    return source is None or source.type in _LANGUAGES


CHECK = Check(
    code="unknown-variable",
    about="dashboards",
    level="error",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2}
  ]},
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Orders",
      "targets": [{"refId": "A", "expr": "shop_orders{job=~\\"$jobs\\"}"}]
    }
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2}
  ]},
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Orders",
      "targets": [{"refId": "A", "expr": "shop_orders{job=~\\"$job\\"}"}]
    }
  ]
}
"""),
)  # fmt: skip
