"""The same rules and panels over other knowledge of the series they ask for: every query is worked out anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.check.facts import Alert, Group, PanelQuery, Query, Recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.check.facts import Dashboard, Facts, Panel
    from vedette.promql.flow import Known, Series

__all__ = ["relearned"]


def relearned(facts: Facts, known: Known, series: Mapping[str, Series]) -> Facts:
    """The facts where this is what is known."""
    return replace(
        facts,
        groups=tuple(_group(group, known) for group in facts.groups),
        dashboards=tuple(_dashboard(dashboard, known) for dashboard in facts.dashboards),
        known=known,
        series=series,
    )


def _query(query: Query, known: Known) -> Query:
    return Query(query.text, query.tree, query.owner, known)


def _group(group: Group, known: Known) -> Group:
    made = replace(group, rules=[])
    made.rules.extend(_rule(rule, made, known) for rule in group.rules)
    return made


def _rule(rule: Recording | Alert, group: Group, known: Known) -> Recording | Alert:
    return replace(rule, query=_query(rule.query, known), group=group)


def _dashboard(dashboard: Dashboard, known: Known) -> Dashboard:
    return replace(dashboard, panels=tuple(_panel(panel, known) for panel in dashboard.panels))


def _panel(panel: Panel, known: Known) -> Panel:
    def changed(one: PanelQuery) -> PanelQuery:
        return one if one.query is None else replace(one, query=_query(one.query, known))

    return replace(panel, queries=tuple(changed(one) for one in panel.queries))
