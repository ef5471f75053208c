"""A dashboard a pack: its panels laid out, with variables, annotations and links."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.build.grafana.home import home
from vedette.build.grafana.layout import Grid
from vedette.build.grafana.marks import marks
from vedette.build.grafana.panel import SOURCE, built_panel
from vedette.build.links import dashboard_uid, panel_id, row_id
from vedette.build.refusal import RefusalError
from vedette.catalog import Panel, Row, Text
from vedette.catalog.names import nearest
from vedette.duration import format_duration, milliseconds
from vedette.formats import grafana as g

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.build.plan import Plan, Use
    from vedette.catalog import Variable

__all__ = ["dashboards"]

_ALL = g.Option(text=("All",), value=("$__all",), selected=True)


def dashboards(plan: Plan) -> dict[str, g.Dashboard]:
    """The home of the stack and every pack's dashboard, by uid.

    Raises:
        DeclarationError: a panel's query is not PromQL or uses what nobody declares, or two packs or panels would
            share a link.
    """
    first = home(plan)
    found = {first.uid: first}
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
        annotations=marks(plan, f'pack="{name}",service=~"$job"', "$job"),
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
            datasource=SOURCE,
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
            datasource=SOURCE,
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
        datasource=SOURCE,
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


def _laid_out(plan: Plan, name: str, uses: Sequence[Use]) -> tuple[g.Panel, ...]:
    grid = Grid()
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
                panels.append(_row(plan, item, uses, number, grid))
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
                panels.append(built_panel(plan, uses, item, grid.place(item.width, item.height)))
    return tuple(panels)


def _row(plan: Plan, row: Row, uses: Sequence[Use], number: int, grid: Grid) -> g.Panel:
    title = row.title
    if row.repeat:
        known = ["job", "instance", *(one.name for use in uses for one in use.pack.dashboard.variables)]
        if row.repeat not in known:
            with plan.refusals.piece():
                raise RefusalError(
                    row.place, f"row {row.title!r}", f" is repeated for each {row.repeat!r}",
                    f"the dashboard has no such variable; it has {', '.join(known)}{nearest(row.repeat, known)}",
                )  # fmt: skip
        if f"${row.repeat}" not in title and f"${{{row.repeat}" not in title:
            title = f"{title}: ${row.repeat}"
    return g.Panel(id=number, type="row", title=title, grid=grid.row(), repeat=row.repeat)
