"""A declared panel as Grafana draws it: its queries over what is chosen, its past, its exemplars, its links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.build.grafana.drill import links_of_columns, links_of_series
from vedette.build.grafana.fields import columns, config, options, past_id, ref_id
from vedette.build.links import dashboard_uid, panel_id, runbook_url
from vedette.build.queries import limit_to_variables
from vedette.build.refusal import RefusalError
from vedette.duration import format_duration, milliseconds
from vedette.formats import grafana as g
from vedette.promql.ast import Call, VectorSelector
from vedette.promql.flow import analyse
from vedette.promql.flow.outcome import possible
from vedette.promql.printer import format as show
from vedette.promql.walk import rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.build.plan import Plan, Use
    from vedette.catalog import Pack, Panel, Query
    from vedette.promql.ast import Expr

__all__ = ["SOURCE", "built_panel", "ref_id"]

SOURCE = g.Datasource(uid="${datasource}")

_STALE = milliseconds("5m")
"""The value of a stat may be as old."""
_USUAL_POINTS = 300
"""What Grafana asks for in a panel of a quarter of the width: a point a pixel."""
_AGO = {"1w": "last week", "1d": "yesterday"}
_OWN_TIME = frozenset(("time", "timestamp", "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month"))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query of a panel and its tree, over the series that the dashboard's variables choose."""

    query: Query
    index: int
    tree: Expr


def built_panel(plan: Plan, uses: Sequence[Use], panel: Panel, grid: g.GridPos) -> g.Panel:
    """The panel of a pack's dashboard.

    Raises:
        DeclarationError: a query is not PromQL, uses what nobody declares, or cannot be drawn so.
    """
    pack = uses[0].pack
    uid = dashboard_uid(plan.stack.name, pack.name)
    table = panel.kind == "table"
    asked = list(_asked(plan, pack, panel))
    labels = [possible(analyse(one.tree, plan.known.get).branches) for one in asked]
    # those that the series of every query have; none where that is not known
    common = frozenset.intersection(*(found or frozenset() for found in labels)) if labels else frozenset()
    links = () if table else links_of_series(plan, uid, uses, common)
    shown = config(panel, links, alone=_alone(uses, labels))
    if table:
        shown = replace(shown, overrides=(*shown.overrides, *links_of_columns(uid, uses, common)))
    targets = [_target(plan, panel, one) for one in asked]
    if panel.compare:
        for one in asked:
            with plan.refusals.piece():
                targets.append(_past(plan, panel, one, f"panel {panel.title!r} of pack {pack.name!r}"))
    return g.Panel(
        id=panel_id(pack.name, panel.title),
        type=panel.kind,
        title=panel.title,
        description=panel.description,
        grid=grid,
        datasource=SOURCE,
        targets=tuple(targets),
        config=shown,
        options=options(panel),
        transformations=columns(panel) if table else (),
        links=_runbooks(plan, pack, panel),
        other=_points(panel, pack),
        place=panel.place,
    )


def _alone(uses: Sequence[Use], labels: Sequence[frozenset[str] | None]) -> bool:
    """Whether the panel has one line: one query, of one service, that does not part it."""
    own = labels[0] if len(labels) == 1 else None
    return own is not None and own <= {"job"} and len({one.name for use in uses for one in use.services}) == 1


def _points(panel: Panel, pack: Pack) -> dict[str, int]:
    """Grafana shows as a number the last of its steps, which end on the whole: in a week, half an hour ago."""
    points = milliseconds(pack.dashboard.range) // _STALE
    return {"maxDataPoints": points} if panel.kind in ("stat", "gauge") and points > _USUAL_POINTS else {}


def _asked(plan: Plan, pack: Pack, panel: Panel) -> Iterator[_Asked]:
    owner = f"panel {panel.title!r} of pack {pack.name!r}"
    for index, query in enumerate(panel.query_list()):
        with plan.refusals.piece():
            tree = plan.parse(query.expr, query.place, owner)
            if panel.kind == "heatmap":
                _check_buckets(plan, tree, query, owner)
            yield _Asked(query, index, limit_to_variables(tree, plan.known))


def _check_buckets(plan: Plan, tree: Expr, query: Query, owner: str) -> None:
    labels = possible(analyse(tree, plan.known.get).branches)
    if labels is not None and "le" not in labels:
        raise RefusalError(
            query.place, owner, " is a heatmap, and its query yields no buckets: no series has the label 'le'",
            "write sum by (le) (rate(…_bucket[5m]))",
        )  # fmt: skip


def _target(plan: Plan, panel: Panel, one: _Asked) -> g.Target:
    table, heat = panel.kind == "table", panel.kind == "heatmap"
    return g.Target(
        expr=show(one.tree),
        ref_id=ref_id(one.index),
        legend="{{le}}" if heat else "" if table else one.query.legend,
        instant=table,
        format="table" if table else "heatmap" if heat else "time_series",
        exemplar=panel.kind in ("timeseries", "heatmap") and _has_exemplars(plan, one.tree),
        datasource=SOURCE,
        place=one.query.place,
    )


def _has_exemplars(plan: Plan, tree: Expr) -> bool:
    """Whether a query reads the buckets of a histogram: what a rule records of them has none."""
    names = {node.name for node in walk(tree) if isinstance(node, VectorSelector)}
    return any((series := plan.known.get(name)) is not None and series.type == "bucket" for name in names)


def _past(plan: Plan, panel: Panel, one: _Asked, owner: str) -> g.Target:
    """The same query as it was: every selector that much earlier."""
    back = milliseconds(panel.compare)
    for node in walk(one.tree):
        if isinstance(node, Call) and (node.func in _OWN_TIME and (not node.args or node.func == "timestamp")):
            raise RefusalError(
                one.query.place, owner, f" is compared with its past, and {node.func}() always is of now",
                "remove compare, or the call",
            )  # fmt: skip
    ago = _AGO.get(format_duration(back), f"{format_duration(back)} ago")
    back = plan.scale.of(back)
    tree = rewrite(
        one.tree,
        lambda node: replace(node, offset=node.offset + back) if isinstance(node, VectorSelector) else node,
    )
    return g.Target(
        expr=show(tree),
        ref_id=past_id(one.index),
        legend=f"{one.query.legend} {ago}".strip(),
        datasource=SOURCE,
        place=one.query.place,
    )


def _runbooks(plan: Plan, pack: Pack, panel: Panel) -> tuple[g.Link, ...]:
    return tuple(
        g.Link(title=f"Runbook: {alert.name}", url=runbook_url(plan.environment, alert.name), new_tab=True)
        for alert in pack.alerts
        if alert.panel == panel.title
    )
