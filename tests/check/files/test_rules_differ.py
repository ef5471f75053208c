"""The rules in the files are held against those that run."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import HEAD

from vedette.check.check import Example
from vedette.check.example import _of_stack
from vedette.check.files.rules_differ import CHECK
from vedette.check.foreign import facts_of_texts
from vedette.check.live.api import Questions
from vedette.check.live.ask import read_answers
from vedette.check.live.learn import with_live
from vedette.promql.printer import format as printed

URL = "http://localhost:9090"
FILE = """\
groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: sum by (job) (rate(orders_total[30m])) == 0
        for: 30m
      - record: job:orders:rate5m
        expr: sum by (job) (rate(orders_total[5m]))
  - name: late
    rules:
      - alert: Late
        expr: late > 1
"""
ORDERS = {
    "type": "alerting",
    "name": "NoOrders",
    "query": "sum by (job) (rate(orders_total[30m])) == 0",
    "duration": 1800,
}
RATE = {"type": "recording", "name": "job:orders:rate5m", "query": "sum by (job) (rate(orders_total[5m]))"}
LATE = {"type": "alerting", "name": "Late", "query": "late > 1", "duration": 0}


def running(*rules, file="/etc/prometheus/rules.yml", group="shop"):
    return {"groups": [{"name": group, "file": file, "rules": list(rules)}]}


def found(rules, file=FILE):
    facts, broken = facts_of_texts({"rules.yml": file})
    assert not broken
    answers = {"label/__name__/values": []} | ({} if rules is None else {"rules": rules})
    facts = with_live(facts, read_answers(answers, URL, Questions()))
    return [(one.place.line, one.level, one.message) for one in CHECK.find(facts)]


def test_the_same_rules_are_right_however_they_are_written():
    other = {**ORDERS, "query": "sum(rate(orders_total[1800s]))by(job)==0"}
    assert found(running(other, RATE, LATE)) == []


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([{**ORDERS, "query": "up == 0"}, RATE, LATE], (5, f"it runs on {URL} with another expression: `up == 0`")),
        ([{**ORDERS, "query": "up =="}, RATE, LATE], (5, f"it runs on {URL} with another expression: `up ==`")),
        ([{**ORDERS, "duration": 60}, RATE, LATE], (6, f"it waits 30m here, and 1m on {URL}")),
        ([{**LATE, "duration": 60}, ORDERS, RATE], (11, f"it waits 0s here, and 1m on {URL}")),
        ([ORDERS, LATE], (7, f"it does not run on {URL}")),
        ([ORDERS, RATE], (11, f"it does not run on {URL}")),
        ([LATE], (2, f"none of its 2 rules runs on {URL}")),
        ([{**ORDERS, "type": "recording"}, RATE, LATE], (4, f"it does not run on {URL}")),
        ([ORDERS, RATE, LATE, {**LATE, "name": "Old"}],
         (2, f"Old runs in this group on {URL}, and stands in none of the files")),
    ],
)  # fmt: skip
def test_each_difference_is_told_where_the_rule_stands(rules, told):
    line, message = told
    assert (line, "note", message) in found(running(*rules))


def test_of_several_rules_of_a_name_one_that_is_the_same_is_enough():
    assert found(running({**ORDERS, "query": "up"}, {**ORDERS, "duration": 1}, ORDERS, RATE, LATE)) == []
    told = found(running({**ORDERS, "query": "up"}, {**ORDERS, "duration": 60}, RATE, LATE))
    assert told == [(6, "note", f"it waits 30m here, and 1m on {URL}")]


def test_where_none_runs_that_is_told_once():
    assert found(running({**LATE, "name": "Other"}, group="x")) == [
        (2, "note", f"none of the rules here runs on {URL}")
    ]


def test_rules_of_other_groups_and_files_are_not_missed_here():
    other = {**LATE, "name": "Other"}
    groups = running(ORDERS, RATE, LATE)["groups"]
    for more in (running(other, group="x"), running(other, file="/etc/prometheus/others.yml")):
        assert found({"groups": [*groups, *more["groups"]]}) == []


def test_where_the_server_tells_no_rules_nothing_is_found():
    assert found(None) == []
    assert found(running(), file="groups: []\n") == []


STACK = """\
orders = Counter("orders_total", help="O.")
own = Pack("own", metrics=[orders], alerts=[
    Alert("NoOrders", "sum by (job) (rate(orders_total[30m])) == 0", for_="30m", severity="high", summary="None")])
stack = Stack(name="s", services=[Service("shop", ["a:1"], [own]), Service("other", ["b:1"], [])],
    environments=[Environment("local", time_scale=0.5)])
"""


def test_the_rules_of_a_stack_are_compared_as_they_are_built(tmp_path):
    example = Example("observability.py", HEAD + STACK)
    (tmp_path / example.name).write_text(example.text)
    facts, _ = _of_stack(tmp_path / example.name)
    (alert,) = facts.alerts
    built = printed(alert.query.tree)
    assert "15m" in built
    assert 'job="shop"' in built

    def told(query, duration):
        rule = {**ORDERS, "query": query, "duration": duration}
        live = read_answers({"label/__name__/values": [], "rules": running(rule)}, URL, Questions())
        return [one.message for one in CHECK.find(with_live(facts, live))]

    assert told(built, 900) == []
    assert told(built, 1800) == [f"it waits 15m here, and 30m on {URL}"]
    assert len(told(alert.query.text.value, 900)) == 1
