"""The dashboard to begin with: every service of the stack with its golden signals, each leading to where they are."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vedette.build.grafana.drill import dashboard_link
from vedette.build.grafana.fields import COLORS, config, options
from vedette.build.grafana.layout import Grid
from vedette.build.grafana.marks import marks
from vedette.build.grafana.panel import SOURCE
from vedette.build.links import dashboard_uid, panel_id, row_id
from vedette.build.signals import signals_of
from vedette.catalog import Panel
from vedette.formats import grafana as g
from vedette.promql.flow import analyse
from vedette.promql.flow.outcome import possible
from vedette.promql.parser import parse
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.build.plan import Plan
    from vedette.build.signals import ServiceSignal
    from vedette.catalog import Service
    from vedette.promql.ast import Expr

__all__ = ["Tile", "home", "home_panels"]

_UNFOLDED = 8
"""Services whose rows are open: of more, the rows are folded, and ask nothing until they are opened."""
_WIDTH, _HEIGHT = 4, 4


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of the home: a declared panel over one service, or what the stack itself tells."""

    panel: Panel
    number: int
    tree: Expr
    service: Service | None = None
    """Whose row it stands in; None at the top."""
    link: str = ""


def home(plan: Plan) -> g.Dashboard:
    """The home of a stack."""
    stack = plan.stack
    uid = dashboard_uid(stack.name, "home")
    return g.Dashboard(
        uid=uid,
        title=f"{stack.title}: home",
        description="Which service is well, which is not, and where to look next?",
        tags=(stack.name, "vedette", "home"),
        panels=_laid_out(plan, home_panels(plan)),
        variables=(
            g.Variable(name="datasource", type="datasource", label="Data source", query="prometheus", refresh=1),
        ),
        # what can wait until tomorrow would tint every chart, for days
        annotations=marks(plan, f'severity=~"critical|high",{_all(plan, "service")}', _jobs(plan)),
        links=(
            g.Link(
                title="Dashboards", type="dashboards", icon="dashboard", tags=(stack.name,), as_dropdown=True,
                keep_time=True,
            ),
        ),
        from_="now-1h",
        refresh="10s",
        place=stack.place,
    )  # fmt: skip


def home_panels(plan: Plan) -> tuple[Tile, ...]:
    """What stands on the home, in its order."""
    return (*_of_stack(plan), *(tile for service in plan.services for tile in _of_service(plan, service)))


def _jobs(plan: Plan) -> str:
    """A regular expression of all services, as it stands in a query's string."""
    return "|".join(re.escape(service.name).replace("\\-", "-").replace("\\", "\\\\") for service in plan.services)


def _all(plan: Plan, label: str) -> str:
    """The matcher of all services."""
    return f'{label}="{plan.services[0].name}"' if len(plan.services) == 1 else f'{label}=~"{_jobs(plan)}"'


def _of_stack(plan: Plan) -> Iterable[Tile]:
    place, many = plan.stack.place, len(plan.services)
    firing = f'count by (severity) (ALERTS{{alertstate="firing",{_all(plan, "service")}}})'
    for panel in (
        Panel(
            "Services up",
            f"sum(max by (job) (up{{{_all(plan, 'job')}}}))",
            kind="stat",
            unit="count",
            description=f"Of {many}. One that is missing has no instance that answers its scrape.",
            thresholds={many: "critical"},
            below=True,
            place=place,
        ),
        Panel(
            "Alerts firing",
            firing,
            kind="stat",
            unit="count",
            legend="{{severity}}",
            description="Now, by severity.",
            place=place,
        ),
        Panel(
            "Alerts firing over time",
            firing,
            unit="count",
            legend="{{severity}}",
            description="How many fired at each time. A step that holds is an incident, a comb is an alert that flaps.",
            minimum=0,
            stack=True,
            width=16,
            place=place,
        ),
    ):
        width = panel.width if panel.kind == "timeseries" else _WIDTH
        number = panel_id("home", panel.title)
        yield Tile(replace(panel, width=width, height=5), number, parse(panel.query_list()[0].expr))


def _of_service(plan: Plan, service: Service) -> Iterable[Tile]:
    place, job = service.place, service.name
    signals = signals_of(plan, service)
    first = signals[0].use if signals else None
    link = ""
    if first is not None:
        link = dashboard_link(dashboard_uid(plan.stack.name, first.pack.name), {"job": job})
    for panel in (
        Panel(
            "Alerts",
            f'count by (severity) (ALERTS{{alertstate="firing",service="{job}"}})',
            kind="stat",
            unit="count",
            legend="{{severity}}",
            description="Alerts of the service that fire now, by severity.",
            place=place,
        ),
        Panel(
            "Instances up",
            f'sum by (job) (up{{job="{job}"}}) / count by (job) (up{{job="{job}"}})',
            kind="stat",
            unit="ratio",
            description="Share of the instances that answer their scrape.",
            thresholds={1: "high"},
            below=True,
            place=place,
        ),
    ):
        small = replace(panel, width=_WIDTH, height=_HEIGHT)
        number = panel_id(f"home {job}", panel.title)
        yield Tile(small, number, parse(panel.query_list()[0].expr), service, link)
    tiles = [_of_signal(plan, service, signal) for signal in signals]
    titles = Counter(tile.panel.title for tile in tiles)
    # numbers before charts, which are twice as wide: so none leaves a hole where it does not fit
    for tile, signal in sorted(zip(tiles, signals, strict=True), key=lambda pair: pair[0].panel.kind != "stat"):
        title = tile.panel.title
        if titles[title] > 1:
            title = f"{signal.use.pack.title}: {title}"
        yield replace(tile, panel=replace(tile.panel, title=title))


def _of_signal(plan: Plan, service: Service, signal: ServiceSignal) -> Tile:
    """A number where the service has one, a small chart where it has one for each of something."""
    panel, name = signal.panel, signal.use.pack.name
    labels = possible(analyse(signal.tree, plan.known.get).branches) or frozenset()
    one = labels <= {"job"}
    small = replace(
        panel,
        queries=signal.query,
        kind="stat" if one else "timeseries",
        unit=signal.query.unit or panel.unit,
        compare="",
        width=_WIDTH if one else 2 * _WIDTH,
        height=_HEIGHT,
    )
    uid = dashboard_uid(plan.stack.name, name)
    link = dashboard_link(uid, {"job": service.name}, panel_id(name, panel.title))
    return Tile(small, panel_id(f"home {service.name} {name}", panel.title), signal.tree, service, link)


def _laid_out(plan: Plan, tiles: Sequence[Tile]) -> tuple[g.Panel, ...]:
    grid = Grid()
    panels = [_drawn(tile, grid) for tile in tiles if tile.service is None]
    folded = len(plan.services) > _UNFOLDED
    for service in plan.services:
        box = grid.row()
        own = [_drawn(tile, grid) for tile in tiles if tile.service == service]
        number = row_id("home", service.name)
        inner = tuple(own) if folded else ()
        panels.append(g.Panel(id=number, type="row", title=service.title, grid=box, collapsed=folded, panels=inner))
        if folded:
            grid.x, grid.y, grid.tallest = 0, box.y + 1, 0
        else:
            panels += own
    return tuple(panels)


def _drawn(tile: Tile, grid: Grid) -> g.Panel:
    panel = tile.panel
    links = (g.Link(title="The panel it is from", url=tile.link, icon="dashboard"),) if tile.link else ()
    shown: dict[str, Any] = options(panel)
    if panel.kind == "timeseries":
        shown = shown | {"legend": {"calcs": [], "displayMode": "list", "placement": "right", "showLegend": False}}
    by_severity = panel.query_list()[0].legend == "{{severity}}"
    fields = config(panel, links)
    if by_severity:
        fields = replace(fields, overrides=_severities(), no_value="none")
    return g.Panel(
        id=tile.number,
        type=panel.kind,
        title=panel.title,
        description=panel.description,
        grid=grid.place(panel.width, panel.height),
        datasource=SOURCE,
        targets=(
            g.Target(
                expr=show(tile.tree), ref_id="A", legend=panel.query_list()[0].legend, datasource=SOURCE,
                # what fires is asked of this moment: the last value of an hour may be an alert that has ended
                instant=by_severity and panel.kind == "stat", place=panel.place,
            ),
        ),
        config=fields,
        options=shown,
        place=panel.place,
    )  # fmt: skip


def _severities() -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {
            "matcher": {"id": "byName", "options": severity},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}],
        }
        for severity, color in COLORS.items()
    )
