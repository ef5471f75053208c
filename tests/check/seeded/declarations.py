"""Mistakes in what surrounds an expression: thresholds, durations, texts, units, legends, runbooks, recordings."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.check.seeded.mistakes import (
    COMPARISONS,
    EVERYWHERE,
    IN_ALERTS,
    IN_RULES,
    Known,
    Mistake,
    changed,
)

from vedette.catalog import Alert, Pack, Panel, Query, Recording
from vedette.errors import VedetteError
from vedette.promql.ast import Aggregate, Binary, Call, Number, VectorSelector
from vedette.promql.parser import parse
from vedette.promql.printer import format as show
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.catalog import Variable
    from vedette.promql.ast import Expr

VARIABLE = re.compile(r"\$(?!__)(\w+)")


def mistakes(pack: Pack, of: Known) -> Iterator[Mistake]:
    """Every mistake that can be made in a pack, one at a time."""
    for at, alert in enumerate(pack.alerts):
        for name, wrong in _alerts(alert, pack, of):
            yield Mistake(name, _with(pack, "alerts", at, wrong), alert.place, f"alert {alert.name}")
    for at, recording in enumerate(pack.recordings):
        for operator in (*EVERYWHERE, *IN_RULES):
            for expr in _of(operator, recording.expr, of):
                wrong_one = replace(recording, expr=expr)
                changed_pack = _with(pack, "recordings", at, wrong_one)
                yield Mistake(operator.__name__, changed_pack, recording.place, f"recording {recording.name}")
        yield from _recordings(pack, at, recording)
    for at, panel in enumerate(pack.panels):
        if isinstance(panel, Panel):
            for name, wrong_panel in _panels(panel, pack, of):
                yield Mistake(name, _with(pack, "panels", at, wrong_panel), panel.place, f"panel {panel.title}")
    for at, variable in enumerate(pack.dashboard.variables):
        for name, wrong_variable in _variables(variable):
            variables = list(pack.dashboard.variables)
            variables[at] = wrong_variable
            frame = replace(pack.dashboard, variables=variables)
            yield Mistake(
                name, replace(pack, dashboard=frame, factory=None), variable.place, f"variable {variable.name}"
            )


def _with(pack: Pack, key: str, at: int, thing: object) -> Pack:
    things = list(getattr(pack, key))
    things[at] = thing
    return replace(pack, **{key: things}, factory=None)


def _of(operator: Callable[[Expr, Known], Iterator[Expr]], text: str, of: Known) -> Iterator[str]:
    """The expression with each of the operator's mistakes; variables of dashboards stay as they are."""
    names = VARIABLE.findall(text)
    plain = VARIABLE.sub(lambda found: f"VARIABLE{names.index(found[1])}", text)
    try:
        tree = parse(plain)
    except VedetteError:
        return
    for expr in operator(tree, of):
        wrong = show(expr)
        if wrong != show(tree):
            yield re.sub(r"VARIABLE(\d+)", lambda found: f"${names[int(found[1])]}", wrong)


# --- alerts ---


def _alerts(alert: Alert, pack: Pack, of: Known) -> Iterator[tuple[str, Alert]]:
    for operator in (*EVERYWHERE, *IN_RULES, *IN_ALERTS):
        for expr in _of(operator, alert.expr, of):
            yield operator.__name__, replace(alert, expr=expr)
    for name, expr in _thresholds(alert, pack, of):
        yield name, replace(alert, expr=expr)
    if alert.for_ != "0s":
        yield "for_below_the_interval", replace(alert, for_="1s")
    first = next(node.name for node in walk(parse(alert.expr)) if isinstance(node, VectorSelector))
    yield "absent_without_for", replace(alert, expr=f"absent({first})", for_="0s", summary="Gone", description="It is.")
    yield "runbook_that_does_not_exist", replace(alert, runbook="runbooks/no-such-page.md")
    yield "value_in_a_label", replace(alert, labels={**alert.labels, "current": "{{ $value }}"})
    for key in ("summary", "description"):
        text = getattr(alert, key)
        label = re.search(r"\$labels\.(\w+)", text)
        if label:
            wrong = text[: label.end()] + "s" + text[label.end() :]
            yield "label_misspelt_in_a_text", replace(alert, **{key: wrong})
        if "{{" in text:
            yield "template_not_closed", replace(alert, **{key: text.replace("}}", "}", 1)})
        if "| humanize" in text:
            yield "template_function_misspelt", replace(alert, **{key: text.replace("| humanize", "| humanise", 1)})
    for expr in _without_a_label_of_a_text(alert):
        yield "label_of_a_text_dropped_by_the_query", replace(alert, expr=expr)


def _without_a_label_of_a_text(alert: Alert) -> Iterator[str]:
    used = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    tree = parse(alert.expr)
    inner = tree.lhs if isinstance(tree, Binary) and tree.op in COMPARISONS else tree
    if isinstance(inner, Aggregate) and not inner.without:
        for label in sorted(used & set(inner.grouping) - {"job"}):
            kept = tuple(one for one in inner.grouping if one != label)
            yield show(changed(tree, inner, replace(inner, grouping=kept)))


def _thresholds(alert: Alert, pack: Pack, of: Known) -> Iterator[tuple[str, str]]:
    tree = parse(alert.expr)
    unit = next((panel.unit for panel in pack.panels if isinstance(panel, Panel) and panel.title == alert.panel), "")
    nodes = [
        node
        for node in walk(tree)
        if isinstance(node, Binary) and node.op in COMPARISONS and isinstance(node.rhs, Number) and node.rhs.value
    ][:1]
    for node in nodes:
        assert isinstance(node.rhs, Number)
        value = node.rhs.value

        def with_threshold(number: float, node: Binary = node) -> str:
            return show(changed(tree, node, replace(node, rhs=Number(number))))

        if unit == "ratio" and node.op in (">", ">=") and 0.01 < value <= 1:
            yield "ratio_compared_with_a_percentage", with_threshold(value * 100)
        bounds = _bounds(node.lhs, pack, of)
        if bounds and node.op in (">", ">="):
            yield "milliseconds_against_seconds", with_threshold(bounds[-1] * 1000)
            yield "threshold_above_the_buckets", with_threshold(bounds[-1] * 2)
            yield "threshold_between_two_buckets", with_threshold((bounds[-2] + bounds[-1]) / 2)


def _bounds(expr: Expr, pack: Pack, of: Known) -> tuple[float, ...]:
    """Of the histogram whose quantile is compared; through a recording of the pack."""
    while isinstance(expr, VectorSelector):
        recording = next((one for one in pack.recordings if one.name == expr.name), None)
        if recording is None:
            return ()
        expr = parse(recording.expr)
        if isinstance(expr, Binary) and expr.op in COMPARISONS:
            expr = expr.lhs
    if not isinstance(expr, Call) or expr.func != "histogram_quantile":
        return ()
    metrics = [of.of(node.name) for node in walk(expr) if isinstance(node, VectorSelector)]
    return metrics[0].buckets if metrics and metrics[0] is not None else ()


# --- recordings ---


def _recordings(pack: Pack, at: int, recording: Recording) -> Iterator[Mistake]:
    users = [
        thing.place
        for thing in (*pack.recordings, *pack.alerts, *(one for one in pack.panels if isinstance(one, Panel)))
        if recording.name in str(getattr(thing, "expr", "")) + str(getattr(thing, "queries", ""))
    ]
    level, metric, operations = recording.name.split(":")
    renamed = replace(recording, name=f"{level}:{metric}_new:{operations}")
    what = f"recording {recording.name}"
    if users:
        yield Mistake("recording_renamed", _with(pack, "recordings", at, renamed), users[0], what, tuple(users))
    itself = replace(recording, expr=f"{recording.name} * 2")
    yield Mistake("recording_of_itself", _with(pack, "recordings", at, itself), recording.place, what)


# --- panels ---

_OTHER_UNIT = {"seconds": "bytes", "bytes": "seconds", "ratio": "seconds", "bytes/s": "seconds"}


def _panels(panel: Panel, pack: Pack, of: Known) -> Iterator[tuple[str, Panel]]:
    queries = panel.query_list()
    for at, query in enumerate(queries):
        for operator in EVERYWHERE:
            for expr in _of(operator, query.expr, of):
                wrong = [*queries[:at], replace(query, expr=expr), *queries[at + 1 :]]
                yield operator.__name__, replace(panel, queries=wrong)
        for name in VARIABLE.findall(query.expr):
            wrong = [*queries[:at], _misspelt(query, name), *queries[at + 1 :]]
            yield "variable_misspelt", replace(panel, queries=wrong)
        label = re.search(r"\{\{\s*(\w+)", query.legend)
        if label:
            legend = query.legend[: label.end()] + "_x" + query.legend[label.end() :]
            wrong = [*queries[:at], replace(query, legend=legend), *queries[at + 1 :]]
            yield "legend_of_a_label_that_is_not_there", replace(panel, queries=wrong)
    if panel.unit in _OTHER_UNIT and not any(query.unit for query in queries):
        yield "panel_in_another_unit", replace(panel, unit=_OTHER_UNIT[panel.unit])  # type: ignore[arg-type]


def _misspelt(query: Query, variable: str) -> Query:
    return replace(query, expr=query.expr.replace(f"${variable}", f"${variable}s"))


def _variables(variable: Variable) -> Iterator[tuple[str, Variable]]:
    yield "variable_of_an_unknown_metric", replace(variable, metric=variable.metric + "s")
    yield "variable_of_an_unknown_label", replace(variable, label=variable.label + "s")
