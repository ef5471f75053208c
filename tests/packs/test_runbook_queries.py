"""Whoever opens the runbook of an alert that fires sees in its queries what the alert is about."""

from __future__ import annotations

import pytest
from tests.packs import (
    test_cache_alert_cases,
    test_http_client_alert_cases,
    test_websocket_alert_cases,
    test_worker_alert_cases,
)

from vedette.build import build
from vedette.promql.parser import parse
from vedette.promql.results import Vector
from vedette.testing.bench import bench
from vedette.testing.judge import judge, prepare

MODULES = {
    "cache": test_cache_alert_cases,
    "http_client": test_http_client_alert_cases,
    "websocket": test_websocket_alert_cases,
    "worker": test_worker_alert_cases,
}


def investigation(runbook):
    """The queries of this section."""
    section = runbook.partition("## Investigation")[2].partition("\n## ")[0]
    blocks = [block.split("```")[0] for block in section.split("```promql\n")[1:]]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def shows(trial, query, when):
    """Whether a query has an answer then."""
    answer = trial.ask(parse(query), when)
    return isinstance(answer, Vector) and len(answer.values) > 0


@pytest.mark.parametrize("name", MODULES)
def test_while_an_alert_fires_the_investigation_of_its_runbook_shows_something(name):
    tested, runbooks = bench(MODULES[name].stack), build(MODULES[name].stack)
    blind = []
    for case in MODULES[name].CASES:
        moments = [one.when for one in case.expected if one.state == "fires"]
        if not moments:
            continue
        prepared = prepare(case, tested)
        trial, _ = judge(prepared, prepared.groups, until=moments[0])
        queries = investigation(runbooks[f"runbooks/{case.alert}.md"])
        if not any(shows(trial, query, moments[0]) for query in queries):
            blind.append(case.name)
    assert blind == []
