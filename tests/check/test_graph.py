"""The graph: what its nodes and edges are, the ways along them, and what would break if something changed."""

from __future__ import annotations

import pytest
from tests.check.graph_stacks import LOAVES, RULES, declared, foreign, pack, stack

from vedette.catalog import Service
from vedette.check.graph import changes_of
from vedette.check.graph.model import KINDS


@pytest.fixture(scope="module")
def town():
    return declared()


@pytest.fixture(scope="module")
def files():
    return foreign()


def node(graph, name, kind=None):
    (found,) = [one for one in graph.find(name) if kind in (None, one.kind)]
    return found


def edges(graph, source):
    return [(edge.meaning, edge.target) for edge in graph.out_of(source)]


def labels(edge):
    return {(one.name, one.how) for use in edge.uses for one in use.labels}


def change(graph, facts, name, what, label=""):
    (found,) = [one for one in changes_of(graph, facts, node(graph, name)) if (one.what, one.label) == (what, label)]
    return found


# --- nodes and edges -------------------------------------------------------------------------------------------------


def test_everything_that_has_a_name_is_a_node_in_the_order_in_which_data_flows(town):
    _, graph = town
    kinds = [one.kind for one in graph.nodes.values()]
    assert kinds == sorted(kinds, key=KINDS.index)
    assert set(kinds) == set(KINDS)
    assert node(graph, "bakery_loaves_total").place == LOAVES.description.place
    assert node(graph, "up").place is None


def test_a_service_is_watched_by_a_pack_that_declares(town):
    _, graph = town
    assert edges(graph, node(graph, "north")) == [("is watched by", "pack:bakery")]
    declared_by_pack = [target for _, target in edges(graph, node(graph, "bakery", "pack"))]
    assert "metric:bakery_unseen" in declared_by_pack
    assert "recording:job:bakery_loaves:rate5m" in declared_by_pack
    assert "alert:NoRye" in declared_by_pack
    assert "metric:up" not in declared_by_pack


def test_an_alert_leads_to_its_series_its_panel_its_runbook_and_those_who_are_told(town):
    _, graph = town
    assert edges(graph, node(graph, "NoRye", "alert")) == [
        ("alerts on", "recording:job_kind:bakery_loaves:rate5m"),
        ("alerts on", "metric:up"),
        ("is drawn on", "panel:town: The bakery / Loaves"),
        ("is explained by", "runbook:NoRye"),
        ("is routed by", 'route:{}/{team="south"}/0/{severity="high"}/1'),
        ("is told to", "receiver:south-high"),
        ("is routed by", 'route:{}/{severity="high"}/2'),
        ("is told to", "receiver:high"),
    ]


def test_an_alert_without_a_panel_of_its_own_is_drawn_on_the_one_that_is_made(town):
    _, graph = town
    assert ("is drawn on", "panel:town: The bakery / Oven cold") in edges(graph, node(graph, "OvenCold", "alert"))


def test_who_asks_for_the_state_of_an_alert_uses_the_alert(town):
    _, graph = town
    assert ("asks for", "alert:NoRye") in edges(graph, node(graph, "Silent"))
    assert [one.name for one in graph.users(node(graph, "NoRye", "alert"))] == ["town: The bakery / Silent"]


def test_a_variable_uses_the_label_that_it_offers(town):
    _, graph = town
    (edge,) = graph.out_of(node(graph, "$oven"))
    assert (edge.meaning, edge.target) == ("offers", "metric:bakery_oven_celsius")
    assert ("oven", "offers") in labels(edge)


def test_the_same_facts_make_the_same_graph():
    (_, first), (_, second) = declared(), declared()
    assert list(first.nodes.values()) == list(second.nodes.values())
    assert first.edges == second.edges
    assert first.inhibitions == second.inhibitions


def test_alerts_of_one_name_are_nodes_of_their_own():
    both = stack(
        services=[
            Service("north", ["n:80"], [pack()]),
            Service("south", ["s:80"], [pack(recordings=[*pack().recordings[::-1]])]),
        ]
    )
    _, graph = declared(services=both.services)
    assert [one.id for one in graph.find("OvenCold") if one.kind == "alert"] == ["alert:OvenCold", "alert:OvenCold~2"]


def test_a_panel_is_found_by_its_title_and_behind_its_dashboard_and_a_metric_by_each_of_its_series(files, town):
    _, graph = town
    assert node(graph, "town: The bakery / Wait") == node(graph, "Wait")
    _, graph = files
    assert node(graph, "web_seconds_bucket").name in ("web_seconds", "web_seconds_bucket")


# --- labels ----------------------------------------------------------------------------------------------------------


def test_the_labels_that_a_query_names_are_those_of_the_series_that_have_them(files):
    _, graph = files
    found = {edge.target: labels(edge) for edge in graph.out_of(node(graph, "Errors"), "alerts on")}
    assert found == {
        "metric:web_requests_total": {
            ("code", "matches"),
            ("job", "groups by"),
            ("instance", "groups by"),
            ("job", "pairs by"),
            ("instance", "prints"),
        },
        "metric:web_info": {("job", "pairs by"), ("owner", "takes over"), ("owner", "prints")},
    }


def test_a_label_that_is_grouped_away_is_not_used_further_on(town):
    _, graph = town
    found = {edge.target: labels(edge) for edge in graph.out_of(node(graph, "NoRye", "alert"), "alerts on")}
    assert ("kind", "prints") in found["recording:job_kind:bakery_loaves:rate5m"]
    assert found["metric:up"] == {("job", "groups by"), ("job", "pairs by")}  # `and` takes over no label


def test_a_label_use_stands_where_its_word_stands(files):
    _, graph = files
    (edge,) = graph.out_of(node(graph, "Slow"), "alerts on")
    uses = [one for use in edge.uses for one in use.labels if one.name == "le"]
    lines = RULES.splitlines()
    assert {one.how for one in uses} == {"groups by", "reads"}
    for one in uses:
        written = lines[one.place.line - 1][one.place.column - 1 :]
        assert written.startswith("le" if one.how == "groups by" else "histogram_quantile")


def test_who_asks_for_every_series_uses_none_and_who_asks_by_a_pattern_uses_those_that_fit():
    rules = """\
groups:
  - name: all
    rules:
      - alert: Everything
        expr: count({__name__=~".+"}) > 1000
      - alert: Some
        expr: '{__name__=~"web_a|web_b"} > 1'
      - alert: Many
        expr: '{__name__=~"web_.*"} > 1'
      - alert: Others
        expr: web_a + db_c > 1
"""
    _, graph = foreign(rules=rules)
    assert edges(graph, node(graph, "Everything")) == []
    assert edges(graph, node(graph, "Some")) == [("alerts on", "metric:web_a"), ("alerts on", "metric:web_b")]
    assert ("alerts on", "metric:web_a") in edges(graph, node(graph, "Many"))
    assert ("alerts on", "metric:db_c") not in edges(graph, node(graph, "Many"))


# --- ways ------------------------------------------------------------------------------------------------------------


def test_users_and_sources_go_through_recording_rules_the_nearest_first(town):
    _, graph = town
    assert [one.label for one in graph.users(node(graph, "bakery_loaves_total"))] == [
        "job_kind:bakery_loaves:rate5m", "job:bakery_loaves:rate5m", "NoRye", "Loaves", "All loaves", "Silent",
    ]  # fmt: skip
    assert [one.name for one in graph.sources(node(graph, "All loaves"))] == [
        "job:bakery_loaves:rate5m", "job_kind:bakery_loaves:rate5m", "bakery_loaves_total",
    ]  # fmt: skip


def test_rules_that_depend_on_each_other_end(tmp_path):
    rules = """\
groups:
  - name: circle
    rules:
      - {record: "a:b:c", expr: "d:e:f + 1"}
      - {record: "d:e:f", expr: "a:b:c + 1"}
"""
    facts, graph = foreign(rules=rules)
    one = node(graph, "a:b:c")
    assert [other.name for other in graph.users(one)] == ["d:e:f"]
    assert changes_of(graph, facts, one)


def test_around_a_node_is_what_data_comes_from_and_goes_to_and_nothing_else(town):
    _, graph = town
    part = graph.around(node(graph, "bakery_wait_seconds"))
    names = {one.label for one in part.nodes.values()}
    assert {"north", "bakery_wait_seconds", "LongWait", "Wait", "low"} <= names
    assert not {"bakery_loaves_total", "NoRye", "Loaves"} & names
    near = graph.around(node(graph, "bakery_wait_seconds"), depth=1)
    assert {one.kind for one in near.nodes.values()} == {"metric", "pack", "alert", "panel"}
    assert list(graph.around(node(graph, "bakery_wait_seconds"), depth=0).nodes) == ["metric:bakery_wait_seconds"]


# --- telling ---------------------------------------------------------------------------------------------------------


def test_an_alert_is_told_by_the_route_that_its_labels_take(files):
    _, graph = files
    told = {one.name: [edge.target for edge in graph.out_of(one, "is told to")] for one in graph.of_kind("alert")}
    assert told == {"Errors": ["receiver:pager"], "Slow": ["receiver:tickets"]}


def test_an_alert_of_several_services_is_told_to_the_team_of_each(town):
    _, graph = town
    told = [edge.target for edge in graph.out_of(node(graph, "OvenCold", "alert"), "is told to")]
    assert told == ["receiver:south-medium", "receiver:medium"]


def test_an_alert_mutes_those_whose_equal_labels_can_be_equal(files):
    _, graph = files
    assert [(edge.source, edge.meaning, edge.target) for edge in graph.inhibitions] == [
        ("alert:Errors", "inhibits", "alert:Slow")
    ]


# --- changes ---------------------------------------------------------------------------------------------------------


def test_without_its_metric_everything_that_rests_on_it_has_no_data(town):
    facts, graph = town
    removed = change(graph, facts, "bakery_wait_seconds", "removed")
    assert [one.label for one in removed.silent] == ["LongWait", "Wait", "Long wait"]


def test_what_nobody_uses_can_go(town):
    facts, graph = town
    assert all(one.harmless for one in changes_of(graph, facts, node(graph, "bakery_unseen")))


def test_a_lost_label_breaks_who_groups_matches_and_prints_it_also_further_on(town):
    facts, graph = town
    lost = change(graph, facts, "bakery_loaves_total", "label", "kind")
    found = {(one.code, one.subject) for one in lost.breaks}
    assert ("unknown-label", "recording rule job_kind:bakery_loaves:rate5m") in found
    assert ("unknown-label", "alert NoRye") in found
    assert ("dropped-label", "alert NoRye") in found
    assert ("legend-dropped-label", "panel Loaves of dashboard The bakery") in found
    assert not [one for one in lost.breaks if "All loaves" in one.subject]


def test_a_lost_label_that_nobody_names_breaks_nothing(town):
    facts, graph = town
    assert change(graph, facts, "bakery_loaves_total", "label", "oven").harmless


def test_another_type_breaks_the_functions_that_are_for_this_one(town):
    facts, graph = town
    found = change(graph, facts, "bakery_loaves_total", "type")
    assert found.to == "gauge"
    assert [one.code for one in found.breaks] == ["rate-of-gauge"]


def test_another_unit_changes_the_thresholds_and_the_panels_that_speak_of_it(town):
    facts, graph = town
    found = change(graph, facts, "bakery_wait_seconds", "unit")
    assert found.to == "milliseconds"
    parts = [(one.node.label, one.part) for one in found.mentions]
    assert ("LongWait", "compares with 300 (seconds)") in parts
    assert ("Wait", "shows the unit s") in parts
    assert "panel-unit" in {one.code for one in found.breaks}


def test_a_change_leaves_the_facts_as_they_were(town):
    facts, graph = town
    before = [branch.labels for query in facts.queries for branch in query.flow.branches]
    changes_of(graph, facts, node(graph, "bakery_loaves_total"))
    assert [branch.labels for query in facts.queries for branch in query.flow.branches] == before


def test_of_a_removed_alert_it_is_told_what_nobody_watches_then_and_what_it_muted(town, files):
    facts, graph = town
    removed = next(one for one in changes_of(graph, facts, node(graph, "OvenCold", "alert")) if one.what == "removed")
    assert [one.name for one in removed.unwatched] == ["bakery_oven_celsius"]
    facts, graph = files
    removed = next(one for one in changes_of(graph, facts, node(graph, "Errors")) if one.what == "removed")
    assert [one.name for one in removed.untold] == ["Slow"]


def test_what_prometheus_writes_itself_nobody_can_change(town):
    facts, graph = town
    assert changes_of(graph, facts, node(graph, "up")) == ()
