"""A dashboard a pack: its panels laid out, with variables, thresholds, annotations of alerts and links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vedette.build.links import dashboard_uid, panel_id, row_id, runbook_url
from vedette.build.queries import limit_to_variables
from vedette.build.refusal import RefusalError
from vedette.catalog import Panel, Row, Text
from vedette.catalog.names import nearest
from vedette.catalog.units import UNITS
from vedette.duration import format_duration, milliseconds
from vedette.formats import grafana as g
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.plan import Plan, Use
    from vedette.catalog import Pack, Severity, Variable

__all__ = ["dashboards", "ref_id"]

_SOURCE = g.Datasource(uid="${datasource}")
_WIDTH = 24
_ALL = g.Option(text=("All",), value=("$__all",), selected=True)

_COLORS: Mapping[Severity, str] = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue"}

_REDUCE: dict[str, Any] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
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


def dashboards(plan: Plan) -> dict[str, g.Dashboard]:
    """Every pack's dashboard, by uid.

    Raises:
        DeclarationError: a panel's query is not PromQL or uses what nobody declares, or two packs or panels would
            share a link.
    """
    found: dict[str, g.Dashboard] = {}
    for name, uses in plan.packs().items():
        uid = dashboard_uid(plan.stack.name, name)
        with plan.refusals.piece():
            if uid in found:
                raise RefusalError(
                    uses[0].pack.place,
                    f"the dashboard of pack {name!r}",
                    f" would have the address of another, {uid!r}",
                    "rename the pack",
                )
            found[uid] = _dashboard(plan, name, uses, uid)
    return found


def _dashboard(plan: Plan, name: str, uses: Sequence[Use], uid: str) -> g.Dashboard:
    pack = uses[0].pack
    frame = pack.dashboard
    panels = _laid_out(plan, name, uses)
    return g.Dashboard(
        uid=uid,
        title=f"{plan.stack.title}: {pack.title}",
        description=frame.description,
        tags=tuple(dict.fromkeys((plan.stack.name, "vedette", *frame.tags))),
        panels=panels,
        variables=(*_own_variables(uses), *_variables(plan, uses)),
        annotations=(
            g.Annotation(
                name="Alerts",
                datasource=_SOURCE,
                expr=f'ALERTS{{alertstate="firing",pack="{name}",service=~"$job"}}',
                icon_color="red",
                title_format="{{alertname}}",
                text_format="{{severity}} of {{service}} {{instance}}",
                tag_keys="severity,team",
                step=format_duration(milliseconds(plan.environment.evaluation_interval)),
            ),
        ),
        links=(
            g.Link(
                title="Dashboards",
                type="dashboards",
                icon="dashboard",
                tags=(plan.stack.name,),
                as_dropdown=True,
                include_vars=True,
                keep_time=True,
            ),
        ),
        from_=f"now-{format_duration(milliseconds(frame.range))}",
        refresh=format_duration(milliseconds(frame.refresh)),
        place=pack.place,
    )


def _own_variables(uses: Sequence[Use]) -> tuple[g.Variable, ...]:
    jobs = "|".join(dict.fromkeys(service.name for use in uses for service in use.services))
    return (
        g.Variable(name="datasource", type="datasource", label="Data source", query="prometheus", refresh=1),
        g.Variable(
            name="job",
            type="query",
            label="Service",
            datasource=_SOURCE,
            query=f'label_values(up{{job=~"{jobs}"}}, job)',
            multi=True,
            include_all=True,
            refresh=2,
            sort=1,
            current=_ALL,
        ),
        g.Variable(
            name="instance",
            type="query",
            label="Instance",
            datasource=_SOURCE,
            query='label_values(up{job=~"$job"}, instance)',
            multi=True,
            include_all=True,
            all_value=".*",
            refresh=2,
            sort=1,
            current=_ALL,
        ),
    )


def _variables(plan: Plan, uses: Sequence[Use]) -> tuple[g.Variable, ...]:
    found: dict[str, g.Variable] = {}
    for variable in (variable for use in uses for variable in use.pack.dashboard.variables):
        with plan.refusals.piece():
            _check_variable(plan, variable)
            found[variable.name] = _variable(variable)
    return tuple(found.values())


def _check_variable(plan: Plan, variable: Variable) -> None:
    series = plan.known.get(variable.metric)
    if series is None:
        what = f"the metric {variable.metric!r}, which no pack declares{nearest(variable.metric, plan.known)}"
    elif series.labels.get(variable.label).state == "never":
        near = nearest(variable.label, series.labels.possible() or ())
        what = f"the label {variable.label!r}, which {variable.metric!r} does not have{near}"
    else:
        return
    raise RefusalError(variable.place, f"variable {variable.name!r}", f" uses {what}")


def _variable(variable: Variable) -> g.Variable:
    return g.Variable(
        name=variable.name,
        type="query",
        label=variable.title or variable.name,
        datasource=_SOURCE,
        query=f'label_values({variable.metric}{{job=~"$job"}}, {variable.label})',
        multi=True,
        include_all=True,
        all_value=".*",
        refresh=2,
        sort=1,
        current=_ALL,
    )


def _items(uses: Sequence[Use]) -> list[Panel | Row | Text]:
    """The panels of all uses; where thresholds differ between them, none is drawn."""
    merged: dict[tuple[bool, str], Panel | Row | Text] = {}
    for item in (item for use in uses for item in use.pack.panels):
        key = (isinstance(item, Row), item.title)
        first = merged.setdefault(key, item)
        if isinstance(first, Panel) and isinstance(item, Panel) and first.thresholds != item.thresholds:
            merged[key] = replace(first, thresholds={})
    return list(merged.values())


@dataclass(slots=True)
class _Grid:
    """Places boxes from left to right, a new line where one does not fit."""

    x: int = 0
    y: int = 0
    tallest: int = 0

    def place(self, width: int, height: int) -> g.GridPos:
        if self.x + width > _WIDTH:
            self.wrap()
        position = g.GridPos(x=self.x, y=self.y, w=width, h=height)
        self.x += width
        self.tallest = max(self.tallest, height)
        return position

    def wrap(self) -> None:
        self.x, self.y, self.tallest = 0, self.y + self.tallest, 0


def _laid_out(plan: Plan, name: str, uses: Sequence[Use]) -> tuple[g.Panel, ...]:
    grid = _Grid()
    panels: list[g.Panel] = []
    seen: dict[int, str] = {}
    for item in _items(uses):
        number = row_id(name, item.title) if isinstance(item, Row) else panel_id(name, item.title)
        if seen.setdefault(number, item.title) != item.title:
            with plan.refusals.piece():
                raise RefusalError(
                    item.place,
                    f"the panels {item.title!r} and {seen[number]!r} of pack {name!r}",
                    " would have one link",
                    "rename one of them",
                )
            continue
        match item:
            case Row():
                grid.wrap()
                panels.append(g.Panel(id=number, type="row", title=item.title, grid=grid.place(_WIDTH, 1)))
                grid.wrap()
            case Text():
                panels.append(
                    g.Panel(
                        id=number,
                        type="text",
                        title=item.title,
                        grid=grid.place(item.width, item.height),
                        options={"mode": "markdown", "content": item.markdown},
                        place=item.place,
                    )
                )
            case Panel():
                panels.append(_panel(plan, uses, item, number, grid.place(item.width, item.height)))
    return tuple(panels)


def _panel(plan: Plan, uses: Sequence[Use], panel: Panel, number: int, grid: g.GridPos) -> g.Panel:
    pack = uses[0].pack
    table = panel.kind == "table"
    targets: list[g.Target] = []
    for index, query in enumerate(panel.query_list()):
        with plan.refusals.piece():
            expr = plan.parse(query.expr, query.place, f"panel {panel.title!r} of pack {pack.name!r}")
            targets.append(
                g.Target(
                    expr=show(limit_to_variables(expr, plan.known)),
                    ref_id=ref_id(index),
                    legend="" if table else query.legend,
                    instant=table,
                    format="table" if table else "time_series",
                    datasource=_SOURCE,
                    place=query.place,
                )
            )
    return g.Panel(
        id=number,
        type=panel.kind,
        title=panel.title,
        description=panel.description,
        grid=grid,
        datasource=_SOURCE,
        targets=tuple(targets),
        config=_config(panel),
        options=_OPTIONS[panel.kind],
        transformations=_columns(panel) if table else (),
        links=_links(plan, pack, panel),
        place=panel.place,
    )


def ref_id(index: int) -> str:
    """A, B, …, Z, AA, AB…, as Grafana names queries."""
    letters = ""
    while True:
        index, rest = divmod(index, 26)
        letters = chr(ord("A") + rest) + letters
        if not index:
            return letters
        index -= 1


def _config(panel: Panel) -> g.FieldConfig:
    steps = _steps(panel.thresholds, below=panel.below)
    custom: dict[str, Any] = {}
    if panel.kind == "timeseries":
        custom = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 20 if panel.stack else 8,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stack else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if len(steps) > 1 else "off"},
        }
    elif panel.kind == "table":
        custom = {"align": "auto", "inspect": False}
    by_value = panel.kind in ("stat", "gauge") and len(steps) > 1
    return g.FieldConfig(
        unit=UNITS[panel.unit],
        minimum=panel.minimum,
        maximum=panel.maximum,
        steps=steps,
        color={"mode": "thresholds"} if by_value else {"mode": "palette-classic"},
        custom=custom,
        overrides=_column_units(panel) if panel.kind == "table" else (),
    )


def _steps(thresholds: Mapping[float, Severity], *, below: bool) -> tuple[g.Step, ...]:
    """Grafana's steps, which hold from a value upwards; with ``below`` each severity is under its value."""
    ordered = sorted(thresholds.items())
    if not below:
        return (g.Step(value=None, color="green"), *(g.Step(value=value, color=_COLORS[one]) for value, one in ordered))
    colors = [_COLORS[severity] for _, severity in ordered] + ["green"]
    values = [None, *(value for value, _ in ordered)]
    return tuple(g.Step(value=value, color=color) for value, color in zip(values, colors, strict=True))


def _heading(panel: Panel, index: int) -> str:
    return panel.query_list()[index].legend or panel.title


def _column(panel: Panel, index: int) -> str:
    """What Grafana calls the value of a query after the frames are merged."""
    return "Value" if len(panel.query_list()) == 1 else f"Value #{ref_id(index)}"


def _columns(panel: Panel) -> tuple[Mapping[str, Any], ...]:
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


def _links(plan: Plan, pack: Pack, panel: Panel) -> tuple[g.Link, ...]:
    return tuple(
        g.Link(title=f"Runbook: {alert.name}", url=runbook_url(plan.environment, alert.name), new_tab=True)
        for alert in pack.alerts
        if alert.panel == panel.title
    )
