"""Names, order and use of recording rules."""

import pytest
from tests.check.asked import findings, found


def test_the_same_rule_twice_is_found_and_the_same_name_for_something_else_is_not():
    twice = [("job:x:sum", "sum by (job) (x)", "a"), ("job:x:sum", "sum by (job) (x)", "b")]
    (one,) = findings("duplicate-rule", recordings=twice)
    assert one.level == "warning"
    parts = [("job:x:sum", "sum by (job) (x{a='1'})"), ("job:x:sum", "sum by (job) (x{a='2'})")]
    assert not found("duplicate-rule", recordings=parts)


def test_two_rules_that_certainly_write_the_same_series_are_found():
    assert found("duplicate-rule", recordings=[("all:x:sum", "sum(x)"), ("all:x:sum", "sum(y)")])


def test_one_expression_under_two_names_is_a_note():
    (one,) = findings(
        "duplicate-rule", recordings=[("job:x:sum", "sum by (job) (x)"), ("job:y:sum", "sum by (job) (x)")]
    )
    assert one.level == "note"
    assert "job:x:sum" in one.message


@pytest.mark.parametrize(
    ("name", "expr", "wrong"),
    [
        ("job:x:sum", "sum by (job) (x)", False),
        ("job_instance:x:sum", "sum by (job) (x)", True),
        ("job_route:x:sum", "sum by (job) (sum by (job, route) (x))", True),
        ("job_route:x:sum", "sum by (job, route) (x)", False),
        ("cluster:x:sum", "sum(x)", False),
        ("job_http_route:x:sum", "sum by (job, http_route) (x{route='a'})", False),
        ("instance:x:rate5m", "rate(x[5m])", False),
        ("x_sum", "sum(x)", True),
        (":x:sum", "sum(x)", False),
    ],
)
def test_names(name, expr, wrong):
    assert found("recording-name", recordings=[(name, expr)]) == wrong


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ([("a:x", "b:x * 2"), ("b:x", "a:x + 1")], True),
        ([("a:x", "a:x offset 1m")], True),
        ([("a:x", "b:x"), ("b:x", "c:x"), ("c:x", "a:x")], True),
        ([("a:x", "a:x offset 1m + increase(x[1m]) or increase(x[1m])")], False),
        ([("a:x", "sum(x) unless a:x")], False),
        ([("a:x", "sum(x) and absent(a:x)")], False),
        ([("a:x", "b:x"), ("b:x", "a:x"), ("b:x", "sum(x)")], False),
        ([("a:x", "b:x"), ("b:x", "sum(x)")], False),
    ],
)
def test_circles(rules, wrong):
    assert len(findings("recording-cycle", recordings=rules)) == wrong


def test_what_nothing_uses_is_told_only_beside_dashboards():
    recordings = [("a:x", "sum(x)"), ("b:x", "a:x * 2")]
    assert not found("unused-recording", recordings=recordings)
    (one,) = findings("unused-recording", recordings=recordings, panels=["sum(y)"])
    assert one.subject == "recording rule b:x"
    assert not found("unused-recording", recordings=recordings, panels=["b:x"])
    assert not found("unused-recording", recordings=recordings, panels=["{__name__=~'b:.*'}"])
    assert not found("unused-recording", "b:x > 5", recordings=recordings, panels=["sum(y)"])


def test_a_rule_that_uses_itself_alone_is_unused():
    assert found("unused-recording", recordings=[("a:x", "a:x or sum(x)")], panels=["sum(y)"])


def test_a_recorded_name_that_nobody_records():
    recordings = [("a:x:sum", "sum(x)")]
    (one,) = findings("undefined-recording", "a:x:sun > 5", recordings=recordings)
    assert "a:x:sum" in one.message
    assert not found("undefined-recording", "a:x:sun > 5")
    assert not found("undefined-recording", "a:x:sum > 5", recordings=recordings)


def test_rules_that_come_late():
    below = [("a:x", "b:x * 2"), ("b:x", "sum(x)")]
    assert found("late-rule", recordings=below)
    assert not found("late-rule", recordings=list(reversed(below)))
    elsewhere = [("b:x", "sum(x)", "one"), ("a:x", "b:x * 2", "two")]
    assert found("late-rule", recordings=elsewhere)
    assert not found("late-rule", "a:x > 5", recordings=[("a:x", "sum(x)", "one")])


def test_what_is_recorded_several_times_within_the_interval_of_a_rule_is_not_late():
    asked = {"recordings": [("b:x", "sum(x)", "one"), ("a:x", "b:x * 2", "two")]}
    assert not found("late-rule", **asked, group_intervals={"one": 15_000, "two": 60_000})
    assert found("late-rule", **asked, group_intervals={"one": 60_000, "two": 60_000})


def test_an_alert_is_told_of_a_recording_that_is_made_less_often():
    asked = {"recordings": [("a:x", "sum(x)", "one")], "group_intervals": {"one": 120_000, "alerts": 30_000}}
    assert found("late-rule", "a:x > 5", **asked)
    assert not found("late-rule", "a:x offset 5m > 5", **asked)


@pytest.mark.parametrize(("minutes", "level"), [(4, None), (5, None), (6, "error")])
def test_intervals_and_how_far_queries_look_back(minutes, level):
    asked = {"recordings": [("a:x", "sum(x)", "one")], "group_intervals": {"one": minutes * 60_000}}
    assert [one.level for one in findings("long-interval", **asked)] == ([level] if level else [])


def test_a_long_interval_of_alerts_is_a_warning():
    (one,) = findings("long-interval", "x > 5", group_intervals={"alerts": 600_000})
    assert one.level == "warning"
