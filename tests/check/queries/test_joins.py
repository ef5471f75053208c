"""Sides that never pair, or pair too often."""

import pytest
from tests.check.asked import findings, found, series

DECLARED = [
    series("a", "gauge", {"state": ["on", "off"]}),
    series("b", "gauge", {"state": ["on", "off"]}),
    series("c", "gauge"),
    series("info", "info", {"version": None}),
]


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("a / sum by (job) (b)", True),
        ("a / on (job) group_left () sum by (job) (b)", False),
        ("sum by (job, state) (a) / on (job, state) sum by (job) (b)", True),
        ("sum by (job) (a) / sum by (job) (b)", False),
        ("a{state='on'} + a{state='off'}", True),
        ("a{state='on'} + ignoring (state) a{state='off'}", False),
        ("a{state='on'} / on (job, instance, state) a{state=~'on|off'}", False),
        ("a / b", False),
        ("a / c", True),
        ("a / ignoring (state) c", False),
        ("a * 100 / vector(3)", True),
        ("a * 100 / scalar(sum(c))", False),
        ("sum(a) / count(b)", False),
        ("sum(a) > sum by (job) (b)", True),
        ("a or sum by (job) (b)", False),
        ("(a or sum by (job) (a)) / sum by (job) (b)", False),
    ],
)
def test_whether_two_sides_ever_pair(expr, wrong):
    assert found("join-never-matches", expr, declared=DECLARED) == wrong


def test_what_is_declared_is_certain_and_what_is_scraped_is_a_guess():
    (sure,) = findings("join-never-matches", "a / sum by (job) (b)", declared=DECLARED)
    assert (sure.level, sure.certain) == ("error", True)
    assert "on (job) group_left" in sure.fix
    (guess,) = findings("join-never-matches", "x / sum by (job) (y)")
    assert (guess.level, guess.certain) == ("warning", False)


@pytest.mark.parametrize(
    "expr",
    [
        "x / sum by (job, instance) (y)",
        "job:x:sum / sum by (job) (y)",
        "sum(x) / sum(y)",
        "x{a='1'} / ignoring (a) y",
        "ALERTS * on () group_left () sum(y)",
        "x / on (pod) group_left (node) y",
        "{__name__=~'x.*'} / sum(y)",
    ],
)
def test_what_nobody_knows_is_left_alone(expr):
    assert not found("join-never-matches", expr)


def test_a_recording_without_colons_need_not_have_an_instance():
    recordings = [("total", "sum by (job) (y)")]
    assert not found("join-never-matches", "total / sum by (job) (z)", recordings=recordings)


def test_only_the_innermost_of_what_never_pairs_is_told():
    expr = "(x / sum(y)) * 100 > 5 and sum by (job) (z) > 0"
    assert len(findings("join-never-matches", expr)) == 1
    assert not found("never-true", expr)


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("sum by (job, route) (x) / on (job) sum by (job) (y)", True),
        ("sum by (job) (x) / on (job) sum by (job, route) (y)", True),
        ("100 * sum by (job, route) (x) / on (job) sum by (job) (y)", True),
        ("sum by (job, route) (x) / on (job) group_left () sum by (job) (y)", False),
        ("sum by (job, route) (x) / on (job, route) sum by (job, route) (y)", False),
        ("sum by (job, route) (x) and on (job) sum by (job) (y)", False),
        ("x / on (job) y", False),
        ("sum by (job, code) (x{code='500'}) / ignoring (code) sum by (job) (x)", False),
        ("sum by (job, code) (x) / ignoring (code) sum by (job) (x)", True),
    ],
)
def test_one_to_one_with_several_on_one_side(expr, wrong):
    assert found("join-without-group", expr) == wrong


def test_a_declared_series_keeps_its_labels_for_certain():
    (one,) = findings("join-without-group", "a / on (job) sum by (job) (b)", declared=DECLARED)
    assert one.certain


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("sum by (job, route) (x) / on (job) sum by (job, route) (y)", True),
        ("sum by (job, route) (x) * on (job) group_left () max by (job, version) (y)", True),
        ("max by (job, version) (y) * on (job) group_right () sum by (job, route) (x)", True),
        ("sum by (job, route) (x) * on (job, version) group_left () max by (job, version) (y)", False),
        ("sum by (job, route) (x) * on (job) group_left () max by (job) (y)", False),
        ("x * on (namespace, pod) group_left (node) kube_pod_info", False),
    ],
)
def test_many_to_many(expr, wrong):
    assert found("join-many-to-many", expr) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("a * on (job) group_left () c", True),
        ("a * on (job) group_left () topk by (job) (1, c)", False),
        ("a * on (job) group_left () topk by (job) (2, c)", True),
        ("a * on (job) group_left () topk by (job, instance) (1, c)", True),
        ("a * ignoring (state, instance) group_left () bottomk by (job) (1, c)", False),
    ],
)
def test_the_first_of_each_pair_is_one(expr, wrong):
    assert found("join-many-to-many", expr, declared=DECLARED) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("a * on (job) group_left (version) max by (job) (info)", True),
        ("a * on (job) group_left (version) max by (job, version) (info)", False),
        ("max by (job) (info) * on (job) group_right (version) a", True),
        ("a * on (job) group_left (version) c", True),
        ("a * on (job) group_left (version) nobody_knows", False),
        ("a * on (job) group_left (__name__) max by (job) (info)", False),
    ],
)
def test_labels_that_the_other_side_has_lost(expr, wrong):
    assert found("group-left-dropped", expr, declared=DECLARED) == wrong
