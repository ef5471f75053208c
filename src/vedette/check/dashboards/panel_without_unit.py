"""A panel draws plain numbers, without saying what they are.

Is 0.25 a quarter of a second, a quarter of all requests, or a quarter of a request? Grafana writes `250 ms` or `25 %`
where it is told the unit, and otherwise a bare number that every reader has to guess at.
It is a warning where the query's own unit is known, and a note where it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import GRAPHS, has_override, is_library, pairs, unit_of
from vedette.check.dashboards._units import suggested, written, yielded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.dashboards._units import Yielded
    from vedette.check.facts import Facts, Panel
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Panels that draw numbers without a unit."""
    for dashboard, panel in ((one, panel) for one in facts.dashboards for panel in one.panels):
        if panel.value.type not in GRAPHS or is_library(panel.value) or not panel.value.targets or _says(panel):
            continue
        unit = _yields(panel)
        if unit is None or unit.counted:
            fix = "choose a unit (`fieldConfig.defaults.unit`); `short` is the one for plain numbers"
            yield CHECK.finding(panel.locate("fieldConfig.defaults.unit"), panel.subject, "it has no unit", fix)
            continue
        yield CHECK.finding(
            panel.locate("fieldConfig.defaults.unit"),
            panel.subject,
            f"it has no unit, so that {unit.unit} are drawn as bare numbers",
            f"write {written(suggested(unit.measure) or 'short', declared=dashboard.generated)}",
            level="warning" if unit.certain else "note",
            certain=unit.certain,
        )


def _says(panel: Panel) -> bool:
    """Whether it says what its values are in some way: a unit, names for values, or a text in their place."""
    value = panel.value
    if unit_of(value) or has_override(value, "unit"):
        return True
    if value.config is not None and value.config.other.get("mappings"):
        return True
    reduce = value.options.get("reduceOptions")
    shows_text = isinstance(reduce, dict) and bool(reduce.get("fields"))
    return shows_text or value.options.get("textMode") == "name"


def _yields(panel: Panel) -> Yielded | None:
    """The one unit of all its queries, None where it is not known."""
    found = [None if one.query is None else yielded(one.query) for _, one in pairs(panel)]
    if not found or found[0] is None:
        return None
    agree = all(one is not None and one.measure.agrees(found[0].measure) for one in found)
    return found[0] if agree else None


CHECK = Check(
    code="panel-without-unit",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Memory",
      "targets": [{"refId": "A", "expr": "process_resident_memory_bytes"}]
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
      "title": "Memory",
      "fieldConfig": {"defaults": {"unit": "bytes"}, "overrides": []},
      "targets": [{"refId": "A", "expr": "process_resident_memory_bytes"}]
    }
  ]
}
"""),
)  # fmt: skip
