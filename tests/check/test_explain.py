"""What is said of metrics, rules, alerts, panels and labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.check.graph_stacks import ROUTES, declared, foreign

from vedette.catalog import Environment, Smtp
from vedette.check.graph.about_label import explain_label
from vedette.check.graph.explain import explain
from vedette.check.graph.plain import plain
from vedette.check.sources import Sources


@pytest.fixture(scope="module")
def town():
    return declared()


@pytest.fixture(scope="module")
def files():
    return foreign()


def about(of, name, kind=None):
    facts, graph = of
    (node,) = [one for one in graph.find(name) if kind in (None, one.kind)]
    return explain(graph, facts, node)


def lines(found):
    return {line.term: line.text for line in found}


def label(explained, name):
    (found,) = [one for one in explained.labels if one.name == name]
    return found.values, found.why


def test_a_metric_says_what_it_is_and_why_each_label_is_there(town):
    found = about(town, "bakery_loaves_total")
    assert found.text == "What bakery_loaves_total is."
    assert lines(found.lines) == {
        "type": "counter", "exposed by": "bakery", "unit": "things", "values": "0 or more",
    }  # fmt: skip
    assert label(found, "kind") == ("rye, wheat", "declared")
    assert label(found, "oven") == ("any value", "declared, its values are not")
    assert label(found, "job") == ("north, south", "the scrape sets it: the service")
    assert label(found, "instance")[1] == "the scrape sets it: the process, as host:port"


def test_a_recorded_series_says_which_labels_are_gone_and_why(town):
    found = about(town, "job_kind:bakery_loaves:rate5m")
    assert found.text == "Loaves per second."
    assert label(found, "kind")[0] == "rye, wheat"
    assert label(found, "oven") == ("", "`sum by (job, kind)` keeps only job and kind")


def test_a_query_is_told_from_the_inside_out(town):
    found = about(town, "job_kind:bakery_loaves:rate5m")
    (asked,) = found.queries
    assert [piece.short for piece in asked.pieces] == [
        "bakery_loaves_total[5m]", "rate(①)", "sum by (job, kind) (②)",
    ]  # fmt: skip
    first, second, third = asked.pieces
    assert (first.type, first.unit, first.range) == ("counter", "things", "0 or more")
    assert (second.type, second.unit) == ("gauge", "things/s")
    assert third.labels == ("job", "kind")
    assert third.dropped == ("instance", "oven")
    assert third.why == "`sum by (job, kind)` keeps only job and kind"
    assert not third.open


def test_an_alert_says_in_words_when_it_fires_and_who_is_told_after_how_long(files):
    found = about(files, "Errors")
    firing = lines(found.firing)
    assert firing["fires"] == (
        "for each instance and job and owner where sum by (job, instance) "
        '(rate(web_requests_total{code=~"5.."}[5m])) / on (job) group_left (owner) web_info is greater than 0.05'
    )
    assert firing["when"] == "after that holds for 5m, looked at every 30s"
    assert firing["severity"] == "page"
    assert firing["tells"].startswith("pager (webhook https://pager.example.com)")
    assert "SECRET" not in str(plain(found, Sources(Path("/"))))
    assert firing["by the route"] == '{severity="page"}'
    assert firing["first"] == "10s after it fires, so at the earliest 5m10s after it begins"
    assert firing["again"] == "every 4h while it lasts"
    assert firing["mutes"] == "Slow"
    assert lines(found.lines)["runbook"] == "https://wiki.example.com/errors"
    slow = lines(about(files, "Slow").firing)
    assert slow["when"] == "at once, looked at every 30s"
    assert slow["tells"].startswith("nobody: tickets")
    assert slow["not told while"] == "Errors fires"
    others = ROUTES.replace("tickets", "nobody")
    rules = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"
    found = about(foreign(**{"rules.yml": rules, "alertmanager.yml": others}), "Down")
    assert lines(found.firing)["tells"].startswith("nobody; other routes may")


def test_what_an_alert_will_say_stands_there_in_words(town):
    assert lines(about(town, "NoRye", "alert").lines)["summary"] == "No `kind` at `job`"


def test_a_label_that_decides_and_that_nobody_knows_is_told(files):
    rules = """\
groups:
  - name: web
    rules:
      - alert: Down
        expr: up == 0
"""
    found = about(foreign(**{"rules.yml": rules, "alertmanager.yml": ROUTES}), "Down")
    assert lines(found.firing)["tells"].endswith("other routes may take it where its series have severity or team")


def test_conditions_beside_the_threshold_are_told_and_every_side_of_or(town):
    firing = lines(about(town, "NoRye", "alert").firing)
    assert firing["fires"] == (
        'for each job and kind where job_kind:bakery_loaves:rate5m{kind="rye"} is 0 things/s, '
        "while max by (job) (up) == 1"
    )
    rules = "groups: [{name: g, rules: [{alert: Either, expr: a > 1 or (b < 2 unless c)}]}]\n"
    found = about(foreign(rules=rules), "Either")
    assert [line.text for line in found.firing if line.term in ("fires", "or")] == [
        "for each series where a is greater than 1",
        "for each series where b is less than 2, unless c",
    ]


def test_an_alert_that_has_no_team_of_its_own_tells_whom_for_which(town):
    told = [line.text for line in about(town, "OvenCold", "alert").firing if line.term == "tells"]
    assert told == [
        "south-medium (mail to south@example.com) where team=south",
        "medium (mail to all@example.com) where team=north",
    ]


def test_a_time_scale_is_not_hidden():
    environment = Environment("local", time_scale=0.1, smtp=Smtp("mail.example.com", 25, tls=False))
    found = about(declared(environments=[environment]), "NoRye", "alert")
    assert lines(found.firing)["when"].startswith("after that holds for 1m,")
    assert found.note == "Times are 0.1 of those declared, as environment local has it."


def test_users_are_those_who_ask_and_those_who_rest_on_them(town):
    found = about(town, "bakery_loaves_total")
    assert [(one.node.label, one.meaning, one.through) for one in found.users][:3] == [
        ("job_kind:bakery_loaves:rate5m", "records", ()),
        ("job:bakery_loaves:rate5m", "rests on", ("job_kind:bakery_loaves:rate5m",)),
        ("NoRye", "rests on", ("job_kind:bakery_loaves:rate5m",)),
    ]


def test_a_runbook_says_whether_somebody_wrote_it(town):
    assert lines(about(town, "NoRye", "runbook").lines)["written"] == "by hand"
    assert "nobody has written it" in lines(about(town, "OvenCold", "alert").lines)["runbook"]


def test_a_name_alone_is_called_a_guess(files):
    found = about(files, "web_requests_total")
    assert found.note == "Nobody declares it here: what is said of it follows from its name."
    assert lines(found.lines)["type"] == "counter"


def test_a_label_tells_which_series_have_it_and_who_names_it(town):
    facts, graph = town
    found = explain_label(graph, facts, "kind")
    assert [one.name for one in found.labels] == ["bakery_loaves_total", "job_kind:bakery_loaves:rate5m"]
    assert {one.node.label for one in found.users} == {"job_kind:bakery_loaves:rate5m", "NoRye", "Loaves"}
    assert found.changes[0].breaks
    assert explain_label(graph, facts, "colour") is None


def test_all_of_it_can_be_written_as_json(town):
    facts, graph = town
    for node in graph.nodes.values():
        json.dumps(plain(explain(graph, facts, node), Sources(Path.cwd())), allow_nan=False)
