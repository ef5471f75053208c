"""Whoever opens the runbook of an alert that fires sees in its queries what the alert is about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from importlib import import_module

import pytest
from tests.packs.beside import trial_of

from vedette import packs
from vedette.build.runbooks import runbooks
from vedette.promql.ast import Binary, Number, VectorSelector
from vedette.promql.parser import COMPARISONS, parse
from vedette.promql.printer import format as show
from vedette.promql.results import Scalar, Vector
from vedette.promql.walk import rewrite
from vedette.testing.bench import bench

MODULES = {
    name: import_module(f"tests.packs.test_{name}_alert_cases")
    for name in packs.__all__
    if getattr(packs, name)().alerts
}
ADDED = {"alertname", "severity", "service", "team", "pack"}
"""Labels of an alert that its expression does not have."""


def investigation(runbook):
    """The queries of this section."""
    section = runbook.partition("## Investigation")[2].partition("\n## ")[0]
    blocks = [block.split("```")[0] for block in section.split("```promql\n")[1:]]
    return [parse(line.strip()) for block in blocks for line in block.splitlines() if line.strip()]


def loosened(node):
    """A case has no yesterday, and what a query leaves out where all is well need not be there."""
    match node:
        case VectorSelector(offset=offset) if offset:
            return replace(node, offset=0)
        case Binary(rhs=Number()) if node.op in COMPARISONS and not node.bool_:
            return node.lhs
        case _:
            return node


def rows(trial, query, when):
    """The labels of what a query answers then."""
    answer = trial.ask(query, when)
    if isinstance(answer, Scalar):
        return [{}]
    return [dict(one) for one in answer.labels] if isinstance(answer, Vector) else []


@pytest.mark.parametrize("name", MODULES)
def test_while_an_alert_fires_the_first_query_of_its_runbook_shows_the_series_and_every_other_one_has_an_answer(name):
    tested = bench(MODULES[name].stack)
    books = runbooks(tested.plan)
    unseen, answered = [], defaultdict(set)
    queries = {alert: investigation(books[alert]) for alert in tested.alerts()}
    for case in MODULES[name].CASES:
        when = next((one.when for one in case.expected if one.state == "fires"), None)
        if when is None:
            continue
        trial = trial_of(case, tested, queries[case.alert], when)
        firing = [
            {label: value for label, value in one.labels if label not in ADDED}
            for one in trial.alerts()
            if one.state == "firing" and ("alertname", case.alert) in one.labels
        ]
        first, *others = queries[case.alert]
        shown = rows(trial, first, when)
        if not any(one.items() <= row.items() for one in firing for row in shown):
            unseen.append(case.name)
        answered[case.alert] |= {
            one for one in others if rows(trial, one, when) or rows(trial, rewrite(one, loosened), when)
        }
    silent = {alert: [show(one) for one in queries[alert][1:] if one not in answered[alert]] for alert in queries}
    assert unseen == []
    assert {alert: lacking for alert, lacking in silent.items() if lacking} == {}
