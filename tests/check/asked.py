"""Facts for the tests of checks over queries, made by hand: what is asked, and what is known of the names in it."""

from __future__ import annotations

from types import SimpleNamespace

from vedette.check.facts import Alert, Dashboard, Facts, Group, Panel, PanelQuery, Query, Recording, Text
from vedette.check.guess import guessed, recorded_series
from vedette.check.registry import find
from vedette.formats.grafana_query import tree
from vedette.place import Place
from vedette.promql.flow import Label, Labels, Series
from vedette.promql.parser import parse


def text(value, line=1):
    return Text(value, lambda: Place("rules.yml", line), lambda offset: Place("rules.yml", line, offset + 1))


def series(name, kind, labels=None, unit=None, **more):
    """What is declared of a name; ``labels`` as name → values (None for any)."""
    named = {
        key: Label("always", None if values is None else frozenset(values)) for key, values in (labels or {}).items()
    }
    closed = Labels({"job": Label("always"), "instance": Label("always"), **named}, Label("never"))
    return Series(name=name, type=kind, labels=closed, unit=unit, why="declared in shop.py:7", **more)


def facts_of(*alerts, recordings=(), panels=(), declared=(), interval=None, group_intervals=None, **more):
    """Alerts as expressions; recordings as (name, expression[, group]); what is not declared is guessed by its name."""
    by_name = {one.name: one for one in declared}
    rules = {}

    def known(name):
        if name in rules:
            return recorded_series(name, rules[name])
        return by_name.get(name) or guessed(name)

    groups = {}

    def group(name):
        made = Group(
            name=name, file="rules.yml", interval=(group_intervals or {}).get(name), place=Place("rules.yml", 1)
        )
        return groups.setdefault(name, made)

    line = 0
    for name, expr, *where in recordings:
        line += 1
        query = Query(text(expr, line), parse(expr), f"recording rule {name}", known)
        of = group(where[0] if where else "recorded")
        made = Recording(name=name, query=query, labels={}, group=of, place=Place("rules.yml", line))
        of.rules.append(made)
        rules.setdefault(name, []).append(made)
    for expr in alerts:
        line += 1
        query = Query(text(expr, line), parse(expr), f"alert A{line}", known)
        of = group("alerts")
        of.rules.append(
            Alert(
                name=f"A{line}", query=query, for_=0, keep_firing_for=0, labels={}, annotations={}, group=of,
                place=Place("rules.yml", line),
            )
        )  # fmt: skip
    shown = []
    for expr in panels:
        line += 1
        query = Query(text(expr, line), tree(expr), f"panel P{line}", known)
        shown.append(PanelQuery(query=query, text=text(expr, line), legend=text(""), ref_id="A"))
    dashboards = ()
    if shown:
        panel = Panel(
            value=SimpleNamespace(),
            queries=tuple(shown),
            place=Place("d.json", 1),
            subject="panel P",
            locate=lambda _: None,
        )
        dashboards = (
            Dashboard(
                value=SimpleNamespace(), panels=(panel,), place=Place("d.json", 1), subject="dashboard D",
                locate=lambda _: None,
            ),
        )  # fmt: skip
    return Facts(
        kind="declared" if declared else "foreign",
        groups=tuple(groups.values()),
        dashboards=dashboards,
        known=known,
        series=by_name,
        scrape_interval=interval,
        **more,
    )


def findings(code, *alerts, **more):
    """What one check finds."""
    return list(find(code).find(facts_of(*alerts, **more)))


def found(code, *alerts, **more):
    """Whether a check finds something."""
    return bool(findings(code, *alerts, **more))
