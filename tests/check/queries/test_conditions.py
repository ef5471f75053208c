"""Conditions that never hold or always do, units, NaN and precedence."""

import pytest
from tests.check.asked import findings, found, series

from vedette.promql.flow import SECONDS, unit_of_name

BYTES = unit_of_name("x_bytes")
DECLARED = [
    series("age", "gauge", unit=SECONDS),
    series("limit", "gauge", unit=SECONDS),
    series("age_ms", "gauge", unit=unit_of_name("x_milliseconds")),
    series("size", "gauge", unit=BYTES),
    series("space", "gauge", unit=BYTES),
    series("sent_total", "counter", unit=BYTES),
    series("plain", "gauge"),
]


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("x > 90 and x < 80", True),
        ("x > 80 and x < 90", False),
        ("(x > 90) and (y > 1) and (x < 80)", True),
        ("x > 90 or x < 80", False),
        ("x >= 80 and x <= 80", False),
        ("x == 1 and x == 2", True),
        ("x > 2 * 60 and x < 60", True),
        ("x{a='1'} > 90 and x{a='2'} < 80", True),
        ("x > 90 and on (job) x < 80", False),
        ("x{state='on', state='off'}", True),
        ("x{state='on', state!='on'}", True),
        ("x{state='on', state=~'o.*'}", False),
        ("x{state=~'a', state=~'b'}", False),
        ("x{state!~'.*'}", True),
        ("x > 1 and sum by (job) (y) > 0", True),
        ("x > 1 and on (job) sum by (job) (y) > 0", False),
        ("x > 1 unless sum by (job) (y) > 0", True),
        ("sum by (job) (x) > 1 unless sum by (job) (y) > 0", False),
        ("x > 1 and on () absent(y)", False),
        ("x > 1 unless on () vector(1)", True),
        ("count(x) == 0", False),
    ],
)
def test_what_can_never_be(expr, wrong):
    assert found("never-true", expr) == wrong


def test_a_variable_contradicts_nothing():
    shown = ["x > $low and x < $high", 'x{a="$a", a="b"}', "quantile($q, x)", 'x{a="$a"} + x{a="$b"}']
    assert not found("never-true", panels=shown)
    assert not found("quantile-out-of-range", panels=shown)
    assert not found("join-never-matches", panels=shown)


def test_a_contradiction_is_an_error_and_a_guess_is_not():
    (sure,) = findings("never-true", "x > 90 and x < 80")
    assert (sure.level, sure.certain) == ("error", True)
    (guess,) = findings("never-true", "x > 1 and sum by (job) (y) > 0")
    assert (guess.level, guess.certain) == ("warning", False)


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("absent(sum(x) or vector(0))", True),
        ("absent(vector(1))", True),
        ("absent(x)", False),
        ("absent(up == 1)", False),
        ("vector(0) or sum(x)", True),
        ("sum(x) or vector(0)", False),
        ("vector(0) or x", False),
        ("vector(0) or on () x", True),
        ("absent(x) or y", False),
    ],
)
def test_what_is_always_there(expr, wrong):
    assert found("always-there", expr) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("age > size", True),
        ("age > age_ms", True),
        ("age * 1000 > age_ms", False),
        ("age > age_ms / 1000", False),
        ("age + size", True),
        ("age > limit", False),
        ("age > 0.9 * limit", False),
        ("age > 0.9 * size", True),
        ("size / space > age / limit", False),
        ("rate(sent_total[5m]) > size", True),
        ("time() - age > limit", False),
        ("age > plain", False),
        ("age > 5", False),
        ("age > 5 or size > 7", False),
        ("sum(size) > sum(space)", False),
        ("size * age > space", True),
    ],
)
def test_units(expr, wrong):
    assert found("unit-mismatch", expr, declared=DECLARED) == wrong


def test_the_sides_of_or_in_a_panel_have_one_unit_and_those_of_conditions_need_not():
    assert found("unit-mismatch", panels=["age or size"], declared=DECLARED)
    assert not found("unit-mismatch", panels=["age > 1 or size > 1"], declared=DECLARED)


def test_both_units_are_told_in_words():
    (one,) = findings("unit-mismatch", "rate(sent_total[5m]) > age", declared=DECLARED)
    assert "bytes/s" in one.message
    assert "seconds" in one.message


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("avg(rate(a[5m]) / rate(b[5m])) > 0.1", True),
        ("sum by (job) (100 * rate(a[5m]) / rate(b[5m]))", True),
        ("avg(rate(a[5m]) / (rate(b[5m]) > 0))", False),
        ("avg((rate(a[5m]) / rate(b[5m])) > 0.1)", False),
        ("sum(rate(a[5m])) / sum(rate(b[5m]))", False),
        ("max(rate(a[5m]) / rate(b[5m]))", False),
        ("avg(free / size)", False),
        ("avg(rate(a[5m]) / 60)", False),
        ("avg(rate(a[5m]) / clamp_min(rate(b[5m]), 1))", False),
        ("avg(rate(a[5m]) / rate(b[5m]) and rate(b[5m]) > 0)", False),
    ],
)
def test_idle_series_in_a_mean(expr, wrong):
    assert found("nan-in-aggregation", expr) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("x > 1 or y > 2 and z > 3", True),
        ("x > 1 or y > 2 unless z", True),
        ("(x > 1 or y > 2) and z > 3", False),
        ("x > 1 or (y > 2 and z > 3)", False),
        ("x > 1 and y > 2 or z > 3", False),
        ("x > 1 and y > 2", False),
    ],
)
def test_and_beside_or(expr, wrong):
    assert found("precedence", expr) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("topk(3, x) > 5", True),
        ("topk by (job) (1, x)", True),
        ("sum(topk(3, x)) > 5", False),
        ("max(x) > 5", False),
        ("x and topk(3, x)", True),
        ("x > scalar(topk(1, y))", False),
    ],
)
def test_topk_in_a_rule(expr, wrong):
    assert found("topk-fragile", expr) == wrong


def test_topk_in_a_panel_is_right():
    assert not found("topk-fragile", panels=["topk(3, x)"])


def test_experimental_functions():
    assert found("experimental-function", "sort_by_label(x, 'job')")
    assert found("experimental-function", "limitk(3, x)")
    assert not found("experimental-function", "predict_linear(x[1h], 60)", "topk(3, x)")
