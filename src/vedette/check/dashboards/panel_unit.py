"""A panel shows its numbers in another unit than the query yields.

Seconds in a panel of milliseconds read a thousand times too fast, a ratio of 0.4 in a panel of `percent` reads 0.4 %
instead of 40 %, and what was counted per second is no number of seconds. The picture looks right, and its axis lies.
It happens when a panel is copied, or when an exporter changes to base units. The unit of the query follows from the
metrics in it, as declared or by their names (`_seconds`, `_bytes`, `_ratio`), and what the query makes of them; that of
a heatmap is the unit of its buckets.
`percent` means 0 to 100 and `percentunit` 0 to 1: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._panels import GRAPHS, axis_unit, computes_buckets, has_override, pairs, unit_of
from vedette.check.dashboards._units import of_bounds, shown_as, suggested, written, yielded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.dashboards._units import Measure, Yielded
    from vedette.check.facts import Facts, Panel
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

# Transformations that leave the values as they are.
_HARMLESS: Final = frozenset(
    ("merge", "organize", "sortBy", "filterFieldsByName", "filterByRefId", "renameByRegex", "labelsToFields", "limit",
     "seriesToColumns", "joinByField", "concatenate", "filterByValue")
)  # fmt: skip
_PLACE: Final = "fieldConfig.defaults.unit"
_AXIS: Final = "options.yAxis.unit"
_COUNTING: Final = frozenset(("count", "changeCount", "distinctCount", "diffperc", "allIsNull", "allIsZero"))


def find(facts: Facts) -> Iterator[Finding]:
    """Queries whose unit is known and is not the panel's."""
    for dashboard, panel in ((one, panel) for one in facts.dashboards for panel in one.panels):
        heatmap = panel.value.type == "heatmap"
        unit = axis_unit(panel.value) if heatmap else unit_of(panel.value)
        shown = shown_as(unit)
        if shown is None or not (_shows_buckets(panel) if heatmap else _shows_values(panel)):
            continue
        for _, one in pairs(panel):
            found = None if one.query is None else of_bounds(one.query) if heatmap else yielded(one.query)
            if found is None or found.measure.agrees(shown):
                continue
            what = f"query {one.ref_id}" if len(panel.queries) > 1 and one.ref_id else "the query"
            yield CHECK.finding(
                panel.locate(_PLACE if dashboard.generated or not heatmap else _AXIS),
                panel.subject,
                f"{what} yields {'buckets of ' * heatmap}{_said(found)}, and "
                f"`{written(unit, declared=dashboard.generated)}` shows {'them' if heatmap else 'it'} as {shown.name}"
                f"{_off_by(found.measure, shown)}",
                # bounds cannot be multiplied
                f"write {written(suggested(found.measure) or 'short', declared=dashboard.generated)}"
                if heatmap
                else _fix(found, shown, declared=dashboard.generated),
                certain=found.certain,
            )


def _shows_values(panel: Panel) -> bool:
    """Whether the numbers of its queries are drawn as they come, all with one unit."""
    value = panel.value
    if value.type not in GRAPHS | {"table", "piechart"}:
        return False
    if has_override(value, "unit") or value.other.get("seriesOverrides"):
        return False
    reduce = value.options.get("reduceOptions")
    calcs = reduce.get("calcs") if isinstance(reduce, dict) else None
    if isinstance(calcs, list) and any(one in _COUNTING for one in calcs if isinstance(one, str)):
        return False
    return all(str(one.get("id")) in _HARMLESS for one in value.transformations)


def _shows_buckets(panel: Panel) -> bool:
    """Whether the axis of a heatmap is that of the buckets which its queries yield."""
    value = panel.value
    return not computes_buckets(value) and all(str(one.get("id")) in _HARMLESS for one in value.transformations)


def _said(found: Yielded) -> str:
    words = {"ratio": "a ratio, 0 to 1", "percent": "a percentage", "count": "a number of things"}
    return words.get(str(found.unit), str(found.unit).replace("count/s", "things per second"))


def _off_by(found: Measure, shown: Measure) -> str:
    if found.base != shown.base:
        return ""
    factor = found.factor / shown.factor
    return f", {factor:,.4g} times too little" if factor > 1 else f", {1 / factor:,.4g} times too much"


def _fix(found: Yielded, shown: Measure, *, declared: bool) -> str:
    name = "short" if found.counted else suggested(found.measure)
    if found.measure.base != shown.base:
        unit = written(name or "short", declared=declared)
        return f"write {unit}{'' if name else ', or divide to what is shown'}"
    factor = found.measure.factor / shown.factor
    multiply = f"multiply the query by {factor:,.4g}" if factor > 1 else f"divide the query by {1 / factor:,.4g}"
    return f"write {written(name, declared=declared)}, or {multiply}" if name else multiply


CHECK = Check(
    code="panel-unit",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Time to answer",
      "fieldConfig": {"defaults": {"unit": "ms"}, "overrides": []},
      "targets": [
        {"refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))"}
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
      "title": "Time to answer",
      "fieldConfig": {"defaults": {"unit": "s"}, "overrides": []},
      "targets": [
        {"refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))"}
      ]
    }
  ]
}
"""),
)  # fmt: skip
