"""How values are shown: options of each kind of panel, units, colours, thresholds, columns of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.catalog.units import UNITS
from vedette.formats import grafana as g

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.catalog import Panel, Severity

__all__ = ["COLORS", "columns", "config", "options", "past_id", "past_overrides", "ref_id"]

COLORS: Mapping[Severity, str] = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue"}
_PAST_COLOR = "#8c939d"
"""Of what was a week ago: a grey that is seen on white and on black."""

_REDUCE: dict[str, Any] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {
            "calcs": ["lastNotNull", "max"],
            "displayMode": "table",
            "placement": "bottom",
            "showLegend": True,
            # the largest first: a legend has room for four of them
            "sortBy": "Last *",
            "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": _REDUCE,
        "showPercentChange": False,
        "textMode": "auto",
        "wideLayout": True,
    },
    "gauge": {
        "minVizHeight": 75,
        "minVizWidth": 75,
        "orientation": "auto",
        "reduceOptions": _REDUCE,
        "showThresholdLabels": False,
        "showThresholdMarkers": True,
        "sizing": "auto",
    },
    "table": {"cellHeight": "sm", "frameIndex": 0, "showHeader": True},
}


def options(panel: Panel) -> dict[str, Any]:
    """The panel's ``options``."""
    return _heatmap(panel) if panel.kind == "heatmap" else _OPTIONS[panel.kind]


def _heatmap(panel: Panel) -> dict[str, Any]:
    return {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": UNITS["events/s"]},
        "color": {
            "mode": "scheme", "scheme": "Blues", "fill": "dark-blue", "scale": "exponential", "exponent": 0.5,
            "steps": 64, "reverse": False,
        },
        "exemplars": {"color": "rgba(255,120,10,0.9)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": UNITS[panel.unit]},
    }  # fmt: skip


def ref_id(index: int) -> str:
    """A, B, …, Z, AA, AB…, as Grafana names queries."""
    letters = ""
    while True:
        index, rest = divmod(index, 26)
        letters = chr(ord("A") + rest) + letters
        if not index:
            return letters
        index -= 1


def past_id(index: int) -> str:
    """The name of a query's past, which no query of a panel has."""
    return f"{ref_id(index)}_past"


def config(panel: Panel, links: tuple[g.Link, ...] = (), *, alone: bool = False) -> g.FieldConfig:
    """The panel's ``fieldConfig``; a table has no links but those of its columns.

    The area under a line is filled where it is alone or part of a stack: of several that cross, all would be grey.
    """
    steps = _steps(panel.thresholds, below=panel.below)
    custom: dict[str, Any] = {}
    overrides: tuple[Mapping[str, Any], ...] = ()
    if panel.kind == "timeseries":
        custom = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 20 if panel.stack else 8 if alone else 0,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stack else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if len(steps) > 1 else "off"},
        }
        if panel.minimum is None:
            custom["axisSoftMin"] = 0  # a line is as high as it is large, unless it goes below zero
        overrides = past_overrides(panel)
    elif panel.kind == "table":
        custom = {"align": "auto", "inspect": False}
        overrides = _column_units(panel)
    elif panel.kind == "heatmap":
        custom = {"hideFrom": {"legend": False, "tooltip": False, "viz": False}}
    by_value = panel.kind in ("stat", "gauge") and len(steps) > 1
    return g.FieldConfig(
        unit=UNITS[panel.unit],
        minimum=panel.minimum,
        maximum=panel.maximum,
        steps=steps,
        no_value=panel.empty,
        color={"mode": "thresholds"} if by_value else {"mode": "palette-classic"},
        links=() if panel.kind == "table" else links,
        custom=custom,
        overrides=overrides,
    )


def past_overrides(panel: Panel) -> tuple[Mapping[str, Any], ...]:
    """How the past is drawn beside the present: a dashed line in grey that is on top of nothing."""
    if not panel.compare:
        return ()
    return tuple(
        {
            "matcher": {"id": "byFrameRefID", "options": past_id(index)},
            "properties": [
                {"id": "color", "value": {"mode": "fixed", "fixedColor": _PAST_COLOR}},
                {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 6]}},
                {"id": "custom.fillOpacity", "value": 0},
                {"id": "custom.stacking", "value": {"mode": "none", "group": "A"}},
            ],
        }
        for index in range(len(panel.query_list()))
    )


def _steps(thresholds: Mapping[float, Severity], *, below: bool) -> tuple[g.Step, ...]:
    """Grafana's steps, which hold from a value upwards; with ``below`` each severity is under its value."""
    ordered = sorted(thresholds.items())
    if not below:
        return (g.Step(value=None, color="green"), *(g.Step(value=value, color=COLORS[one]) for value, one in ordered))
    colors = [COLORS[severity] for _, severity in ordered] + ["green"]
    values = [None, *(value for value, _ in ordered)]
    return tuple(g.Step(value=value, color=color) for value, color in zip(values, colors, strict=True))


def _heading(panel: Panel, index: int) -> str:
    return panel.query_list()[index].legend or panel.title


def _column(panel: Panel, index: int) -> str:
    """What Grafana calls the value of a query after the frames are merged."""
    return "Value" if len(panel.query_list()) == 1 else f"Value #{ref_id(index)}"


def columns(panel: Panel) -> tuple[Mapping[str, Any], ...]:
    """The transformations that make the queries of a table its columns."""
    indexes = range(len(panel.query_list()))
    renames = {_column(panel, index): _heading(panel, index) for index in indexes}
    return (
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True, "__name__": True},
                "indexByName": {},
                "renameByName": renames,
            },
        },
    )


def _column_units(panel: Panel) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {
            "matcher": {"id": "byName", "options": _heading(panel, index)},
            "properties": [{"id": "unit", "value": UNITS[query.unit]}],
        }
        for index, query in enumerate(panel.query_list())
        if query.unit is not None
    )
