"""Dashboards: valid by Grafana's own schema, every panel linked, laid out, with its units, thresholds and variables."""

from __future__ import annotations

import json
import os
from itertools import combinations
from pathlib import Path

import jsonschema
import pytest
from tests.build.stacks import ORDERS, everything, metric, minimal, shop

from vedette.build import build
from vedette.catalog import Dashboard, Pack, Panel, Row, Service, Stack, Text, Variable
from vedette.errors import DeclarationError
from vedette.formats import grafana
from vedette.promql.parser import parse

DATA = os.environ.get("VEDETTE_DATA")
needs_schema = pytest.mark.skipif(not DATA, reason="VEDETTE_DATA is not set: it holds Grafana's schemas")


def dashboards(stack, environment="local"):
    files = build(stack, environment)
    return {Path(path).stem: json.loads(text) for path, text in files.items() if path.startswith("grafana/")}


ALL = {**dashboards(shop()), **dashboards(everything(), "production")}


def schema(name, definition=None):
    document = json.loads((Path(DATA or "") / "grafana-schema" / f"{name}.jsonschema.json").read_text())
    if name == "dashboard":  # Grafana itself writes texts here: a column's name, a unit
        document["definitions"]["MatcherConfig"]["properties"]["options"] = {}
        document["definitions"]["DynamicConfigValue"]["properties"]["value"] = {}
    if definition:
        document = {"$ref": f"#/definitions/{definition}", "definitions": document["definitions"]}
    return jsonschema.Draft7Validator(document)


@needs_schema
@pytest.mark.parametrize("uid", ALL)
def test_is_valid_by_grafanas_schema(uid):
    assert [error.message for error in schema("dashboard").iter_errors(ALL[uid])] == []


@needs_schema
@pytest.mark.parametrize("uid", ALL)
def test_panels_and_queries_are_valid_by_the_schema_of_their_kind(uid):
    units = {one["const"] for one in schema("units").schema["definitions"].values() if "const" in one}
    for panel in ALL[uid]["panels"]:
        if panel["type"] == "row":
            continue
        assert [error.message for error in schema(panel["type"], "Options").iter_errors(panel["options"])] == []
        if panel["type"] == "text":
            continue
        for target in panel["targets"]:
            assert [error.message for error in schema("prometheus").iter_errors(target)] == []
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] in ("timeseries", "table"):
            assert [
                error.message for error in schema(panel["type"], "FieldConfig").iter_errors(defaults["custom"])
            ] == []
        columns = [one["value"] for over in panel["fieldConfig"]["overrides"] for one in over["properties"]]
        assert {defaults["unit"], *columns} <= units


@pytest.mark.parametrize("uid", ALL)
def test_ids_are_unique_and_boxes_do_not_overlap(uid):
    panels = ALL[uid]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    boxes = [panel["gridPos"] for panel in panels]
    assert all(box["x"] + box["w"] <= 24 for box in boxes)
    for a, b in combinations(boxes, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        over = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or over


@pytest.mark.parametrize("uid", ALL)
def test_every_query_parses_and_follows_the_chosen_service(uid):
    names = {variable["name"] for variable in ALL[uid]["templating"]["list"]}
    assert {"datasource", "job", "instance"} <= names
    for panel in ALL[uid]["panels"]:
        for target in panel.get("targets", []):
            parse(target["expr"])
            assert 'job=~"$job"' in target["expr"]
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_every_alert_links_to_a_panel_that_links_back_to_its_runbook():
    files = build(shop())
    described = json.loads(files["vedette.json"])
    assert len(described["alerts"]) == 20
    for name, alert in described["alerts"].items():
        (panel,) = [one for one in ALL[alert["dashboard"]]["panels"] if one["id"] == alert["panel"]]
        assert f"http://127.0.0.1:7373/runbooks/{name}" in [link["url"] for link in panel["links"]]


def test_thresholds_are_drawn_as_lines_with_the_colour_of_their_severity():
    (panel,) = [one for one in ALL["shop-http"]["panels"] if one["title"] == "Error ratio"]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["thresholds"]["steps"] == [
        {"value": None, "color": "green"},
        {"value": 0.05, "color": "orange"},
        {"value": 0.1, "color": "red"},
    ]
    assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert defaults["unit"] == "percentunit"


def test_a_threshold_below_which_it_is_bad_colours_the_lower_side():
    (panel,) = [one for one in ALL["market-orders"]["panels"] if one["title"] == "Orders" and one["type"] != "row"]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"value": None, "color": "yellow"}, {"value": 0.1, "color": "green"}]


def test_thresholds_that_differ_between_services_are_not_drawn():
    (panel,) = [one for one in ALL["market-http"]["panels"] if one["title"] == "Error ratio"]
    assert len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) == 1


def test_a_table_has_a_column_a_query_with_its_name_and_unit():
    (panel,) = [one for one in ALL["shop-http"]["panels"] if one["title"] == "Routes"]
    renames = panel["transformations"][1]["options"]["renameByName"]
    assert renames == {"Value #A": "Requests", "Value #B": "Errors", "Value #C": "p95"}
    units = {one["matcher"]["options"]: one["properties"][0]["value"] for one in panel["fieldConfig"]["overrides"]}
    assert units == {"Requests": "reqps", "Errors": "percentunit", "p95": "s"}
    assert all(target["instant"] and target["format"] == "table" for target in panel["targets"])


def test_variables_offer_only_the_services_of_the_pack():
    job = ALL["market-orders"]["templating"]["list"][1]
    assert job["query"] == 'label_values(up{job=~"shop|ware-house"}, job)'
    item = ALL["market-orders"]["templating"]["list"][3]
    assert (item["name"], item["query"]) == ("item", 'label_values(shop_stock{job=~"$job"}, item)')


def test_alerts_are_marked_on_every_graph():
    (annotation,) = ALL["shop-http"]["annotations"]["list"]
    assert annotation["expr"] == 'ALERTS{alertstate="firing",pack="http",service=~"$job"}'


def test_panels_flow_from_left_to_right_below_their_row():
    pack = Pack(
        "p",
        metrics=[ORDERS],
        panels=[
            Panel("A", "shop_orders_total", width=8),
            Panel("B", "shop_orders_total", width=8, height=10),
            Panel("C", "shop_orders_total"),
            Row("More"),
            Text("D", "words"),
        ],
    )
    panels = dashboards(minimal(services=[Service("shop", ["h:1"], [pack])]))["shop-p"]["panels"]
    places = {panel["title"]: tuple(panel["gridPos"].values()) for panel in panels}
    assert places == {
        "A": (0, 0, 8, 8),
        "B": (8, 0, 8, 10),
        "C": (0, 10, 12, 8),
        "More": (0, 18, 24, 1),
        "D": (0, 19, 24, 4),
    }


def test_many_queries_are_named_as_grafana_names_them():
    queries = [f"shop_orders_total + {index}" for index in range(28)]
    pack = Pack("p", metrics=[ORDERS], panels=[Panel("A", queries)])
    (panel,) = dashboards(minimal(services=[Service("shop", ["h:1"], [pack])]))["shop-p"]["panels"]
    assert [target["refId"] for target in panel["targets"]][-3:] == ["Z", "AA", "AB"]


def test_what_is_written_reads_back_as_it_was():
    for path, text in build(everything(), "production").items():
        if path.startswith("grafana/"):
            assert grafana.write(grafana.read(text, path)) == text


def packed(name="p", **parts):
    return Pack(name, metrics=[ORDERS, metric("gauge", "stock", ["item"])], **parts)


@pytest.mark.parametrize(
    ("packs", "message"),
    [
        ([packed(panels=[Panel("A", "sum(")])], "panel 'A' of pack 'p': "),
        ([packed(panels=[Panel("A", "stok")])], "did you mean 'stock'"),
        ([packed(dashboard=Dashboard(variables=[Variable("i", "stok", "item")]))], "did you mean 'stock'"),
        ([packed(dashboard=Dashboard(variables=[Variable("i", "stock", "itme")]))], "did you mean 'item'"),
        ([packed("a.b"), Pack("a-b")], "address of another, 'x-a-b'"),
    ],
)
def test_says_what_cannot_be_built_and_where(packs, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        build(Stack(name="x", services=[Service("shop", ["h:1"], packs)]))
    assert "test_grafana.py:" in str(caught.value)
