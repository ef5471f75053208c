"""The facts as they would be if a series were another one: everything that rests on it, worked out anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.check.facts import Alert, Group, PanelQuery, Query, Recording
from vedette.promql.flow import Label, Labels, Reason, Series, analyse
from vedette.promql.flow.outcome import recorded

if TYPE_CHECKING:
    from collections.abc import Collection

    from vedette.check.facts import Dashboard, Facts, Panel

__all__ = ["Alteration", "altered", "unchanged", "without_label"]

Alteration = Callable[[Series], Series | None]
"""What becomes of a series; None: it is no more."""


def unchanged(series: Series) -> Series:
    """The series as it is."""
    return series


def without_label(name: str) -> Alteration:
    """A series that has a label no more."""
    gone = Label("never", why=Reason("the metric would have it no more"))

    def change(series: Series) -> Series:
        named = {key: label for key, label in series.labels.named.items() if key != name}
        if series.labels.other.state != "never":
            named[name] = gone
        return replace(series, labels=Labels(named, series.labels.other))

    return change


def altered(facts: Facts, names: Collection[str], change: Alteration, affected: Collection[int]) -> Facts:
    """The facts with these series changed, and of rules and panels only those ``affected`` (by their identity)."""
    known = _Known(facts, frozenset(names), change)
    series = {name: found for name in facts.series if (found := known(name)) is not None}
    groups = (_group(group, known, affected) for group in facts.groups)
    dashboards = (_dashboard(dashboard, known, affected) for dashboard in facts.dashboards)
    return replace(
        facts,
        groups=tuple(group for group in groups if group.rules),
        dashboards=tuple(dashboard for dashboard in dashboards if dashboard.panels),
        known=known,
        series=series,
    )


class _Known:
    """What would be known of a name."""

    def __init__(self, facts: Facts, names: frozenset[str], change: Alteration) -> None:
        self._before = facts.known
        self._names = names
        self._change = change
        self._found: dict[str, Series | None] = {}
        self._rules: dict[str, list[Recording]] = {}
        for recording in facts.recordings:
            self._rules.setdefault(recording.name, []).append(recording)

    def __call__(self, name: str) -> Series | None:
        if name not in self._found:
            self._found[name] = Series(name=name, metric=name, certain=False)  # what a rule that asks for itself gets
            self._found[name] = self._altered(name)
        return self._found[name]

    def _altered(self, name: str) -> Series | None:
        rules = self._rules.get(name)
        found = self._before(name) if rules is None else self._recorded(name, rules)
        return found if found is None or name not in self._names else self._change(found)

    def _recorded(self, name: str, rules: list[Recording]) -> Series:
        first = rules[0]
        flow = tuple(branch for rule in rules for branch in analyse(rule.query.tree, self).branches)
        return recorded(name, flow, labels=first.labels, why=f"recorded in {first.place}", place=first.place)


def _query(query: Query, known: _Known) -> Query:
    return Query(query.text, query.tree, query.owner, known)


def _group(group: Group, known: _Known, affected: Collection[int]) -> Group:
    made = Group(name=group.name, file=group.file, interval=group.interval, place=group.place)
    for rule in group.rules:
        if id(rule) in affected:
            made.rules.append(_rule(rule, made, known))
    return made


def _rule(rule: Recording | Alert, group: Group, known: _Known) -> Recording | Alert:
    query = _query(rule.query, known)
    return replace(rule, query=query, group=group)


def _dashboard(dashboard: Dashboard, known: _Known, affected: Collection[int]) -> Dashboard:
    panels = (_panel(panel, known) for panel in dashboard.panels if id(panel) in affected)
    return replace(dashboard, panels=tuple(panels))


def _panel(panel: Panel, known: _Known) -> Panel:
    def changed(one: PanelQuery) -> PanelQuery:
        return one if one.query is None else replace(one, query=_query(one.query, known))

    return replace(panel, queries=tuple(changed(one) for one in panel.queries))
