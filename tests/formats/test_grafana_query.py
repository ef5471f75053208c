"""Variables in the queries of panels: the query parses, its spans are those of the text, and nothing comes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.formats.grafana_query import tree
from vedette.promql import printer
from vedette.promql.ast import VectorSelector
from vedette.promql.flow import analyse
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import walk


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ('rate(x{job="$job"}[$__rate_interval])', 'rate(x{job=~".+"}[1h])'),
        ("rate(x[$i])", "rate(x[1h])"),
        ('x{a=~"${a:regex}", b!="[[b]]", c="$node:$port"}', 'x{a=~".+", c=~".+"}'),
        ("rate(x[[[i]]])", "rate(x[1h])"),
        ("rate(x[${m}m])", "rate(x[1m])"),
        ("rate(x[5$unit])", "rate(x[5h])"),
        ("max_over_time(x[${__range_s}s])", "max_over_time(x[1s])"),
        ("max_over_time(x[$__range:$step])", "max_over_time(x[1h:1h])"),
        ("x offset $o", "x offset 1h"),
        ("up{$filters}", "up"),
        ('up{$filters, job="a"}', 'up{job="a"}'),
        ('up{job="a", ${filters:raw}}', 'up{job="a"}'),
        ('up{$label="a"}', "up"),
        ("$agg by (x) (y)", "max by (x) (y)"),
        ("sum by ($group) (x)", "sum without () (x)"),
        ("sum by (a, ${group:csv}) (x)", "sum without () (x)"),
        ("sum without (a, $b) (x)", "sum without (a) (x)"),
        ("a and on ($l) b", "a and b"),
        ("${f:raw}(y[5m])", "last_over_time(y[5m])"),
        ('label_replace(x, "a", "$1", "b", "(.*)")', 'label_replace(x, "a", "$1", "b", "(.*)")'),
        ('label_replace(x, "$a", "$1", "b", "(.*)")', 'label_replace(x, "$a", "$1", "b", "(.*)")'),
        ("# $comment\nx", "x"),
    ],
)  # fmt: skip
def test_a_variable_is_read_as_what_it_may_stand_for(query: str, meant: str) -> None:
    found = tree(query)
    assert found is not None
    assert found == parse(meant)


@pytest.mark.parametrize(
    "query",
    [
        "topk($n, x)", "quantile($q, x)", "histogram_quantile(0.$q, x_bucket)", "x > $limit", "x * [[factor]]",
        "rate(x[5m]) * $__interval_ms / 1000", "clamp_max(x, $most)", "vector($x)", "predict_linear(x[1h], $ahead)",
        "sum(x) > bool $limit",
    ],
)  # fmt: skip
def test_a_number_in_a_variable_is_any_number(query: str) -> None:
    found = tree(query)
    assert found is not None
    assert "scalar(" in printer.format(found)
    assert "1 " not in printer.format(found).replace("1000", "")


@pytest.mark.parametrize("query", ["$query", "${metric}", "node_${x}_total", "[[a]]", "$metric[5m]"])
def test_a_name_in_a_variable_is_no_name(query: str) -> None:
    found = tree(query)
    assert found is not None
    assert [node.name for node in walk(found) if isinstance(node, VectorSelector)] == [""]


@pytest.mark.parametrize("query", ["x $op 5", "${agg}_over_time(x[5m])", "sum $clause (x)"])
def test_where_a_variable_decides_everything_nothing_is_known(query: str) -> None:
    assert tree(query) is None


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ('sum(rate(x{job="$job"}[5m])', 27),
        ('rate(x{job="$job"}[5m]) foo > $limit', 24),
        ("$$", 0),
        ("rate(x) + $y", 5),
    ],
)
def test_what_is_broken_without_its_variables_is_told_at_its_place(query: str, at: int) -> None:
    with pytest.raises(ParseError) as caught:
        tree(query)
    assert caught.value.position == at
    assert caught.value.text == query


def test_labels_that_a_variable_may_add_are_not_said_to_be_gone() -> None:
    found = tree("sum by ($group) (rate(x_total[5m]))")
    assert found is not None
    assert analyse(found, lambda _: None).branches[0].labels.get("pod").state == "maybe"


parts = st.sampled_from(
    ["rate(", "sum", " by (", "$a", "${b:regex}", "[[c]]", "x", "{", "}", "[", "]", "(", ")", '"', '"$d"', "=", "=~",
     "5", "m", ",", " ", "+", "> ", "offset ", "$__rate_interval", "topk(", "'", "`", "#", "\n", "$", ".", "\\", "é"]
)  # fmt: skip


@given(st.lists(parts, max_size=14).map("".join))
def test_any_text_is_a_tree_within_the_text_or_a_parse_error_in_it(text: str) -> None:
    try:
        found = tree(text)
    except ParseError as error:
        spans = [(error.position, error.position)]
    else:
        spans = [] if found is None else [(node.span.start, node.span.end) for node in walk(found)]
        if found is not None:
            analyse(found, lambda _: None)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
