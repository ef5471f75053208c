"""Grafana's classic dashboard JSON as typed values: the one reader and writer of it.

Written is schema 39. Read is what Grafana itself loads: older schemas, rows of panels, numbers as texts, data sources
by name, panels of a library. What has no place in a value is kept in its ``other``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError
from vedette.formats._yaml_text import Source
from vedette.formats.json_value import JsonObject, Problem, Where, parse, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.place import Place

__all__ = [
    "SCHEMA_VERSION",
    "Annotation",
    "Dashboard",
    "Datasource",
    "FieldConfig",
    "GridPos",
    "Link",
    "Option",
    "Panel",
    "Step",
    "Target",
    "Variable",
    "read",
    "write",
]

SCHEMA_VERSION = 39
"""Written by Grafana 10.3 to 10.4; later ones migrate it when they load it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasource:
    """A reference to a data source; ``uid`` may be a variable (``${datasource}``)."""

    uid: str
    type: str = "prometheus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A query of a panel. ``instant`` asks for the last value only; ``format`` is ``time_series`` or ``table``."""

    expr: str
    ref_id: str
    legend: str = ""
    instant: bool = False
    format: str = "time_series"
    hide: bool = False
    exemplar: bool = False
    """Whether single events, with their traces, are drawn beside the series."""
    datasource: Datasource | None = None
    other: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    path: str = field(default="", compare=False)
    """Where it stands in the document it was read from: ``panels[3].targets[0]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A threshold: from ``value`` on, this colour. The first has None, which is minus infinity."""

    value: float | None
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a dashboard, panel or value: to an address, or (``type`` ``dashboards``) to all that carry the tags."""

    title: str
    url: str = ""
    type: str = "link"
    icon: str = "external link"
    tooltip: str = ""
    tags: tuple[str, ...] = ()
    as_dropdown: bool = False
    new_tab: bool = False
    include_vars: bool = False
    keep_time: bool = False
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConfig:
    """``fieldConfig``: how values are shown. ``overrides`` as they stand."""

    unit: str = ""
    decimals: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    steps: tuple[Step, ...] = ()
    mode: str = "absolute"
    """Of the thresholds: ``absolute`` or ``percentage``."""
    color: Mapping[str, Any] = field(default_factory=dict)
    no_value: str = ""
    links: tuple[Link, ...] = ()
    """Where a value leads to."""
    custom: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Mapping[str, Any], ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPos:
    """Where a panel stands: 24 columns, rows of 30 pixels."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel, or (``type`` ``row``) a row; ``panels`` are those folded into a collapsed row."""

    id: int
    type: str
    title: str
    grid: GridPos | None = None
    """None where nobody says, as before schema 16."""
    description: str = ""
    datasource: Datasource | None = None
    targets: tuple[Target, ...] = ()
    config: FieldConfig | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    transformations: tuple[Mapping[str, Any], ...] = ()
    interval: str = ""
    repeat: str = ""
    """The variable for each of whose values it is drawn."""
    collapsed: bool = False
    panels: tuple[Panel, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    path: str = field(default="", compare=False)
    """Where it stands in the document it was read from: ``panels[3].targets[0]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A choice of a variable."""

    text: str | tuple[str, ...]
    value: str | tuple[str, ...]
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """``templating`` item. ``query`` is a text for every kind we write; foreign files may have an object."""

    name: str
    type: str
    label: str = ""
    query: str | Mapping[str, Any] = ""
    datasource: Datasource | None = None
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    regex: str = ""
    refresh: int = 0
    """0 never, 1 when the dashboard loads, 2 also when the time range changes."""
    sort: int = 0
    hide: int = 0
    """0 shown, 1 without its label, 2 hidden."""
    current: Option | None = None
    options: tuple[Option, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)
    path: str = field(default="", compare=False)
    """Where it stands in the document it was read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Marks on every graph: where ``expr`` has a value."""

    name: str
    expr: str = ""
    enable: bool = True
    hide: bool = False
    icon_color: str = "red"
    title_format: str = ""
    text_format: str = ""
    tag_keys: str = ""
    step: str = ""
    value_is_time: bool = False
    """Whether a value is the time of the mark, in milliseconds; else a mark is where there is a value."""
    datasource: Datasource | None = None
    other: Mapping[str, Any] = field(default_factory=dict)
    path: str = field(default="", compare=False)
    """Where it stands in the document it was read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """The whole document. Keys we know nothing of are kept in ``other``, here and below."""

    uid: str
    title: str
    panels: tuple[Panel, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    links: tuple[Link, ...] = ()
    from_: str = "now-1h"
    to: str = "now"
    refresh: str = "10s"
    timezone: str = "browser"
    editable: bool = True
    tooltip: int = 1
    """0 none shared, 1 shared crosshair, 2 shared tooltip."""
    schema_version: int = SCHEMA_VERSION
    other: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    path: str = field(default="", compare=False)
    """Where it stands in the document it was read from: ``panels[3].targets[0]``."""


def read(text: str, path: str, problem: Problem | None = None) -> Dashboard:
    """A dashboard, bare or as Grafana's API wraps it (``{"dashboard": …}``).

    ``problem`` is told of keys that are missing or have a wrong type, which are then as if they were not written; None
    raises the first.

    Raises:
        ConfigError: it is no JSON, no classic dashboard (the v2 format is refused by name), or a key has a wrong type.
    """
    whole = parse(text, path, problem)
    document = _unwrapped(whole)
    for key in ("elements", "spec"):
        if key in document.values:
            place = Where(Source(path, text)).place(key)
            raise ConfigError(f"{place}: a dashboard in the v2 format; export it as the classic model (JSON Model, V1)")
    document.needed("title", *(() if "rows" in document.values else ("panels",)))
    rows = tuple(_read_old_row(item) for item in document.objects("rows"))  # before schema 16
    time = document.inner("time")
    return Dashboard(
        uid=document.text("uid") or (whole.inner("metadata").text("name") if "spec" in whole.values else ""),
        title=document.text("title"),
        description=document.text("description"),
        tags=document.texts("tags"),
        panels=(*rows, *(_read_panel(item) for item in document.objects("panels"))),
        variables=tuple(_read_variable(item) for item in document.inner("templating").objects("list")),
        annotations=tuple(_read_annotation(item) for item in document.inner("annotations").objects("list")),
        links=tuple(_read_link(item) for item in document.objects("links")),
        from_=_text(time, "from", "now-6h"),
        to=_text(time, "to", "now"),
        refresh="" if isinstance(document.values.get("refresh"), bool) else _text(document, "refresh"),
        timezone=document.text("timezone"),
        editable=document.flag("editable", default=True),
        tooltip=_choice(document, "graphTooltip"),
        schema_version=_whole(document, "schemaVersion"),
        other={key: value for key, value in document.rest().items() if key != "refresh"},
        path=document.path,
    )


def _unwrapped(document: JsonObject) -> JsonObject:
    """The dashboard within what Grafana's APIs wrap it in: ``dashboard``, or the ``spec`` of a resource."""
    for key in ("dashboard", "spec"):
        inner = document.values.get(key)
        if "panels" not in document.values and isinstance(inner, dict) and "elements" not in inner:
            return document.inner(key)
    return document


def _text(item: JsonObject, key: str, default: str = "") -> str:
    """A text, or a number that stands for one."""
    value = item.values.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        item.asked.add(key)
        return str(value)
    return item.text(key, default)


def _figure(value: object) -> float | None:
    """A number, also where it is written as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = value if isinstance(value, int) else float(value)
        return number if math.isfinite(number) else None
    except (ValueError, OverflowError):
        return None


def _whole(item: JsonObject, key: str, default: int = 0) -> int:
    number = _figure(item.values.get(key))
    if number is None:
        return item.whole(key, default)
    item.asked.add(key)
    return round(number)


def _number(item: JsonObject, key: str) -> float | None:
    """A number; None, and left to ``other``, where it is a text that is none, such as a variable."""
    value = item.values.get(key)
    number = _figure(value)
    if number is None:
        return None if isinstance(value, str) else item.number(key)
    item.asked.add(key)
    return number


def _choice(item: JsonObject, key: str) -> int:
    """One of a few numbers, the first of which were once false and true."""
    value = item.values.get(key)
    if isinstance(value, bool):
        item.asked.add(key)
        return int(value)
    return _whole(item, key)


def _mapping(item: JsonObject, key: str) -> dict[str, Any]:
    """An object; empty, and left to ``other``, where a plugin keeps something else there."""
    return item.mapping(key) if isinstance(item.values.get(key), dict) else {}


def _read_old_row(item: JsonObject) -> Panel:
    return Panel(
        id=_whole(item, "id"),
        type="row",
        title=item.text("title"),
        collapsed=item.flag("collapse"),
        panels=tuple(_read_panel(inner) for inner in item.objects("panels")),
        path=item.path,
        other=_rest(item, "height", "showTitle", "titleSize"),
    )


def _read_panel(item: JsonObject) -> Panel:
    if "libraryPanel" not in item.values:
        item.needed("type")
    return Panel(
        id=_whole(item, "id"),
        type=item.text("type"),
        title=item.text("title"),
        description=item.text("description"),
        grid=_read_grid(item.inner("gridPos")) if item.values.get("gridPos") else None,
        datasource=_read_datasource(item),
        targets=tuple(_read_target(target) for target in item.objects("targets")),
        config=_read_config(item.inner("fieldConfig")) if item.values.get("fieldConfig") is not None else None,
        options=_mapping(item, "options"),
        links=tuple(_read_link(link) for link in item.objects("links")),
        transformations=tuple(one.values for one in item.objects("transformations")),
        interval=_text(item, "interval"),
        repeat=item.text("repeat") if isinstance(item.values.get("repeat"), str) else "",
        collapsed=item.flag("collapsed"),
        panels=tuple(_read_panel(inner) for inner in item.objects("panels")),
        path=item.path,
        other=_rest(item, "fieldConfig", "gridPos"),
    )


def _read_grid(item: JsonObject) -> GridPos:
    return GridPos(x=_whole(item, "x"), y=_whole(item, "y"), w=_whole(item, "w", 24), h=_whole(item, "h", 8))


def _read_datasource(item: JsonObject) -> Datasource | None:
    value = item.values.get("datasource")
    item.asked.add("datasource")
    if value is None:
        return None
    if isinstance(value, str):  # before Grafana 8.3, a name
        return Datasource(uid=value, type="")
    inner = item.inner("datasource")
    return Datasource(uid=inner.text("uid"), type=inner.text("type"))


def _read_target(item: JsonObject) -> Target:
    return Target(
        expr=item.text("expr"),
        ref_id=item.text("refId"),
        legend=_text(item, "legendFormat"),
        instant=item.flag("instant"),
        format=_text(item, "format", "time_series"),
        hide=item.flag("hide"),
        exemplar=item.flag("exemplar"),
        datasource=_read_datasource(item),
        path=item.path,
        other={key: value for key, value in _rest(item, "range").items() if key != "editorMode"},
    )


def _read_config(item: JsonObject) -> FieldConfig:
    defaults = item.inner("defaults")
    thresholds = defaults.inner("thresholds")
    return FieldConfig(
        unit=defaults.text("unit"),
        decimals=_number(defaults, "decimals"),
        minimum=_number(defaults, "min"),
        maximum=_number(defaults, "max"),
        steps=tuple(
            Step(value=_number(step, "value"), color=step.text("color")) for step in thresholds.objects("steps")
        ),
        mode=thresholds.text("mode", "absolute"),
        color=_mapping(defaults, "color"),
        no_value=_text(defaults, "noValue"),
        links=tuple(_read_link(link) for link in defaults.objects("links")),
        custom=_mapping(defaults, "custom"),
        overrides=tuple(one.values for one in item.objects("overrides")),
        other=_rest(defaults),
    )


def _read_link(item: JsonObject) -> Link:
    return Link(
        title=item.text("title"),
        url=item.text("url"),
        type=item.text("type", "link"),
        icon=item.text("icon", "external link"),
        tooltip=item.text("tooltip"),
        tags=item.texts("tags"),
        as_dropdown=item.flag("asDropdown"),
        new_tab=item.flag("targetBlank"),
        include_vars=item.flag("includeVars"),
        keep_time=item.flag("keepTime"),
        other=_rest(item),
    )


def _read_variable(item: JsonObject) -> Variable:
    item.needed("name", "type")
    query = item.mapping("query") if isinstance(item.values.get("query"), dict) else _text(item, "query")
    return Variable(
        name=item.text("name"),
        type=item.text("type"),
        label=item.text("label"),
        query=query,
        datasource=_read_datasource(item),
        multi=item.flag("multi"),
        include_all=item.flag("includeAll"),
        all_value=_text(item, "allValue"),
        regex=item.text("regex"),
        refresh=_choice(item, "refresh"),
        sort=_choice(item, "sort"),
        hide=_choice(item, "hide"),
        current=_read_option(item.inner("current")) if item.values.get("current") else None,
        options=tuple(_read_option(option) for option in item.objects("options")),
        path=item.path,
        other=_rest(item, "definition", "current"),
    )


def _read_option(item: JsonObject) -> Option:
    def one(key: str) -> str | tuple[str, ...]:
        """Values are texts, or what people and plugins write in their place."""
        value = item.values.get(key)
        return tuple(map(_shown, value)) if isinstance(value, list) else _shown(value)

    return Option(text=one("text"), value=one("value"), selected=item.values.get("selected") is True)


def _shown(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value)


def _read_annotation(item: JsonObject) -> Annotation:
    return Annotation(
        name=item.text("name"),
        expr=item.text("expr"),
        enable=item.flag("enable", default=True),
        hide=item.flag("hide"),
        icon_color=item.text("iconColor"),
        title_format=item.text("titleFormat"),
        text_format=item.text("textFormat"),
        tag_keys=item.text("tagKeys"),
        step=_text(item, "step"),
        value_is_time=item.flag("useValueForTime"),
        datasource=_read_datasource(item),
        path=item.path,
        other=_rest(item),
    )


def _rest(item: JsonObject, *known: str) -> dict[str, Any]:
    return {key: value for key, value in item.rest().items() if key not in known}


def write(dashboard: Dashboard) -> str:
    """The document, the same bytes for the same value."""
    return render(
        {
            "uid": dashboard.uid,
            "title": dashboard.title,
            **_given(description=dashboard.description),
            "tags": list(dashboard.tags),
            "schemaVersion": dashboard.schema_version,
            "editable": dashboard.editable,
            "graphTooltip": dashboard.tooltip,
            "timezone": dashboard.timezone,
            "time": {"from": dashboard.from_, "to": dashboard.to},
            "refresh": dashboard.refresh,
            "links": [_link(link) for link in dashboard.links],
            "annotations": {"list": [_annotation(item) for item in dashboard.annotations]},
            "templating": {"list": [_variable(item) for item in dashboard.variables]},
            "panels": [_panel(item) for item in dashboard.panels],
            **dashboard.other,
        }
    )


def _given(**pairs: Any) -> dict[str, Any]:
    """The pairs that say something: not empty, not None, not false."""
    return {key: value for key, value in pairs.items() if value not in ("", None, False, (), {})}


def _source(datasource: Datasource | None) -> dict[str, Any]:
    return {} if datasource is None else {"datasource": {**_given(type=datasource.type), "uid": datasource.uid}}


def _panel(panel: Panel) -> dict[str, Any]:
    grid = panel.grid
    head = {
        "id": panel.id,
        "type": panel.type,
        "title": panel.title,
        **_given(description=panel.description),
        **({} if grid is None else {"gridPos": {"x": grid.x, "y": grid.y, "w": grid.w, "h": grid.h}}),
    }
    if panel.type == "row":
        inner = [_panel(item) for item in panel.panels]
        return {
            **head,
            **_source(panel.datasource),
            **_given(repeat=panel.repeat),
            "collapsed": panel.collapsed,
            "panels": inner,
            **panel.other,
        }
    return {
        **head,
        **_source(panel.datasource),
        **_given(interval=panel.interval, repeat=panel.repeat),
        **({"targets": [_target(target) for target in panel.targets]} if panel.targets else {}),
        **({"fieldConfig": _config(panel.config)} if panel.config else {}),
        **_given(options=dict(panel.options)),
        **({"transformations": [dict(item) for item in panel.transformations]} if panel.transformations else {}),
        **({"links": [_link(link) for link in panel.links]} if panel.links else {}),
        **panel.other,
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "refId": target.ref_id,
        **_source(target.datasource),
        "expr": target.expr,
        **_given(legendFormat=target.legend),
        "format": target.format,
        "instant": target.instant,
        "range": not target.instant,
        "editorMode": "code",
        **_given(hide=target.hide, exemplar=target.exemplar),
        **target.other,
    }


def _config(config: FieldConfig) -> dict[str, Any]:
    steps = [{"value": step.value, "color": step.color} for step in config.steps]
    ends = {key: value for key, value in (("min", config.minimum), ("max", config.maximum)) if value is not None}
    return {
        "defaults": {
            **_given(unit=config.unit),
            **({} if config.decimals is None else {"decimals": config.decimals}),
            **ends,
            **({"thresholds": {"mode": config.mode, "steps": steps}} if steps else {}),
            **_given(color=dict(config.color), noValue=config.no_value),
            **({"links": [_link(link) for link in config.links]} if config.links else {}),
            **_given(custom=dict(config.custom)),
            **config.other,
        },
        "overrides": [dict(item) for item in config.overrides],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "title": link.title,
        "type": link.type,
        "icon": link.icon,
        "tooltip": link.tooltip,
        **_given(url=link.url),
        "tags": list(link.tags),
        "asDropdown": link.as_dropdown,
        "targetBlank": link.new_tab,
        "includeVars": link.include_vars,
        "keepTime": link.keep_time,
        **link.other,
    }


def _variable(variable: Variable) -> dict[str, Any]:
    query = variable.query if isinstance(variable.query, str) else dict(variable.query)
    return {
        "name": variable.name,
        "type": variable.type,
        **_given(label=variable.label),
        **_source(variable.datasource),
        "query": query,
        **({"definition": query} if variable.type == "query" and isinstance(query, str) else {}),
        "multi": variable.multi,
        "includeAll": variable.include_all,
        **_given(allValue=variable.all_value, regex=variable.regex),
        "refresh": variable.refresh,
        "sort": variable.sort,
        "hide": variable.hide,
        **({"current": _option(variable.current)} if variable.current else {}),
        "options": [_option(option) for option in variable.options],
        **variable.other,
    }


def _option(option: Option) -> dict[str, Any]:
    def one(value: str | tuple[str, ...]) -> str | list[str]:
        return value if isinstance(value, str) else list(value)

    return {"selected": option.selected, "text": one(option.text), "value": one(option.value)}


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "name": annotation.name,
        **_source(annotation.datasource),
        "enable": annotation.enable,
        "hide": annotation.hide,
        "iconColor": annotation.icon_color,
        **_given(
            expr=annotation.expr,
            titleFormat=annotation.title_format,
            textFormat=annotation.text_format,
            tagKeys=annotation.tag_keys,
            step=annotation.step,
            useValueForTime=annotation.value_is_time,
        ),
        **annotation.other,
    }
