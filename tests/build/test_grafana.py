"""Dashboards: valid by Grafana's own schema, every panel linked, laid out, with its units, thresholds and variables."""

from __future__ import annotations

import json
import os
from itertools import combinations
from pathlib import Path

import jsonschema
import pytest
from tests.build.stacks import ORDERS, everything, metric, minimal, rich, shop
from tests.testing.preview import every_pack

from vedette.build import build
from vedette.catalog import Dashboard, Environment, Pack, Panel, Row, Service, Stack, Text, Variable
from vedette.errors import DeclarationError
from vedette.formats import grafana
from vedette.promql.parser import parse

DATA = os.environ.get("VEDETTE_DATA")
needs_schema = pytest.mark.skipif(not DATA, reason="VEDETTE_DATA is not set: it holds Grafana's schemas")


def dashboards(stack, environment="local"):
    files = build(stack, environment)
    return {Path(path).stem: json.loads(text) for path, text in files.items() if path.startswith("grafana/")}


ALL = {
    **dashboards(shop()),
    **dashboards(everything(), "production"),
    **dashboards(rich(), "here"),
    **dashboards(every_pack.stack),
}
OF_PACKS = [uid for uid in ALL if not uid.endswith("-home")]


def schema(name, definition=None):
    document = json.loads((Path(DATA or "") / "grafana-schema" / f"{name}.jsonschema.json").read_text())
    if name == "dashboard":  # Grafana itself writes texts here: a column's name, a unit
        document["definitions"]["MatcherConfig"]["properties"]["options"] = {}
        document["definitions"]["DynamicConfigValue"]["properties"]["value"] = {}
    if name == "stat":  # since 11; without it a panel has its default, and 10.4 does not know it
        document["definitions"]["Options"]["required"].remove("percentChangeColorMode")
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
        if panel["type"] in ("timeseries", "table", "heatmap"):
            assert [
                error.message for error in schema(panel["type"], "FieldConfig").iter_errors(defaults["custom"])
            ] == []
        properties = [one for over in panel["fieldConfig"]["overrides"] for one in over["properties"]]
        assert {defaults["unit"], *(one["value"] for one in properties if one["id"] == "unit")} <= units


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


@pytest.mark.parametrize("uid", OF_PACKS)
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
    assert len(described["alerts"]) >= 20
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
    overrides = [(one["matcher"]["options"], one["properties"][0]) for one in panel["fieldConfig"]["overrides"]]
    units = {column: first["value"] for column, first in overrides if first["id"] == "unit"}
    assert units == {"Requests": "reqps", "Errors": "percentunit", "p95": "s"}
    assert all(target["instant"] and target["format"] == "table" for target in panel["targets"])


def test_variables_offer_only_the_services_of_the_pack():
    job = ALL["market-orders"]["templating"]["list"][1]
    assert job["query"] == 'label_values(up{job=~"shop|ware-house"}, job)'
    item = ALL["market-orders"]["templating"]["list"][3]
    assert (item["name"], item["query"]) == ("item", 'label_values(shop_stock{job=~"$job"}, item)')


def test_alerts_are_marked_on_every_graph():
    annotation = ALL["shop-http"]["annotations"]["list"][0]
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


def test_a_legend_has_the_largest_first():
    legends = [one["options"]["legend"] for one in ALL["shop-http"]["panels"] if one["type"] == "timeseries"]
    assert len(legends) > 5
    for legend in legends:
        assert (legend["sortBy"], legend["sortDesc"]) == ("Last *", True)


def test_the_area_under_a_line_is_filled_where_it_is_alone_or_in_a_stack():
    def opacity(*titles):
        return [panel_of("shop-http", one)["fieldConfig"]["defaults"]["custom"]["fillOpacity"] for one in titles]

    assert opacity("Error ratio", "Requests by route", "Latency", "Requests by status") == [8, 0, 0, 20]
    # of two services there are two lines
    assert panel_of("market-http", "Error ratio")["fieldConfig"]["defaults"]["custom"]["fillOpacity"] == 0


def test_the_numbers_of_a_week_are_of_the_last_five_minutes_in_grafana_too():
    def points(week):
        panels = [Panel("A", "shop_orders_total", kind="stat"), Panel("B", "shop_orders_total")]
        pack = Pack("p", metrics=[ORDERS], panels=panels, dashboard=Dashboard(range=week))
        built = dashboards(minimal(services=[Service("shop", ["h:1"], [pack])]))["shop-p"]["panels"]
        return [one.get("maxDataPoints") for one in built]

    assert points("1w") == [7 * 24 * 12, None]
    assert points("6h") == [None, None]


def test_what_is_written_reads_back_as_it_was():
    for path, text in build(everything(), "production").items():
        if path.startswith("grafana/"):
            assert grafana.write(grafana.read(text, path)) == text


def panel_of(uid, title):
    (found,) = [one for one in ALL[uid]["panels"] if one["title"] == title and one["type"] != "row"]
    return found


def test_a_heatmap_asks_for_buckets_as_buckets_with_exemplars_and_its_unit_on_the_axis():
    panel = panel_of("rich-rich", "Waiting")
    (target,) = panel["targets"]
    assert (target["format"], target["legendFormat"], target["exemplar"]) == ("heatmap", "{{le}}", True)
    assert panel["options"]["yAxis"]["unit"] == "s"
    assert panel["options"]["calculate"] is False


def test_only_what_reads_buckets_has_exemplars():
    assert [target.get("exemplar", False) for target in panel_of("rich-rich", "Waiting p95")["targets"]] == [True]
    assert [target.get("exemplar", False) for target in panel_of("rich-rich", "Orders")["targets"]] == [False, False]
    assert not any("exemplar" in target for target in panel_of("rich-rich", "Slowest")["targets"])


def test_a_panel_is_compared_with_its_own_past():
    panel = panel_of("rich-rich", "Orders")
    now, past = panel["targets"]
    assert past["expr"] == now["expr"].replace("[5m]", "[5m] offset 1w")
    assert (now["legendFormat"], past["legendFormat"]) == ("{{shelf}}", "{{shelf}} last week")
    (override,) = panel["fieldConfig"]["overrides"]
    assert override["matcher"] == {"id": "byFrameRefID", "options": past["refId"]}
    drawn = {one["id"]: one["value"] for one in override["properties"]}
    assert drawn["custom.lineStyle"]["fill"] == "dash"
    assert drawn["custom.stacking"]["mode"] == "none"  # on top of nothing, though the panel is stacked


def test_the_past_of_a_demo_is_as_far_as_its_time_is_fast():
    pack = Pack("p", metrics=[ORDERS], panels=[Panel("A", "shop_orders_total offset 1m", compare="1w")])
    stack = minimal(services=[Service("shop", ["h:1"], [pack])], environments=[Environment("demo", time_scale=0.1)])
    (panel,) = dashboards(stack, "demo")["shop-p"]["panels"]
    exprs = [target["expr"] for target in panel["targets"]]
    assert [expr.rpartition("offset ")[2] for expr in exprs] == ["6s", "16h48m6s"]


def test_a_row_is_repeated_for_each_value_of_a_variable_that_its_title_names():
    rows = {one["title"]: one.get("repeat") for one in ALL["rich-rich"]["panels"] if one["type"] == "row"}
    assert rows == {"All": None, "Shelf $shelf": "shelf", "Each: $instance": "instance"}
    names = {variable["name"]: variable for variable in ALL["rich-rich"]["templating"]["list"]}
    assert names["shelf"]["multi"]
    assert names["shelf"]["includeAll"]


def test_deployments_are_marked_where_the_start_of_a_process_is_known_and_with_the_version_where_that_is():
    def marks(uid):
        return {one["name"]: one for one in ALL[uid]["annotations"]["list"]}

    plain, versioned = marks("shop-shop")["Deployments"], marks("rich-rich")["Deployments"]
    assert plain["expr"] == '1000 * max by (job) (process_start_time_seconds{job=~"$job"})'
    assert (plain["useValueForTime"], plain["titleFormat"]) == (True, "{{job}} started")
    assert "group_left (version) service_build_info" in versioned["expr"]
    assert versioned["titleFormat"] == "{{job}} {{version}} started"
    assert set(marks("market-orders")) == {"Alerts"}
    for one in (plain, versioned, marks("rich-home")["Deployments"]):
        parse(one["expr"])


def test_a_series_leads_to_its_own_dashboard_with_the_variables_of_its_labels_and_to_its_logs():
    links = panel_of("rich-rich", "Orders")["fieldConfig"]["defaults"]["links"]
    assert [(link["title"], link["url"], link["targetBlank"]) for link in links] == [
        (
            "Only ${__field.labels.shelf}",
            (
                "/d/rich-rich?${datasource:queryparam}&var-job=${__field.labels.job:percentencode}"
                "&var-shelf=${__field.labels.shelf:percentencode}&${__url_time_range}"
            ),
            False,
        ),
        (
            "Logs of ${__field.labels.job}",
            "https://logs.example.com/?q=${__field.labels.job:percentencode}&from=${__from}&to=${__to}",
            True,
        ),
    ]


def test_the_labels_in_a_table_are_links():
    links = {
        one["matcher"]["options"]: one["properties"][0]["value"]
        for one in panel_of("rich-rich", "Slowest")["fieldConfig"]["overrides"]
        if one["properties"][0]["id"] == "links"
    }
    assert list(links) == ["shelf"]
    assert "var-shelf=${__data.fields.shelf:percentencode}" in links["shelf"][0]["url"]


def test_a_series_of_one_service_without_variables_leads_nowhere():
    assert "links" not in panel_of("shop-shop", "Shop orders")["fieldConfig"]["defaults"]


def test_a_panel_says_what_it_means_that_it_is_empty_and_an_axis_begins_at_zero_unless_told():
    panels = [Panel("A", "shop_orders_total", empty="All is sold"), Panel("B", "shop_orders_total", minimum=5)]
    pack = Pack("p", metrics=[ORDERS], panels=panels)
    one, other = dashboards(minimal(services=[Service("shop", ["h:1"], [pack])]))["shop-p"]["panels"]
    assert one["fieldConfig"]["defaults"]["noValue"] == "All is sold"
    assert one["fieldConfig"]["defaults"]["custom"]["axisSoftMin"] == 0
    assert "axisSoftMin" not in other["fieldConfig"]["defaults"]["custom"]


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
        ([packed("home")], "address of another, 'x-home'"),
        ([packed(panels=[Row("R", repeat="itm")])], "no such variable; it has job, instance"),
        ([packed(panels=[Panel("A", "sum(stock)", kind="heatmap")])], "no series has the label 'le'"),
        ([packed(panels=[Panel("A", "time() - stock", compare="1w")])], r"time\(\) always is of now"),
    ],
)
def test_says_what_cannot_be_built_and_where(packs, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        build(Stack(name="x", services=[Service("shop", ["h:1"], packs)]))
    assert "test_grafana.py:" in str(caught.value)
