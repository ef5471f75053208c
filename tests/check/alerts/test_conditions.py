"""When alerts fire: always, never, by a hair; and what must not be taken for it."""

from __future__ import annotations

import pytest
from tests.check.alerts.rules import alert, findings, levels, record

PART = 'sum(rate(x_total{code="500"}[5m])) / sum(rate(x_total[5m]))'


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (f"{PART} > 5", [("error", False)]),
        ("up > 1", [("error", True)]),
        ("up == 2", [("error", True)]),
        ("2 < up", [("error", True)]),
        ("up < 0", [("error", True)]),
        ("count(x) == 0", [("error", True)]),
        ("sum(up == 0) > 0", [("error", True)]),
        (f"{PART} > 0.05", []),
        (f"{PART} * 100 > 5", []),
        ("up == 0", []),
        ("up < 1", []),
        ("absent(up) == 1", []),
        ("x > 1e12", []),
        ("x_total / y_total > 5", []),
        ("sum(up) > 5", []),
        ("up > bool 1", []),
        ("hour() > 22", []),
    ],
)
def test_a_comparison_that_can_never_be_true_is_found(expr, expected):
    found = levels("impossible-threshold", alert(expr))
    assert len(found) == len(expected)
    assert all(certain or level != "error" for level, certain in found)
    assert all(got == want for got, want in zip(found, expected, strict=True) if want[1])


def test_the_fix_of_a_percentage_is_the_ratio():
    (finding,) = findings("impossible-threshold", alert(f"{PART} > 5"))
    assert "0.05" in finding.fix


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ("rate(x_total[5m]) >= 0", 1),
        ("up >= 0", 1),
        ("0 <= up", 1),
        ("up <= 1", 1),
        ("up != 2", 1),
        ("up >= 0 or x > 1", 1),
        ("rate(x_total[5m]) > 0", 0),
        ("count(x == 0) > 0", 0),
        ("count(x{state='bad'}) > 0", 0),
        ("x_info{state='bad'} == 1", 0),
        ("x_info{state='bad'} != 0", 0),
        ("x > 1 and rate(y_total[5m]) >= 0", 0),
        ("sum(rate(x_total[5m]) >= 0) > 1", 0),
        ("x >= 0", 0),
        ("delta(x[5m]) >= 0", 0),
    ],
)
def test_a_comparison_that_is_always_true_is_found_where_it_decides(expr, count):
    assert len(findings("threshold-always-true", alert(expr))) == count


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(rate(x_total[5m]))", [("warning", True)]),
        ("x", [("warning", False)]),
        ('x{state="failed"}', [("note", False)]),
        ("x > 1 or y", [("warning", False)]),
        ("x - y", [("warning", True)]),
        ("x > 1", []),
        ("(x > 1) * 100", []),
        ("x and y", []),
        ("x unless y", []),
        ("absent(x)", []),
        ("count(x > 1)", []),
        ("topk(1, x)", []),
        ('ALERTS{alertname="A"}', []),
        ("vector(1)", []),
        ("x > bool 1", []),
        ("(x or y) > 1", []),
    ],
)
def test_a_query_that_compares_nothing_is_found(expr, expected):
    assert levels("no-comparison", alert(expr)) == expected


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ("x > bool 1", 1),
        ("(x > bool 1) * (y > bool 1)", 1),
        ("sum by (job) (x) > bool 1 and y", 1),
        ("(x > bool 1) + (y > bool 1) > 1", 0),
        ("x > bool 1 == 1", 0),
        ("sum(x > bool 1) > 3", 0),
        ("x > 1", 0),
    ],
)
def test_bool_that_nothing_filters_afterwards_is_found(expr, count):
    assert len(findings("bool-comparison", alert(expr))) == count


def test_bool_is_taken_away_by_its_edit():
    (finding,) = findings("bool-comparison", alert("x > bool 1"))
    assert finding.edit is not None
    assert (finding.edit.old, finding.edit.new) == ("bool ", "")


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ("x > 1 or vector(0)", 1),
        ("x > 1 or on () vector(1)", 1),
        ("vector(time())", 1),
        ("vector(1)", 0),
        ("(vector(1))", 0),
        ("(x or vector(0)) > 1", 0),
        ("absent(x)", 0),
        ("x > 1", 0),
        ("vector(1) unless on () x", 0),
        ("hour() > 22", 0),
    ],
)
def test_what_is_always_there_is_found_but_for_a_dead_mans_switch(expr, count):
    assert len(findings("always-firing", alert(expr))) == count


@pytest.mark.parametrize(
    ("expr", "for_", "count"),
    [
        ("absent(x)", "", 1),
        ("absent(x) == 1", "", 1),
        ("y > 1 or absent(x)", "", 1),
        ("absent(x)", "5m", 0),
        ("absent_over_time(x[5m])", "", 0),
        ("y > 1 and on () absent(x)", "", 0),
        ("y > 1 unless absent(x)", "", 0),
    ],
)
def test_absent_without_for_is_found(expr, for_, count):
    assert len(findings("absent-without-for", alert(expr, for_=for_))) == count


@pytest.mark.parametrize(
    ("for_", "interval", "count"),
    [("20s", "1m", 1), ("1m", "1m", 0), ("5m", "1m", 0), ("", "1m", 0), ("90s", "1m", 0), ("20s", "", 0)],
)
def test_for_below_the_interval_is_found_where_that_is_known(for_, interval, count):
    group = {"interval": interval} if interval else {}
    assert len(findings("for-below-interval", alert("x > 1", for_=for_), **group)) == count


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ("rate(x_total[5m]) == 0.1", 1),
        ("increase(x_total[5m]) == 1", 1),
        ("increase(x_total[5m]) != 3", 1),
        ("sum(rate(x_total[5m])) * 100 == 5", 1),
        ("avg(x) == 0.5", 1),
        ("a / b == 0.9", 1),
        ("rate(x_total[5m]) == 0", 0),
        ("avg(x) == 1", 0),
        ("a / b == 1", 0),
        ("x == 0.5", 0),
        ("changes(x[5m]) == 1", 0),
        ("round(rate(x_total[5m])) == 3", 0),
        ("count(x) == 3", 0),
    ],
)
def test_equality_with_what_is_computed_is_found(expr, count):
    assert len(findings("equal-float", alert(expr))) == count


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("job:errors:ratio_rate1h > 14.4 * (1 - 0.9)", 1),
        ("job:errors:ratio_rate1h > (14.4 * 0.1)", 1),
        (f"{PART} > 14.4 * (1 - 0.9)", 1),
        ("job:errors:ratio_rate1h > 14.4 * (1 - 0.999)", 0),
        ("x_bytes > 0.9 * 1000", 0),
        ("x > 1e9 * 0.9", 0),
        ("job:errors:ratio_rate1h < 14.4 * 0.1", 0),
    ],
)
def test_a_burn_rate_that_nothing_can_reach_is_found_by_one_check_only(expr, expected):
    assert len(findings("unreachable-burn-rate", alert(expr))) == expected
    assert findings("impossible-threshold", alert(expr)) == []


def test_irate_is_found_and_replaced():
    (finding,) = findings("irate-in-alert", alert("sum(irate(x_total[5m])) > 1"))
    assert finding.edit is not None
    assert (finding.edit.old, finding.edit.new) == ("irate", "rate")
    assert findings("irate-in-alert", alert("sum(rate(x_total[5m])) > 1")) == []


# --- units -----------------------------------------------------------------------------------------------------------

SLOW = "histogram_quantile(0.9, sum by (job, le) (rate(x_seconds_bucket[5m])))"


@pytest.mark.parametrize(
    ("expr", "summary", "count"),
    [
        (f"{SLOW} > 500", "Slower than 500ms", 1),
        (f"{SLOW} > 500", "Slower than 500 milliseconds for 5 minutes", 1),
        (f"{SLOW} > 0.5", "Slower than 500ms", 0),
        (f"{SLOW} > 5", "Slower than 5 seconds for 5 minutes", 0),
        (f"{SLOW} > 5", "Slow for 5 minutes", 0),
        (f"{SLOW} > 500", "Slow", 0),
        ("time() - x_timestamp_seconds > 2", "No backup since 2 days", 1),
        ("time() - x_timestamp_seconds > 2 * 86400", "No backup since 2 days", 0),
        ("x_bytes > 5", "More than 5 GB", 1),
        ("x_bytes > 5e9", "More than 5 GB", 0),
        ("x_bytes > 5 * 1024 * 1024 * 1024", "More than 5 GB", 0),
        ("sum(rate(x_errors_total[5m])) / sum(rate(x_requests_total[5m])) > 5", "More than 5% fail", 1),
        ("sum(rate(x_errors_total[5m])) / sum(rate(x_requests_total[5m])) > 0.05", "More than 5% fail", 0),
        ("sum(rate(x_errors_total[5m])) / sum(rate(x_requests_total[5m])) * 100 > 5", "More than 5% fail", 0),
        ("sum(rate(x_errors_total[5m])) / sum(rate(x_requests_total[5m])) * 100 > 0.05", "More than 5% fail", 1),
        ("x > 5", "More than 5%", 0),
    ],
)
def test_a_threshold_in_another_unit_than_the_text_says_is_found(expr, summary, count):
    assert len(findings("threshold-unit", alert(expr, summary))) == count


RATIO = "sum(rate(x_errors_total[5m])) / sum(rate(x_requests_total[5m]))"


@pytest.mark.parametrize(
    ("expr", "summary", "level"),
    [
        (f"{RATIO} > 0.05", "{{ $value }}% fail", "warning"),
        (f"{RATIO} > 0.05", '{{ printf "%.2f" $value }} % fail', "warning"),
        (f"{RATIO} > 0.05", '{{ $value | printf "%.2f%%" }} fail', "warning"),
        (f"{RATIO} > 0.05", "{{ $value | humanizePercentage }} fail", ""),
        (f"{RATIO} > 0.05", "{{ $value }} of the orders fail", "note"),
        (f"{RATIO} > 0.05", "Orders fail, VALUE = {{ $value }}", ""),
        (f"{RATIO} * 100 > 5", "{{ $value }}% fail", ""),
        (f"{RATIO} * 100 > 5", "{{ $value | humanizePercentage }} fail", "warning"),
        (f"{SLOW} > 1", "Takes {{ $value }}", "note"),
        (f"{SLOW} > 1", "Takes {{ $value }}s", ""),
        (f"{SLOW} > 1", "Takes {{ $value }} ms", "warning"),
        (f"{SLOW} > 1", "Takes {{ $value | humanizeDuration }}", ""),
        ("x_bytes > 1e9", "Holds {{ $value | humanize1024 }}B", ""),
        ("x_bytes > 1e9", "Holds {{ $value | humanizeDuration }}", "warning"),
        ("x > 1", "{{ $value }}% is lost", ""),
    ],
)
def test_a_value_that_nobody_can_read_or_that_reads_wrong_is_found(expr, summary, level):
    assert "".join(one.level for one in findings("missing-humanize", alert(expr, summary))) == level


# --- names and relations ---------------------------------------------------------------------------------------------


def test_an_alert_that_stands_twice_is_found_whatever_its_spacing():
    rules = [alert("x > 1"), alert("x  >  1.0", "Other text")]
    assert len(findings("duplicate-alert", *rules)) == 1


def test_the_same_name_with_another_severity_or_query_is_no_duplicate():
    rules = [alert("x > 1"), alert("x > 2"), alert("x > 1", labels={"severity": "critical"})]
    assert findings("duplicate-alert", *rules) == []


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ('ALERTS{alertname="Nobody"} == 1', 1),
        ('ALERTS_FOR_STATE{alertname=~"Nobody|None"} > 1', 1),
        ('ALERTS{alertname="ShopErrors"} == 1', 0),
        ('ALERTS{alertname=~"Shop.*"} == 1', 0),
        ('ALERTS{alertname!="Nobody"} == 1', 0),
        ("ALERTS == 1", 0),
    ],
)
def test_an_alert_that_nobody_defines_is_found(expr, count):
    assert len(findings("unknown-alert", alert("x > 1"), alert(expr, name="Second"))) == count
    assert len(findings("unknown-alert", alert("x > 1"), record("a:b:c", expr))) == count


@pytest.mark.parametrize(("name", "count"), [("ShopDown", 0), ("HTTP5xx", 0), ("shop_down", 1), ("Shop down", 1)])
def test_a_name_that_is_not_camel_case_is_found(name, count):
    assert len(findings("alert-name", alert("x > 1", name=name))) == count
