"""Queries are held against what a server keeps, and against the names and values that it or a page has."""

from __future__ import annotations

import pytest

from vedette.check.foreign import facts_of_texts
from vedette.check.live.ask import read_answers
from vedette.check.live.learn import questions, with_live
from vedette.check.live.page import read_page
from vedette.check.registry import find

HEAD = "groups:\n- name: g\n  rules:\n  - record: a:b:c\n    expr: "
URL = "http://localhost:9090"


def facts_of(expr, *more):
    facts, found = facts_of_texts({"rules.yml": HEAD + expr + "\n", **dict(more)})
    assert not found
    return facts


def asked(expr, codes, answers, *more):
    """Code, column within the query, level, message and fix."""
    facts = facts_of(expr, *more)
    facts = with_live(facts, read_answers(answers, URL, questions(facts)))
    return [
        (one.code, one.place.column - len("    expr: "), one.level, one.message, one.fix)
        for code in codes
        for one in find(code).find(facts)
    ]


# --- retention -------------------------------------------------------------------------------------------------------

DAYS = {"label/__name__/values": ["x", "y"], "status/runtimeinfo": {"storageRetention": "15d"}}
RETENTION = ("offset-beyond-retention", "range-beyond-retention")


@pytest.mark.parametrize(
    ("expr", "code", "column"),
    [
        ("x offset 15d", "offset", 1),
        ("sum(rate(x[5m] offset 30d))", "offset", 10),
        ("max_over_time(rate(x[5m])[1h:5m] offset 20d)", "offset", 20),
        ("max_over_time((x offset 10d)[1h:5m] offset 10d)", "offset", 16),
        ("increase(x[30d])", "range", 10),
        ("increase(x[10d] offset 6d)", "range", 10),
        ("avg_over_time(rate(x[1h])[15d:1h])", "range", 20),
        ("x - x offset 30d", "offset", 5),
    ],
)
def test_what_is_older_than_is_kept_is_told(expr, code, column):
    ((found, at, level, message, _),) = asked(expr, RETENTION, DAYS)
    assert (found, at, level) == (f"{code}-beyond-retention", column, "warning")
    assert f"{URL} keeps 15d" in message


@pytest.mark.parametrize(
    "expr",
    [
        "x", "rate(x[5m])", "increase(x[15d])", "x offset 14d", "x offset -30d", "increase(x[14d] offset 1d)",
        "x @ 1700000000 offset 30d", "rate(x[5m] @ 0)", "max_over_time((x @ 0)[1h:5m])",
    ],
)  # fmt: skip
def test_what_is_kept_or_of_a_fixed_time_is_left_alone(expr):
    assert asked(expr, RETENTION, DAYS) == []


def test_where_nobody_says_how_long_nothing_is_said():
    assert asked("increase(x[300d] offset 300d)", RETENTION, {"label/__name__/values": ["x"]}) == []


def test_a_range_that_a_dashboard_chooses_is_not_known():
    dashboard = """{"title": "D", "panels": [{"id": 1, "title": "P", "type": "stat",
      "targets": [{"refId": "A", "expr": "increase(x[$__range])"}, {"refId": "B", "expr": "x offset $back"},
                  {"refId": "C", "expr": "max_over_time(x[$__range:1m])"}]}]}"""
    assert asked("x", RETENTION, DAYS, ("d.json", dashboard)) == []


# --- names -----------------------------------------------------------------------------------------------------------

SERVED = {
    "label/__name__/values": ["shop_orders_total", "shop_wait_seconds_bucket"],
    "metadata": {"shop_orders_total": [{"type": "counter"}], "shop_refunds_total": [{"type": "counter"}]},
    "label/job/values": ["shop", "node-exporter"],
    "series": [
        {"__name__": "shop_orders_total", "job": "shop", "env": env, "team": team, "code": code}
        for env, team, code in (("production", "team-a", "200"), ("staging", "team-a", "404"))
    ],
}


@pytest.mark.parametrize(
    ("expr", "fix"),
    [
        ("rate(shop_order_total[5m])", "write shop_orders_total"),
        ("rate(shop_wait_seconds[5m])", "write shop_wait_seconds_bucket: that is what it is exposed as"),
        ("nothing_like_it", "correct the name, or scrape what exposes it"),
    ],
)
def test_a_name_that_the_server_does_not_have_is_told(expr, fix):
    ((_, _, level, message, told),) = asked(expr, ["unknown-metric"], SERVED)
    assert (level, told) == ("warning", fix)
    assert message.endswith(f"{URL} has none")


@pytest.mark.parametrize(
    "expr",
    ["rate(shop_orders_total[5m])", "rate(shop_refunds_total[5m])", "a:b:c", "up", "ALERTS", "scrape_duration_seconds",
     'max({__name__=~"nothing.*"})'],
)  # fmt: skip
def test_what_the_server_has_or_will_have_is_left_alone(expr):
    assert asked(expr, ["unknown-metric"], SERVED) == []


PAGE = b"# TYPE shop_orders_total counter\nshop_orders_total 1\n# TYPE shop_wait_seconds histogram\n"


def on_page(expr):
    facts = with_live(facts_of(expr), read_page(PAGE, "text", "http://x/metrics"))
    return [(one.level, one.certain, one.fix) for one in find("unknown-metric").find(facts)]


@pytest.mark.parametrize(
    ("expr", "fix"),
    [
        ("rate(shop_order_total[5m])", "write shop_orders_total"),
        ("rate(shop_orders[5m])", "write shop_orders_total"),
        ("shop_wait_seconds", "write shop_wait_seconds_bucket"),
    ],
)
def test_a_name_that_is_nearly_on_the_page_is_told(expr, fix):
    assert on_page(expr) == [("warning", False, fix)]


@pytest.mark.parametrize(
    "expr",
    ["node_load1", "shop_visits_total", "shop_borders_total_x", "web_orders_total", "up", "a:b:c", "shop_orders_total"],
)
def test_what_another_process_may_have_is_left_alone(expr):
    assert on_page(expr) == []


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matchers", "column", "fix"),
    [
        ('env="prodution"', 24, "write 'production' instead of 'prodution'"),
        ('env="Production"', 24, "write 'production' instead of 'Production'"),
        ('env=~"staging|prodcution"', 25, "write 'production' instead of 'prodcution'"),
        ('env!="produktions"', 25, "write 'production' instead of 'produktions'"),
        ('job="shopp"', 24, "write 'shop' instead of 'shopp'"),
        ('job="node_exporter"', 24, "write 'node-exporter' instead of 'node_exporter'"),
        ('job="elsewhere"', 24, "write one of node-exporter, shop"),
    ],
)
def test_a_value_that_was_probably_meant_otherwise_is_told(matchers, column, fix):
    ((_, at, level, message, told),) = asked(f"shop_orders_total{{{matchers}}}", ["unknown-label-value"], SERVED)
    assert (at, level, told) == (column, "warning", fix)
    assert f"on {URL}" in message


@pytest.mark.parametrize(
    "matchers",
    [
        'code="500"', 'code=~"5.."', 'team="team-b"', 'env="test"', 'env=""', 'env=~".+"', 'env=~"prod.*"',
        'job=~"sh.*"',
        'job="node-exporter"', 'job=~"shop|node-exporter"', 'other="production"',
        'env="production"', 'env="production-2"',
    ],
)  # fmt: skip
def test_a_value_that_may_still_come_is_left_alone(matchers):
    assert asked(f"shop_orders_total{{{matchers}}}", ["unknown-label-value"], SERVED) == []


def test_where_no_job_is_told_none_is_missed():
    served = {"label/__name__/values": ["shop_orders_total"]}
    assert asked('shop_orders_total{job="shop"}', ["unknown-label-value"], served) == []


def test_a_value_that_is_not_there_now_makes_nothing_impossible():
    expr = 'sum(rate(shop_orders_total{code=~"5.."}[5m])) > 0 and on () shop_orders_total{code="500"}'
    codes = ("never-true", "impossible-threshold", "join-never-matches", "unknown-label")
    assert asked(f"'{expr}'", codes, SERVED) == []
