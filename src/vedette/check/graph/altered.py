"""The facts as they would be if a series were another one: everything that rests on it, worked out anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.check.relearn import relearned
from vedette.promql.flow import Label, Labels, Reason, Series, analyse
from vedette.promql.flow.outcome import labelled, recorded

if TYPE_CHECKING:
    from collections.abc import Collection

    from vedette.check.facts import Facts, Recording

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
    groups = (replace(group, rules=[rule for rule in group.rules if id(rule) in affected]) for group in facts.groups)
    dashboards = (
        replace(one, panels=tuple(panel for panel in one.panels if id(panel) in affected)) for one in facts.dashboards
    )
    kept = replace(
        facts,
        groups=tuple(group for group in groups if group.rules),
        dashboards=tuple(dashboard for dashboard in dashboards if dashboard.panels),
    )
    return relearned(kept, known, series)


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
        flow = tuple(
            branch for rule in rules for branch in labelled(analyse(rule.query.tree, self).branches, rule.labels)
        )
        return recorded(name, flow, why=f"recorded in {first.place}", place=first.place)
