# ruff: noqa: E501 - YAML of others stands in one line
"""promtool's test files as values: what is read, what is refused and where, and that writing gives the same values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats.promtool import (
    AlertTest,
    ExpectedAlert,
    ExpectedSample,
    ExprTest,
    InputSeries,
    TestFile,
    TestGroup,
    read,
    write,
)
from vedette.formats.series import read_labels, read_samples
from vedette.promql.labels import labels

WHOLE = """
rule_files: [rules.yml, more/*.yml]
evaluation_interval: 30s
fuzzy_compare: true
group_eval_order: [b, a]
tests:
  - name: first
    interval: 15s
    start_timestamp: 2026-01-01T00:00:00Z
    external_labels: {site: berlin}
    external_url: http://p/
    input_series:
      - series: up{job="shop"}
        values: 1+0x2 _ stale
    alert_rule_test:
      - eval_time: 5m
        alertname: Down
        exp_alerts:
          - exp_labels: {severity: high}
            exp_annotations: {summary: It is down}
    promql_expr_test:
      - expr: up
        eval_time: 1m
        exp_samples:
          - {labels: 'up{job="shop"}', value: 0x10}
  - {}
"""


def test_every_key_is_read():
    file = read(WHOLE, "t.yml")
    first, second = file.tests
    assert (file.rule_files, file.evaluation_interval, file.fuzzy_compare) == (
        ("rules.yml", "more/*.yml"),
        30_000,
        True,
    )
    assert file.group_eval_order == ("b", "a")
    assert (first.name, first.interval, first.start) == ("first", 15_000, 1_767_225_600_000)
    assert (first.external_labels, first.external_url) == ({"site": "berlin"}, "http://p/")
    (series,) = first.input_series
    assert series.labels == labels({"__name__": "up", "job": "shop"})
    assert list(series.samples)[:4] == [1, 1, 1, None]
    assert first.alert_tests == (
        AlertTest(
            eval_time=300_000,
            alertname="Down",
            expected=(ExpectedAlert(labels={"severity": "high"}, annotations={"summary": "It is down"}),),
        ),
    )
    assert first.expr_tests == (
        ExprTest(expr="up", eval_time=60_000, expected=(ExpectedSample(labels=series.labels, value=16.0),)),
    )
    assert second == TestGroup(interval=30_000)
    assert str(first.alert_tests[0].place) == "t.yml:16:9"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rule_file: []\n", "t.yml:1:1: unknown key 'rule_file' in the test file; did you mean 'rule_files'?"),
        ("tests: [{alert_rule_tests: []}]\n", "did you mean 'alert_rule_test'?"),
        ("tests: [{input_series: [{serie: x}]}]\n", "did you mean 'series'?"),
        ("group_eval_order: [a, a]\n", "t.yml:1:23: group 'a' stands twice in group_eval_order"),
        ("tests: [{alert_rule_test: [{eval_time: 1m}]}]\n", "no alertname; write 'alertname: …'"),
        ("tests: [{alert_rule_test: [{eval_time: 5, alertname: A}]}]\n", "eval_time is '5'; write a duration"),
        ("tests: [{start_timestamp: yesterday}]\n", "start_timestamp is 'yesterday'; write seconds since 1970"),
        ("tests: [{start_timestamp: 2026-01-01T00:00:00}]\n", "start_timestamp is '2026-01-01T00:00:00'"),
        ("tests: [{input_series: [{values: 1}]}]\n", "a series has no series"),
        ("tests: [{input_series: [{series: '{}', values: 1}]}]\n", "which names nothing"),
        ("tests:\n- input_series:\n  - {series: x, values: 1 a}\n", "t.yml:3:27: 'a' is no sample"),
        ("tests:\n- input_series:\n  - {series: 'x{a=1}', values: 1}\n", "t.yml:3:19: expected the value of 'a' in quotes"),
        ('tests: [{input_series: [{series: x, values: "1\\n2"}]}]\n', "values hold a line break"),
        ("tests: [{promql_expr_test: [{expr: x, exp_samples: [{labels: x, value: '1'}]}]}]\n", "value is '1'; write a number"),
        ("tests: [{promql_expr_test: [{expr: x, exp_samples: [{labels: x, histogram: '{{}}'}]}]}]\n", "native histograms"),
        ("tests: [{input_series: [{series: x, values: '{{count:1}}'}]}]\n", "native histogram"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_the_fix(text, says):
    with pytest.raises(ConfigError) as caught:
        read(text, "t.yml")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("8", 8), ("8.5", 8.5), (".5", 0.5), ("1e3", 1000), ("0x10", 16), ("010", 8), ("0o10", 8), ("0b11", 3), ("1_0", 10),
     ("+8", 8), ("-.inf", float("-inf")), (".Inf", float("inf")), ("", 0)],
)  # fmt: skip
def test_a_value_is_any_number_of_yaml(text, value):
    file = read(f"tests: [{{promql_expr_test: [{{expr: x, exp_samples: [{{labels: x, value: {text}}}]}}]}}]\n", "t.yml")
    assert file.tests[0].expr_tests[0].expected[0].value == value


NAMES = st.sampled_from(["", "a", "two words", "x: y", "ä"])
TIMES = st.integers(0, 10_000).map(lambda seconds: seconds * 1000)
PAIRS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.text(st.characters(exclude_categories=["C"]), max_size=6), max_size=2
)
SERIES = st.sampled_from(["x", 'x{a="b"}', 'y{a="c\\"d"}'])
INPUT = st.builds(
    lambda series, values: InputSeries(
        series=series, values=values, labels=read_labels(series), samples=read_samples(values)
    ),
    SERIES,
    st.sampled_from(["1 2", "0+1x5", "_x3 stale"]).filter(bool),
)
TESTS = st.builds(
    TestGroup,
    name=NAMES,
    interval=st.sampled_from([1000, 15_000, 90_000]),
    start=TIMES,
    input_series=st.lists(INPUT, max_size=2).map(tuple),
    alert_tests=st.lists(
        st.builds(
            AlertTest,
            eval_time=TIMES,
            alertname=st.just("A"),
            expected=st.lists(st.builds(ExpectedAlert, labels=PAIRS, annotations=PAIRS), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    expr_tests=st.lists(
        st.builds(
            ExprTest,
            expr=st.sampled_from(["up", 'x{a="b"} > 1']),
            eval_time=TIMES,
            expected=st.lists(
                st.builds(ExpectedSample, labels=SERIES.map(read_labels), value=st.floats(allow_nan=False)), max_size=2
            ).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    external_labels=PAIRS,
    external_url=st.sampled_from(["", "http://p/"]),
)


@given(st.builds(TestFile, evaluation_interval=st.sampled_from([15_000, 60_000]), fuzzy_compare=st.booleans(),
                 tests=st.lists(TESTS, max_size=2).map(tuple)))  # fmt: skip
def test_a_file_is_written_so_that_it_reads_the_same(file):
    assert read(write(file), "t.yml") == file
