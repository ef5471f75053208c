"""The checks over dashboards, on dashboards as other people write them: what they find and what they leave alone."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from vedette.check.foreign import facts_of_texts
from vedette.check.registry import Choice
from vedette.check.run import run

FILES = Path(__file__).parent / "files"
FAMILY = Choice(select=("dashboards",))


def found(texts, *codes):
    """Code and line of what is found in files; in one, if only a text is given."""
    facts, _ = facts_of_texts(texts if isinstance(texts, dict) else {"d.json": texts})
    return run(facts, choice=Choice(select=codes) if codes else FAMILY)


def dashboard(*panels, **keys):
    """A dashboard with these panels, in which only they can be wrong."""
    return json.dumps({"uid": "u", "title": "T", "schemaVersion": 39, "panels": list(panels), **keys})


def panel(expr="up", kind="timeseries", legend="", target=None, unit="short", **keys):
    """A panel with one query, in which nothing is wrong."""
    return {
        "id": 1,
        "type": kind,
        "title": "P",
        "description": "D",
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [{"refId": "A", "expr": expr, "legendFormat": legend, **(target or {})}],
        **keys,
    }


def variables(*given):
    return {"list": [{"type": "query", "refresh": 2, "query": "label_values(up, job)", **one} for one in given]}


def codes(findings):
    return [finding.code for finding in findings]


# Every finding of each file, apart from descriptions and rates over a fixed time, as `code:line`.
EXPECTED = {
    "schema14.json": [
        "missing-uid:3", "fixed-datasource:18", "legend-dropped-label:39", "old-schema:50", "panel-unit:80",
        "old-schema:81", "duplicate-panel-id:98", "old-schema:109",
    ],
    "schema27.json": [
        "panel-unit:50", "outside-grid:72", "old-schema:94", "unknown-variable:110", "duplicate-ref-id:110",
        "old-schema:113", "repeat-of-unknown-variable:117", "old-schema:123", "variable-refresh:141",
        "unused-variable:147",
    ],
    "schema36.json": ["panel-without-unit:81"],
    "schema39.json": ["legend-ambiguous:28", "panel-unit:47", "legend-dropped-label:50"],
    "schema42.json": ["overlapping-panels:29", "panel-without-query:53", "unused-variable:65"],
}  # fmt: skip
ASIDE = Choice(select=("dashboards",), ignore=("panel-without-description", "fixed-rate-interval"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_dashboard_of_somebody_else_has_these_mistakes_and_no_other(name):
    facts, extra = facts_of_texts({name: (FILES / name).read_text("utf-8")})
    assert extra == [], "Grafana takes all of it"
    findings = run(facts, choice=Choice(select=ASIDE.select, ignore=(*ASIDE.ignore, "missing-job-variable")))
    assert [f"{finding.code}:{finding.place.line}" for finding in findings] == EXPECTED[name]


ODD = (None, "", 5, [], {}, True, "$x[[", [None], "/(", [[{}]], -1e300)


@pytest.mark.parametrize("name", EXPECTED)
def test_whatever_stands_in_place_of_a_value_no_check_fails(name):
    document = json.loads((FILES / name).read_text("utf-8"))
    choice = Choice(select=("dashboards",))
    for number, path in enumerate(paths(document)):
        changed = copy.deepcopy(document)
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = ODD[number % len(ODD)]
        facts, _ = facts_of_texts({name: json.dumps(changed)})
        assert "internal" not in codes(run(facts, choice=choice)), path


def paths(value, path=()):
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*path, key))


# --- panels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "row", "news", "dashlist", "logs", "alertlist", "somebody-form-panel", ""])
def test_a_panel_that_needs_no_query_is_left_alone(kind):
    assert found(dashboard({"id": 1, "type": kind or "text", "title": "P"}), "panel-without-query") == []


@pytest.mark.parametrize(
    "target",
    [
        {"refId": "A", "expr": "up"},
        {"refId": "A", "query": "SELECT 1", "datasource": {"type": "influxdb", "uid": "x"}},
        {"refId": "A", "rawSql": "SELECT 1"},
        {"refId": "A", "panelId": 4},
        {"refId": "A", "datasource": {"type": "testdata", "uid": "x"}},
    ],
)
def test_a_query_of_another_language_is_a_query(target):
    assert found(dashboard(panel(targets=[target])), "panel-without-query") == []


@pytest.mark.parametrize("targets", [[], None, [{"refId": "A", "expr": " "}], [{"refId": "A"}]])
def test_a_panel_that_asks_nothing_is_told(targets):
    assert codes(found(dashboard(panel(targets=targets)), "panel-without-query")) == ["panel-without-query"]


def test_panels_of_a_library_are_never_empty_untitled_or_without_unit():
    one = {"id": 1, "libraryPanel": {"uid": "u", "name": "n"}, "gridPos": {"x": 0, "y": 0, "w": 1, "h": 1}}
    assert found(dashboard(one)) == []


def test_values_with_names_need_no_unit():
    mapped = panel("up", "stat")
    mapped["fieldConfig"]["defaults"] = {"mappings": [{"type": "value", "options": {"0": {"text": "down"}}}]}
    assert found(dashboard(mapped), "panel-without-unit") == []
    by_override = panel("up", "stat", unit="")
    by_override["fieldConfig"]["overrides"] = [{"matcher": {}, "properties": [{"id": "unit", "value": "s"}]}]
    assert found(dashboard(by_override), "panel-without-unit") == []


def test_a_missing_unit_that_is_known_is_named():
    (one,) = found(dashboard(panel("sum(rate(a_bytes_total[5m]))", unit="")), "panel-without-unit")
    assert one.fix == 'write "unit": "Bps"'
    assert not one.certain, "the name of a metric tells it, and names can be wrong"


# --- units -----------------------------------------------------------------------------------------------------------

RIGHT = [
    ("a_seconds", "s"),
    ("a_seconds * 1000", "ms"),
    ("a_milliseconds / 1000", "s"),
    ("a_milliseconds", "ms"),
    ("time() - a_timestamp_seconds", "dtdurations"),
    ("process_start_time_seconds * 1000", "dateTimeAsIso"),
    ("rate(process_cpu_seconds_total[5m])", "percentunit"),
    ("100 * (1 - a_free_bytes / a_size_bytes)", "percent"),
    ("1 - a_free_bytes / a_size_bytes", "percentunit"),
    ("a_ratio", "percentunit"),
    ("rate(a_bytes_total[5m])", "binBps"),
    ("rate(a_bytes_total[5m]) * 8", "bps"),
    ("a_bytes / 1024 / 1024", "mbytes"),
    ("a_megabytes", "mbytes"),
    ("a_bytes", "none"),
    ("a_bytes", "short"),
    ("a_bytes", "currencyEUR"),
    ("histogram_quantile(0.9, sum by (le) (rate(a_seconds_bucket[5m])))", "s"),
    ("rate(a_seconds_sum[5m]) / rate(a_seconds_count[5m])", "s"),
    ('sum(rate(a_seconds_bucket{le="0.3"}[5m])) / sum(rate(a_seconds_count[5m]))', "percentunit"),
    ("sum by (le) (rate(a_seconds_bucket[5m]))", "ops"),
    ("rate(a_requests_total[5m])", "reqps"),
    ("a_seconds or vector(0)", "s"),
    ("whatever", "ms"),
    ("a_joules_total", "joule"),
    ("rate(a_joules_total[5m])", "watt"),
    ("$function(a_seconds)", "ms"),
]


@pytest.mark.parametrize(("expr", "unit"), RIGHT)
def test_a_unit_that_is_right_or_that_nobody_knows_is_left_alone(expr, unit):
    assert found(dashboard(panel(expr, unit=unit)), "panel-unit") == []


WRONG = [
    ("a_seconds", "ms", '"s"'),
    ("sum by (job) (a_seconds)", "ns", '"s"'),
    ("a_milliseconds", "s", '"ms"'),
    ("a_free_bytes / a_size_bytes", "percent", '"percentunit"'),
    ("100 * (a_free_bytes / a_size_bytes)", "percentunit", '"percent"'),
    ("a_bytes", "s", '"bytes"'),
    ("a_bytes", "bits", '"bytes"'),
    ("rate(a_bytes_total[5m])", "bytes", '"Bps"'),
    ("rate(a_bytes_total[5m])", "bps", '"Bps"'),
    ("rate(a_cpu_seconds_total[5m])", "s", '"percentunit"'),
    ("process_start_time_seconds", "dateTimeAsIso", '"s"'),
    ("a_celsius", "percent", '"celsius"'),
    ("a_bytes > 5", "ms", '"bytes"'),
]


@pytest.mark.parametrize(("expr", "unit", "better"), WRONG)
def test_a_unit_that_the_query_does_not_yield_is_told_with_the_right_one(expr, unit, better):
    (one,) = found(dashboard(panel(expr, unit=unit)), "panel-unit")
    assert f'"unit": {better}' in one.fix
    assert one.level == "warning"


def test_a_factor_is_told_the_right_way_round():
    (one,) = found(dashboard(panel("a_seconds", unit="ms")), "panel-unit")
    assert "1,000 times too little" in one.message
    assert "multiply the query by 1,000" in one.fix
    (one,) = found(dashboard(panel("a_milliseconds", unit="s")), "panel-unit")
    assert "1,000 times too much" in one.message
    assert "divide the query by 1,000" in one.fix


BUCKETS = "sum by (le) (rate(a_seconds_bucket[5m]))"


def test_the_axis_of_a_heatmap_has_the_unit_of_its_buckets():
    shown = {"type": "heatmap", "target": {"format": "heatmap"}}
    right, wrong = ({"yAxis": {"unit": unit}} for unit in ("s", "ms"))
    assert found(dashboard(panel(BUCKETS, options=right, **shown)), "panel-unit") == []
    (one,) = found(dashboard(panel(BUCKETS, options=wrong, **shown)), "panel-unit")
    assert "buckets of seconds" in one.message
    assert "1,000 times too little" in one.message
    assert one.fix == 'write "unit": "s"'


@pytest.mark.parametrize(
    ("expr", "options"),
    [
        (BUCKETS, {"yAxis": {"unit": "ms"}, "calculate": True}),
        ("a_seconds", {"yAxis": {"unit": "ms"}}),
        ("sum(rate(a_seconds_bucket[5m]))", {"yAxis": {"unit": "ms"}}),
        (BUCKETS, {"yAxis": {"unit": "short"}}),
        ("sum by (le) (rate(a_bucket[5m]))", {"yAxis": {"unit": "ms"}}),
    ],
)
def test_a_heatmap_of_what_are_no_buckets_of_a_known_unit_is_left_alone(expr, options):
    assert found(dashboard(panel(expr, type="heatmap", options=options)), "panel-unit") == []


@pytest.mark.parametrize(
    "keys",
    [
        {"transformations": [{"id": "calculateField", "options": {}}]},
        {"options": {"reduceOptions": {"calcs": ["count"]}}},
        {"seriesOverrides": [{"alias": "b", "yaxis": 2}]},
    ],
)
def test_values_that_are_changed_before_they_are_shown_are_left_alone(keys):
    assert found(dashboard(panel("a_seconds", unit="bytes", **keys)), "panel-unit") == []


def test_a_hidden_query_has_no_unit():
    assert found(dashboard(panel("a_seconds", unit="bytes", target={"hide": True})), "panel-unit") == []


# --- ids and places --------------------------------------------------------------------------------------------------


def box(number, x, y, w, h, **keys):
    return {"id": number, "type": "text", "title": f"{number}", "gridPos": {"x": x, "y": y, "w": w, "h": h}, **keys}


def test_panels_that_only_touch_do_not_overlap():
    text = dashboard(box(1, 0, 0, 12, 8), box(2, 12, 0, 12, 8), box(3, 0, 8, 24, 1))
    assert found(text, "overlapping-panels", "outside-grid") == []


def test_the_panels_of_a_folded_row_are_on_a_grid_of_their_own():
    inner = [box(2, 0, 1, 12, 8), box(3, 0, 4, 12, 8)]
    text = dashboard(box(1, 0, 0, 24, 1, type="row", collapsed=True, panels=inner), box(4, 0, 1, 24, 8))
    (one,) = found(text, "overlapping-panels")
    assert one.subject == "panel 3 of dashboard T"


def test_panels_without_a_place_overlap_nothing():
    assert found(dashboard({"id": 1, "type": "text"}, {"id": 2, "type": "text"}), "overlapping-panels") == []


def test_an_id_is_looked_for_in_rows_too():
    inner = box(4, 0, 1, 12, 8)
    text = dashboard(box(1, 0, 0, 24, 1, type="row", collapsed=True, panels=[inner]), box(4, 0, 1, 24, 8))
    assert codes(found(text, "duplicate-panel-id")) == ["duplicate-panel-id"]


def test_rows_need_no_id_and_many_without_are_no_twins():
    text = dashboard({"type": "row"}, {"type": "row"}, panel(id=None), panel(id=0))
    assert codes(found(text, "duplicate-panel-id", "missing-panel-id")) == ["missing-panel-id", "missing-panel-id"]


def test_queries_without_a_letter_are_no_twins():
    text = dashboard(panel(targets=[{"expr": "up"}, {"expr": "up"}]))
    assert found(text, "duplicate-ref-id") == []


# --- variables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expr",
    [
        "rate(a[$__rate_interval])",
        "rate(a[${__interval}])",
        "sum_over_time(a[${__range_s}s])",
        'label_replace(a, "b", "$1", "c", "(.*)")',
        'label_replace(a, "b", "${name}", "c", "(?P<name>.*)")',
        'a{b=~"x$"}',
        'a{b=~"$job"}',
        'a{b=~"${job:regex}"}',
        'a{b=~"[[job]]"}',
        'a{b=~"[[:alpha:]]+"}',
    ],
)
def test_a_dollar_sign_that_means_something_is_left_alone(expr):
    text = dashboard(panel(expr), templating=variables({"name": "job"}))
    assert found(text, "unknown-variable") == []


@pytest.mark.parametrize("expr", ['a{b="$jobb"}', 'a{b=~"${jobb}"}', 'a{b=~"[[jobb]]"}', "rate(a[$jobb])"])
def test_a_variable_that_is_not_defined_is_told_where_it_stands(expr):
    (one,) = found(dashboard(panel(expr), templating=variables({"name": "job"})), "unknown-variable")
    assert one.level == "error"
    assert "did you mean 'job'?" in one.fix
    assert one.place.column > 1


def test_dollars_of_other_languages_and_of_prose_are_left_alone():
    sql = {"refId": "A", "rawSql": "SELECT $1 WHERE $__timeFilter(x) AND $other", "expr": "$other"}
    sql["datasource"] = {"type": "mysql", "uid": "m"}
    text = {"id": 2, "type": "text", "title": "5$ each, in US$", "options": {"content": "costs $USD"}}
    assert found(dashboard(panel(targets=[sql]), text), "unknown-variable") == []


def test_inputs_of_an_export_are_known_and_others_are_not():
    source = {"type": "prometheus", "uid": "${DS_PROM}"}
    inputs = [{"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"}]
    assert found(dashboard(panel(datasource=source), __inputs=inputs), "unknown-variable") == []
    assert codes(found(dashboard(panel(datasource=source)), "unknown-variable")) == ["unknown-variable"]


@pytest.mark.parametrize(
    "used",
    [
        {"panels": [panel('a{b="$it"}')]},
        {"panels": [panel(title="of $it")]},
        {"panels": [panel(legend="$it")]},
        {"panels": [panel(repeat="it")]},
        {"panels": [{"type": "row", "id": 9, "repeat": "it"}]},
        {"panels": [panel(datasource={"type": "prometheus", "uid": "${it}"})]},
        {"panels": [{"type": "text", "id": 9, "options": {"content": "for [[it]]"}}]},
        {"panels": [panel(target={"interval": "$it"})]},
        {"panels": [{"type": "x", "id": 1, "targets": [{"rawSql": "in (${it:sqlstring})"}]}]},
        {"links": [{"title": "x", "url": "https://example.org/?a=${it:percentencode}"}]},
        {"annotations": {"list": [{"name": "x", "expr": 'a{b="$it"}'}]}},
    ],
)
def test_a_variable_is_used_wherever_its_name_stands(used):
    document = {"title": "T", "panels": [], "templating": variables({"name": "it"}), **used}
    assert found(json.dumps(document), "unused-variable") == []


def test_a_variable_can_be_used_by_another_and_not_by_itself():
    both = variables({"name": "a"}, {"name": "b", "query": 'label_values(up{x="$a"}, job)'})
    (one,) = found(dashboard(templating=both), "unused-variable")
    assert one.subject == "variable b of dashboard T"
    alone = variables({"name": "a", "query": 'label_values(up{x="$a"}, job)'})
    assert codes(found(dashboard(templating=alone), "unused-variable")) == ["unused-variable"]


def test_filters_that_apply_by_themselves_are_used():
    assert found(dashboard(templating=variables({"name": "f", "type": "adhoc"})), "unused-variable") == []


def test_a_variable_that_links_may_pass_on_is_a_note():
    link = {"title": "x", "type": "dashboards", "includeVars": True}
    (one,) = found(dashboard(templating=variables({"name": "a"}), links=[link]), "unused-variable")
    assert (one.level, one.certain) == ("note", False)


@pytest.mark.parametrize(
    "query",
    [
        "label_values(job)",
        "label_values(up, job)",
        "label_values(up,job)",
        'label_values(up{a="b", c=~"$d"}, job)',
        "label_values($metric, $label)",
        "label_values({__name__=~'a|b'}, job)",
        'label_values(up{$filter}, "a.b")',
        "query_result(sum(up))",
        "metrics(node_.*)",
        "label_names()",
        "SELECT x FROM y",
        "",
    ],
)
def test_a_question_for_values_that_can_have_an_answer_is_left_alone(query):
    assert found(dashboard(templating=variables({"name": "v", "query": query})), "variable-query") == []


@pytest.mark.parametrize(
    "query",
    ["label_values(sum(up), job)", "label_values(up{, job)", "label_values(up, job", "label_values(up[5m], job)"],
)
def test_a_question_that_cannot_be_asked_is_an_error(query):
    for written in (query, {"query": query, "refId": "x"}):
        (one,) = found(dashboard(templating=variables({"name": "v", "query": written})), "variable-query")
        assert one.level == "error"


def test_a_label_that_a_recording_rule_drops_is_told():
    rules = "groups:\n- name: a\n  rules:\n  - record: job:x\n    expr: sum by (job) (x)\n"
    text = dashboard(templating=variables({"name": "v", "query": "label_values(job:x, instance)"}))
    (one,) = found({"r.yml": rules, "d.json": text}, "variable-query")
    assert "it has job" in one.message


@pytest.mark.parametrize(
    "regex",
    [
        "",
        "/^(.*):/",
        "/a\\/b/i",
        "plain",
        "/(?<text>[^.]+)\\.(?<value>.*)/",
        "(?!x).*",
        "/$other/",
        "/[^]/",
        "/\\p{L}/u",
    ],
)
def test_a_regular_expression_that_javascript_reads_is_left_alone(regex):
    assert found(dashboard(templating=variables({"name": "v", "regex": regex})), "variable-regex") == []


@pytest.mark.parametrize("regex", ["/(a/", "/a)/", "/[a/", "*", "/a", "/a/q", "(?i)a", "a\\"])
def test_a_regular_expression_that_cannot_be_read_is_told(regex):
    text = dashboard(templating=variables({"name": "v", "regex": regex}))
    assert codes(found(text, "variable-regex")) == ["variable-regex"]


# --- data sources ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source", [None, "default", "$ds", "${ds}", "-- Mixed --", {"uid": "-- Dashboard --"}, {"uid": "${DS_X}"}]
)
def test_a_panel_without_a_source_of_its_own_is_not_bound(source):
    assert found(dashboard(panel(datasource=source)), "fixed-datasource") == []


def test_where_no_variable_is_one_finding_stands_for_all_panels():
    text = dashboard(panel(datasource="Prom"), panel(id=2, datasource="Prom"))
    assert codes(found(text, "fixed-datasource")) == ["fixed-datasource"]


def test_a_source_of_another_kind_than_the_variable_is_left_alone():
    text = dashboard(
        panel(datasource={"type": "loki", "uid": "L"}),
        templating={"list": [{"name": "ds", "type": "datasource", "query": "prometheus"}]},
    )
    assert found(text, "fixed-datasource") == []


# --- legends ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "legend"),
    [
        ("a", "{{instance}}"),
        ("sum by (job) (a)", "{{ job }}"),
        ("sum by ($by) (a)", "{{instance}}"),
        ("sum without (x) (a)", "{{instance}}"),
        ("sum by (job) (a) or sum by (instance) (b)", "{{instance}}"),
        ("sum by (job) (a) * on (job) group_left (version) b", "{{version}}"),
        ('label_replace(sum by (job) (a), "x", "$1", "job", "(.*)")', "{{x}}"),
        ("sum(a)", "__auto"),
        ("sum(a)", "Total"),
        ("a", "{{__name__}}"),
        ('count_values("version", a)', "{{version}}"),
        ("sum by (le) (rate(a_bucket[5m]))", "{{le}}"),
    ],
)
def test_a_label_that_may_be_there_is_left_alone(expr, legend):
    assert found(dashboard(panel(expr, legend=legend)), "legend-dropped-label", "legend-ambiguous") == []


@pytest.mark.parametrize(
    ("expr", "legend"),
    [
        ("sum by (job) (a)", "{{instance}}"),
        ("sum(a)", "{{job}}"),
        ("sum without (instance) (a)", "{{instance}}"),
        ("histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))", "{{le}}"),
        ("sum by (job) (a) / on (job) group_left () sum by (job) (b)", "{{instance}}"),
    ],
)
def test_a_label_that_the_query_drops_is_told_for_certain(expr, legend):
    (one,) = found(dashboard(panel(expr, legend=legend)), "legend-dropped-label")
    assert one.certain
    assert one.place.column > 1


def test_a_table_shows_no_legend():
    text = dashboard(panel("sum(a)", "table", "{{job}}", target={"format": "table", "instant": True}))
    assert found(text, "legend-dropped-label") == []


@pytest.mark.parametrize(
    "expr", ["sum by (route) (a)", 'sum by (route, job) (a{route="x"})', 'sum by (b) (a{b=~"$b"})']
)
def test_one_name_for_series_that_differ_is_told(expr):
    text = dashboard(panel(expr, legend="All"), templating=variables({"name": "b", "multi": True}))
    assert codes(found(text, "legend-ambiguous")) == ["legend-ambiguous"]


@pytest.mark.parametrize(
    ("expr", "legend"),
    [
        ("a", "All"),
        ("sum by (route) (a)", ""),
        ("sum by (route) (a)", "__auto"),
        ("sum by (route) (a)", "$route"),
        ('sum by (route) (a{route="x"})', "x"),
        ('sum by (b) (a{b="$b"})', "b"),
        ('sum by (b) (a{b=~"$one"})', "b"),
        ("topk(1, sum by (route) (a))", "Worst"),
    ],
)
def test_a_name_that_one_series_has_or_that_may_tell_them_apart_is_left_alone(expr, legend):
    text = dashboard(panel(expr, legend=legend), templating=variables({"name": "b", "multi": True}, {"name": "one"}))
    assert found(text, "legend-ambiguous") == []


# --- shapes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one",
    [
        panel("sum by (le) (rate(a_bucket[5m]))", "heatmap", target={"format": "heatmap"}),
        panel("sum by (job) (a)", "heatmap", options={"calculate": True}),
        panel("a", "bargauge"),
        panel("sum by (le) (rate(a_bucket[5m]))", "heatmap", options={"calculate": True}),
        panel("sum by (le) (rate(a_bucket[5m]))", "timeseries"),
    ],
)
def test_what_is_no_picture_of_buckets_needs_no_such_format(one):
    assert found(dashboard(one), "histogram-format") == []


@pytest.mark.parametrize(
    "one",
    [
        panel("a", "table", target={"format": "table", "instant": True}),
        panel("a", "table", target={"format": "table"}, transformations=[{"id": "reduce", "options": {}}]),
        panel("a", "table"),
        panel("a", "timeseries", target={"format": "table"}),
    ],
)
def test_a_table_of_now_or_one_that_is_reduced_is_left_alone(one):
    assert found(dashboard(one), "instant-table") == []


@pytest.mark.parametrize(
    ("expr", "kind", "many"),
    [
        ("rate(a[1m])", "timeseries", 1),
        ('sum(rate(a{b="}[2m]"}[1m30s]))', "timeseries", 1),
        ("irate(a[1m])", "timeseries", 0),
        ("increase(a[1h])", "timeseries", 0),
        ("rate(a[$__rate_interval])", "timeseries", 0),
        ("rate(a[5m])", "stat", 0),
        ("rate(a[$step])", "timeseries", 0),
    ],
)
def test_only_a_rate_over_a_written_range_in_a_graph_is_told(expr, kind, many):
    text = dashboard(panel(expr, kind), templating=variables({"name": "step"}))
    assert len(found(text, "fixed-rate-interval")) == many


# --- several files ---------------------------------------------------------------------------------------------------


def test_two_titles_in_two_folders_are_no_twins():
    one, two = dashboard(uid="a"), dashboard(uid="b")
    assert found({"x/d.json": one, "y/d.json": two}, "dashboard-twice") == []
    (twin,) = found({"x/d.json": one, "x/e.json": two}, "dashboard-twice")
    assert not twin.certain


@pytest.mark.parametrize(
    "url", ["https://other.example.org/d/nothing", "/d/u2/name", "/explore", "/d/${target}", "/dashboards", "/d/"]
)
def test_a_link_that_may_lead_somewhere_is_left_alone(url):
    texts = {"a.json": dashboard(links=[{"title": "x", "url": url}]), "b.json": dashboard(uid="u2", title="U")}
    assert found(texts, "link-to-nothing") == []


def test_of_one_dashboard_alone_nobody_knows_where_its_links_lead():
    assert found(dashboard(links=[{"title": "x", "url": "/d/gone"}]), "link-to-nothing") == []


def test_a_link_in_the_data_of_a_panel_is_followed():
    one = panel()
    one["fieldConfig"]["defaults"]["links"] = [{"title": "x", "url": "/d/gone?var-a=${__value.raw}"}]
    (finding,) = found({"a.json": dashboard(one), "b.json": dashboard(uid="u2", title="U")}, "link-to-nothing")
    assert not finding.certain


@pytest.mark.parametrize(
    ("url", "many"),
    [
        ("https://g.example.org/d/u/t?viewPanel=1", 0),
        ("https://g.example.org/d/u/t?var-x={{ $labels.x }}&viewPanel=panel-1", 0),
        ("https://g.example.org/d/u/t", 0),
        ("https://g.example.org/d/unknown/t?viewPanel=7", 0),
        ("https://g.example.org/d/u/t?viewPanel=7", 1),
        ("https://g.example.org/d/u/t?var-x={{ $labels.x }}&viewPanel=panel-7", 1),
        ("https://g.example.org/d-solo/u/t?panelId=7", 1),
    ],
)
def test_an_alert_that_links_to_no_panel_is_told_only_of_a_dashboard_that_is_known(url, many):
    rules = (
        f'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n      dashboard: "{url}"\n'
    )
    assert len(found({"r.yml": rules, "d.json": dashboard(panel())}, "alert-without-panel")) == many


@pytest.mark.parametrize(
    ("expr", "many"),
    [
        ("max(a_seconds) > 5", 1),
        ("5 < max(a_seconds)", 1),
        ("(max(a_seconds) > 5) and on () b > 2", 1),
        ("max(a_seconds) > 3", 0),
        ("max(a_seconds) == 5", 0),
        ("max(a_seconds) > 0", 0),
        ("max(b_seconds) > 5", 0),
        ("max(a_seconds) * 1000 > 5", 0),
        ("rate(a_seconds[5m]) > 5", 0),
        ("absent(a_seconds)", 0),
    ],
)
def test_a_limit_is_missed_only_on_a_panel_of_the_same_quantity(expr, many):
    rules = (
        f"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: {expr}\n    annotations:\n"
        "      dashboard: https://g.example.org/d/u/t?viewPanel=1\n"
    )
    one = panel("max by (job) (a_seconds)", unit="s")
    one["fieldConfig"]["defaults"]["thresholds"] = {"mode": "absolute", "steps": [{"value": None}, {"value": 3}]}
    assert len(found({"r.yml": rules, "d.json": dashboard(one)}, "threshold-not-drawn")) == many


@pytest.mark.parametrize(
    ("query", "use"),
    [
        ("label_values(up, instance)", '{instance=~"$a"}'),
        ({"query": 'label_values(up{job=~"x,y"}, pod)', "refId": "A"}, '{pod=~"$a"}'),
        ("label_values(zone)", '{zone=~"$a"}'),
        ("x,y", '{a=~"$a"}'),
    ],
)
def test_a_variable_is_to_be_used_for_the_label_whose_values_it_offers(query, use):
    (one,) = found(dashboard(templating=variables({"name": "a", "type": "query", "query": query})), "unused-variable")
    assert one.fix == f"use it, as in {use}, or remove it"
