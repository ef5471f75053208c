"""The home of a stack as Grafana's JSON: its services, their signals, what is marked, and in which order."""

from __future__ import annotations

import json

from tests.build.stacks import ORDERS, everything, metric, shop

from vedette.build import build
from vedette.catalog import Pack, Panel, Service, Stack
from vedette.promql.ast import VectorSelector
from vedette.promql.parser import parse
from vedette.promql.walk import walk


def home(stack, environment="local"):
    (text,) = [text for path, text in build(stack, environment).items() if path.endswith("-home.json")]
    return json.loads(text)


def test_the_home_has_every_service_with_its_signals_that_lead_to_the_panels_they_are_from():
    panels = home(everything(), "production")["panels"]
    assert [one["title"] for one in panels if one["type"] == "row"] == ["shop", "ware-house"]
    described = json.loads(build(everything(), "production")["vedette.json"])
    for service in described["services"]:
        for signal in service["signals"]:
            ((panel, target),) = [
                (one, one["targets"][0])
                for one in panels
                if one["title"] == signal["title"] and f'job="{service["name"]}"' in one["targets"][0]["expr"]
            ]
            assert target["expr"] == signal["expr"]
            (link,) = panel["fieldConfig"]["defaults"]["links"]
            assert link["url"].startswith(f"/d/{signal['dashboard']}?")
            assert f"var-job={service['name']}" in link["url"]
            assert f"viewPanel={signal['panel']}" in link["url"]


def test_the_home_of_several_services_names_each_literally_and_that_of_one_needs_no_pattern():
    def firing(*names):
        stack = Stack(name="n", services=[Service(name, ["h:1"], [Pack("p", metrics=[ORDERS])]) for name in names])
        panels = home(stack)["panels"]
        return next(one for one in panels if one["title"] == "Alerts firing")["targets"][0]["expr"]

    assert firing("a.b") == 'count by (severity) (ALERTS{alertstate="firing",service="a.b"})'
    (selector,) = [node for node in walk(parse(firing("a.b", "c-d"))) if isinstance(node, VectorSelector)]
    (matcher,) = [one for one in selector.matchers if one.name == "service"]
    assert [matcher.matches(name) for name in ("a.b", "c-d", "axb")] == [True, True, False]


def test_the_home_has_numbers_before_charts_and_says_whose_a_title_is_that_two_packs_have():
    def pack(name):
        chart = Panel("Stock", "sum by (job, item) (stock)", overview=True)
        number = Panel("Errors", "sum by (job) (stock)", overview=True)
        return Pack(name, metrics=stock, panels=[chart, number] if name == "front" else [number])

    stock = [metric("gauge", "stock", ["item"])]
    stack = Stack(name="x", services=[Service("shop", ["h:1"], [pack("front"), pack("back")])])
    tiles = [(one["title"], one["type"]) for one in home(stack)["panels"]]
    assert tiles[tiles.index(("shop", "row")) :] == [
        ("shop", "row"),
        ("Alerts", "stat"),
        ("Instances up", "stat"),
        ("Front: Errors", "stat"),
        ("Back: Errors", "stat"),
        ("Stock", "timeseries"),
    ]


def test_the_home_marks_only_alerts_that_cannot_wait():
    (annotation,) = [one for one in home(shop())["annotations"]["list"] if one["name"] == "Alerts"]
    assert 'severity=~"critical|high"' in annotation["expr"]
    parse(annotation["expr"])


def test_the_rows_of_many_services_are_folded_and_ask_nothing_until_they_are_opened():
    pack = Pack("p", metrics=[ORDERS], panels=[Panel("A", "sum by (job) (shop_orders_total)", overview=True)])
    services = [Service(f"s{index}", ["h:1"], [pack]) for index in range(9)]
    panels = home(Stack(name="many", services=services))["panels"]
    rows = [one for one in panels if one["type"] == "row"]
    assert [(row["collapsed"], len(row["panels"])) for row in rows] == [(True, 3)] * 9
