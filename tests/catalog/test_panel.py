"""Panels, rows, texts and variables are refused where they cannot be drawn."""

from __future__ import annotations

import pytest

from vedette.catalog import Dashboard, Panel, Query, Row, Text, Variable
from vedette.errors import DeclarationError


def test_takes_queries_as_text_value_or_list():
    texts = Panel("A", "up").query_list(), Panel("A", ["up"]).query_list(), Panel("A", Query("up")).query_list()
    assert texts[0] == texts[1] == texts[2] == (Query("up"),)


def test_the_panels_legend_holds_for_queries_without_their_own():
    legends = [query.legend for query in Panel("A", ["up", Query("down", "mine")], legend="{{job}}").query_list()]
    assert legends == ["{{job}}", "mine"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Panel("", "up"), "title=''"),
        (lambda: Panel("A", []), "has no query"),
        (lambda: Panel("A", ""), "expr=''"),
        (lambda: Panel("A", "up", kind="timeserie"), "did you mean 'timeseries'"),
        (lambda: Panel("A", "up", unit="second"), "did you mean 'seconds'"),
        (lambda: Panel("A", Query("up", unit="byte")), "did you mean 'bytes"),
        (lambda: Panel("A", "up", thresholds={float("nan"): "high"}), "write a finite number"),
        (lambda: Panel("A", "up", thresholds={1: "warning"}), "severity='warning'"),
        (lambda: Panel("A", "up", width=25), "width is 1 to 24"),
        (lambda: Panel("A", ["up", "down"], kind="heatmap"), "draw one in each panel"),
        (lambda: Panel("A", "up", compare="a week"), "compare='a week'"),
        (lambda: Panel("A", "up", compare="1w", kind="stat"), "only a timeseries has a past"),
        (lambda: Row(" "), "title=' '"),
        (lambda: Row("A", repeat="$route"), "the name of a variable, without $"),
        (lambda: Text("A", ""), "markdown=''"),
        (lambda: Text("A", "b", height=0), "height at least 1"),
        (lambda: Variable("job", "up", "job"), "exists on every dashboard"),
        (lambda: Variable("a-b", "up", "job"), "not a name of letters"),
        (lambda: Variable("a", "u p", "job"), "metric='u p'"),
        (lambda: Variable("a", "up", "j-b"), "label='j-b'"),
        (lambda: Dashboard(range="0s"), "more than zero"),
        (lambda: Dashboard(variables=[Variable("a", "up", "x"), Variable("a", "up", "y")]), "two variables 'a'"),
    ],
)
def test_says_what_is_wrong_and_where(make, message):
    with pytest.raises(DeclarationError) as caught:
        make()
    assert message in str(caught.value)
    assert str(caught.value).startswith(__file__)
