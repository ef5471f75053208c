"""Dashboards are read and written without losing a key, and what is none is refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats.grafana import (
    Annotation,
    Dashboard,
    Datasource,
    FieldConfig,
    GridPos,
    Link,
    Option,
    Panel,
    Step,
    Target,
    Variable,
    read,
    write,
)

words = st.text(st.characters(codec="utf-8"), max_size=12)
named = st.text("abcxyz -_é", min_size=1, max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
small = st.integers(0, 2**31 - 1)
sources = st.none() | st.builds(Datasource, uid=named, type=st.sampled_from(["prometheus", "loki", ""]))
others = st.dictionaries(st.sampled_from(["x-one", "x-two"]), small | words, max_size=2)
options = st.builds(Option, text=words | st.tuples(words), value=words | st.tuples(words), selected=st.booleans())
links = st.builds(
    Link, title=words, url=words, tooltip=words, tags=st.tuples(words), keep_time=st.booleans(), new_tab=st.booleans()
)
targets = st.builds(
    Target,
    expr=words,
    ref_id=named,
    legend=words,
    instant=st.booleans(),
    datasource=sources,
    hide=st.booleans(),
    other=others,
)
configs = st.builds(
    FieldConfig,
    unit=words,
    decimals=st.none() | numbers,
    minimum=st.none() | numbers,
    maximum=st.none() | numbers,
    steps=st.lists(st.builds(Step, value=st.none() | numbers, color=named), max_size=3).map(tuple),
    custom=others,
    overrides=st.lists(others, max_size=2).map(tuple),
    other=others,
)
grids = st.builds(GridPos, x=small, y=small, w=small, h=small)
plain = st.builds(
    Panel,
    id=small,
    type=st.sampled_from(["timeseries", "stat", "made-up-panel"]),
    title=words,
    grid=st.none() | grids,
    description=words,
    datasource=sources,
    targets=st.lists(targets, max_size=2).map(tuple),
    config=st.none() | configs,
    options=others,
    links=st.lists(links, max_size=1).map(tuple),
    transformations=st.lists(others, max_size=1).map(tuple),
    interval=words,
    other=others,
)
rows = st.builds(
    Panel,
    id=small,
    type=st.just("row"),
    title=words,
    grid=st.none() | grids,
    collapsed=st.booleans(),
    panels=st.lists(plain, max_size=2).map(tuple),
    other=others,
)
variables = st.builds(
    Variable,
    name=named,
    type=st.sampled_from(["query", "datasource", "custom"]),
    label=words,
    query=words | others,
    datasource=sources,
    multi=st.booleans(),
    include_all=st.booleans(),
    all_value=words,
    refresh=st.integers(0, 2),
    current=st.none() | options,
    options=st.lists(options, max_size=2).map(tuple),
    other=others,
)
annotations = st.builds(Annotation, name=words, expr=words, enable=st.booleans(), datasource=sources, other=others)
dashboards = st.builds(
    Dashboard,
    uid=words,
    title=named,
    panels=st.lists(plain | rows, max_size=3).map(tuple),
    description=words,
    tags=st.lists(words, max_size=2).map(tuple),
    variables=st.lists(variables, max_size=2).map(tuple),
    annotations=st.lists(annotations, max_size=2).map(tuple),
    links=st.lists(links, max_size=1).map(tuple),
    refresh=words,
    tooltip=st.integers(0, 2),
    schema_version=st.integers(30, 42),
    other=others,
)


@given(dashboards)
def test_what_is_written_reads_back_as_it_was(dashboard):
    assert read(write(dashboard), "d.json") == dashboard


def test_a_dashboard_of_the_api_is_read_in_its_wrapping():
    inner = {"title": "T", "panels": [], "uid": "u"}
    assert read(json.dumps({"meta": {}, "dashboard": inner}), "d.json").uid == "u"


def test_old_spellings_are_read():
    text = json.dumps(
        {
            "title": "T",
            "refresh": False,
            "templating": {
                "list": [{"name": "a", "type": "query", "refresh": True, "datasource": "Prom", "current": {}}]
            },
            "panels": [{"type": "graph", "id": 1, "datasource": None, "yaxes": [{"format": "s"}]}],
        }
    )
    dashboard = read(text, "d.json")
    assert dashboard.refresh == ""
    assert dashboard.variables[0].datasource == Datasource(uid="Prom", type="")
    assert dashboard.panels[0].other == {"yaxes": [{"format": "s"}]}


def test_rows_of_panels_are_read_as_grafana_14_had_them():
    row = {"title": "R", "collapse": True, "height": "250px", "panels": [{"type": "graph", "id": 1, "span": 12}]}
    dashboard = read(json.dumps({"title": "T", "schemaVersion": 14, "rows": [row]}), "d.json")
    assert [(panel.type, panel.title, panel.collapsed) for panel in dashboard.panels] == [("row", "R", True)]
    assert dashboard.panels[0].panels[0].other == {"span": 12}
    assert dashboard.panels[0].panels[0].grid is None


def test_numbers_are_read_where_they_are_written_as_texts_and_the_other_way_round():
    panel = {
        "type": "stat",
        "id": "7",
        "gridPos": {"x": 0.0, "y": "3", "w": 12, "h": 7.5},
        "fieldConfig": {
            "defaults": {"decimals": "2", "min": "0", "max": "$most", "thresholds": {"steps": [{"value": "80"}]}}
        },
        "targets": [{"expr": "up", "legendFormat": 5}],
    }
    read_back = read(json.dumps({"title": "T", "schemaVersion": "36", "refresh": 30, "panels": [panel]}), "d.json")
    found = read_back.panels[0]
    assert (read_back.schema_version, read_back.refresh, found.id) == (36, "30", 7)
    assert found.grid == GridPos(x=0, y=3, w=12, h=8)
    assert found.config is not None
    assert (found.config.decimals, found.config.minimum, found.config.maximum) == (2, 0, None)
    assert found.config.other == {"max": "$most"}, "a variable is kept as it stands"
    assert found.config.steps[0].value == 80
    assert found.targets[0].legend == "5"


def test_a_panel_of_a_library_has_no_type_of_its_own():
    panel = {"id": 3, "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4}, "libraryPanel": {"uid": "u", "name": "N"}}
    dashboard = read(json.dumps({"title": "T", "panels": [panel]}), "d.json")
    assert dashboard.panels[0].type == ""
    assert dashboard.panels[0].other == {"libraryPanel": {"uid": "u", "name": "N"}}


def test_a_classic_dashboard_is_read_from_a_resource_whose_name_is_its_uid():
    resource = {
        "apiVersion": "dashboard.grafana.app/v1beta1",
        "kind": "Dashboard",
        "metadata": {"name": "u1"},
        "spec": {"title": "T", "panels": []},
    }
    dashboard = read(json.dumps(resource), "d.json")
    assert (dashboard.title, dashboard.uid) == ("T", "u1")


def test_a_choice_may_have_values_of_any_kind():
    option = {"text": "five", "value": 5, "selected": None}
    variable = {"name": "n", "type": "custom", "query": 5, "hide": False, "current": option, "options": [option]}
    found = read(json.dumps({"title": "T", "panels": [], "templating": {"list": [variable]}}), "d.json").variables[0]
    assert (found.query, found.hide) == ("5", 0)
    assert found.options == (Option(text="five", value="5"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"title": "T",\n "panels": [}', "d.json:2:13: not JSON"),
        ("[]", "d.json: expected an object, found []"),
        ('{"title": "T"}', "d.json: panels: is missing"),
        ('{"title": 3, "panels": []}', "d.json: title: is 3; expected a text"),
        ('{"title": "T", "panels": {}}', "d.json: panels: is {}; expected a list"),
        ('{"title": "T", "panels": [{"title": "P"}]}', "d.json: panels[0].type: is missing"),
        (
            '{"title": "T", "panels": [{"type": "stat", "targets": [{"expr": 1}]}]}',
            "d.json: panels[0].targets[0].expr: is 1; expected a text",
        ),
        ('{"title": "T", "panels": [{"type": "stat", "id": true}]}', "panels[0].id: is true; expected a whole number"),
        ('{"title": "T", "panels": [], "tags": [1]}', "tags[0]: is 1; expected a text"),
        ('{"title": "T", "panels": [NaN]}', "NaN is not a JSON number"),
        ('{"apiVersion": "dashboard.grafana.app/v2", "spec": {"elements": {}}}', "in the v2 format"),
    ],
)
def test_says_what_is_wrong_and_where(text, message):
    with pytest.raises(ConfigError) as caught:
        read(text, "d.json")
    assert message in str(caught.value)


@given(st.text(max_size=80))
def test_a_text_that_is_no_dashboard_is_refused(text):
    with pytest.raises(ConfigError, match=r"\Ad\.json"):
        read(text, "d.json")
