"""Counters and gauges that are taken for each other."""

import pytest
from tests.check.asked import findings, found, series

from vedette.promql.flow import COUNT

DECLARED = [
    series("queue_depth", "gauge"),
    series("orders_total", "counter", unit=COUNT),
    series("failed_total", "counter"),
    series("wait_seconds_bucket", "bucket", {"le": ["1", "+Inf"]}),
    series("wait_seconds_count", "counter"),
]


@pytest.mark.parametrize(
    "expr",
    [
        "rate(queue_depth[5m])",
        "sum by (job) (increase(queue_depth{job='a'}[5m])) > 1",
        "resets(queue_depth[1h]) > 3",
        "irate(queue_depth[5m] offset 1h)",
        "rate(max by (job) (queue_depth)[5m:1m])",
        "rate(rate(orders_total[5m])[1h:])",
    ],
)
def test_the_rate_of_a_gauge_is_found(expr):
    (one,) = findings("rate-of-gauge", expr, declared=DECLARED)
    assert one.level == "error"
    assert "gauge" in one.message


@pytest.mark.parametrize(
    "expr",
    [
        "rate(orders_total[5m])",
        "delta(queue_depth[5m])",
        "changes(queue_depth[5m])",
        "rate(nobody_knows[5m])",
        "rate(sum(orders_total)[5m:])",
        "histogram_quantile(0.9, rate(wait_seconds_bucket[5m]))",
    ],
)
def test_the_rate_of_what_may_be_a_counter_is_left_alone(expr):
    assert not found("rate-of-gauge", expr, declared=DECLARED)


def test_a_name_alone_makes_no_gauge():
    assert not found("rate-of-gauge", "rate(cache_hit_ratio[5m])", "rate(job_last_success_timestamp_seconds[5m])")


def test_a_recording_that_may_add_up_counters_is_no_gauge():
    recordings = [("job:bytes:sum", "in_bytes + out_bytes"), ("job:orders:rate5m", "sum(rate(orders[5m]))")]
    assert not found("rate-of-gauge", "rate(job:bytes:sum[5m])", recordings=recordings)
    assert found("rate-of-gauge", "rate(job:orders:rate5m[5m])", recordings=recordings)


def test_gauge_functions_on_counters_are_found_and_mended_where_that_is_certain():
    (one,) = findings("gauge-function-on-counter", "delta(orders_total[5m]) > 5", declared=DECLARED)
    assert (one.edit.old, one.edit.new, one.edit.place.column) == ("delta", "increase", 1)
    (guess,) = findings("gauge-function-on-counter", "delta(orders_total[5m]) > 5")
    assert not guess.certain
    assert guess.edit is None


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("avg_over_time(orders_total[5m])", True),
        ("predict_linear(orders_total[1h], 3600) > 1e6", True),
        ("quantile_over_time(0.9, orders_total[5m])", True),
        ("deriv((orders_total)[1h:1m])", True),
        ("changes(orders_total[5m])", False),
        ("max_over_time(orders_total[5m])", False),
        ("count_over_time(orders_total[5m])", False),
        ("avg_over_time(queue_depth[5m])", False),
        ("avg_over_time(rate(orders_total[5m])[1h:])", False),
    ],
)
def test_what_restarts_spoil_and_what_not(expr, wrong):
    assert found("gauge-function-on-counter", expr, declared=DECLARED) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("orders_total > 100", True),
        ("sum by (job) (orders_total) > 100", True),
        ("100 < orders_total", True),
        ("failed_total / orders_total > 0.1", True),
        ("failed_total > 0", True),
        ("orders_total * 2 > 100", True),
        ("wait_seconds_bucket > 5", True),
        ("orders_total == 0", False),
        ("orders_total - failed_total > 5", False),
        ("failed_total > orders_total", False),
        ("rate(orders_total[5m]) > 1", False),
        ("absent(orders_total)", False),
        ("count(orders_total) > 5", False),
        ("changes(orders_total[5m]) > 5", False),
        ("time() - timestamp(orders_total) > 60", False),
        ("queue_depth > 5 and orders_total > 0", False),
        ("queue_depth > 5 unless orders_total > 100", False),
        ("queue_depth > 5 and sum by (job) (orders_total) > 0.2", True),
        ("queue_depth > 5 and sum by (job) (rate(orders_total[5m])) > 0.2", False),
        ("queue_depth > 5", False),
    ],
)
def test_counters_that_are_compared_as_they_stand(expr, wrong):
    assert found("counter-direct", expr, declared=DECLARED) == wrong


def test_a_panel_shows_no_raw_counter():
    assert found("counter-direct", panels=["sum by (job) (orders_total)"], declared=DECLARED)
    assert not found("counter-direct", panels=["sum by (job) (increase(orders_total[5m]))"], declared=DECLARED)
    assert not found(
        "counter-direct", recordings=[("job:orders:sum", "sum by (job) (orders_total)")], declared=DECLARED
    )


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("sum by (job) (failed_total) / sum by (job) (rate(orders_total[5m]))", True),
        ("sum by (job) (failed_total) / (sum by (job) (rate(orders_total[5m])) > 0)", True),
        ("sum by (job) (rate(failed_total[5m])) / sum by (job) (rate(orders_total[5m]))", False),
        ("sum by (job) (failed_total) / sum by (job) (queue_depth)", False),
    ],
)
def test_no_rule_divides_a_counter_by_a_rate(expr, wrong):
    assert found("counter-direct", recordings=[("job:orders:ratio", expr)], declared=DECLARED) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("job:used:ratio > 90", True),
        ("max by (job) (job:used:ratio) > 90", True),
        ("job:used:ratio > 0.9", False),
        ("job:used:ratio / 0.01 > 14.4", False),
        ("job:used:max > 90", False),
    ],
)
def test_what_is_recorded_as_a_ratio_is_held_against_no_percentage(expr, wrong):
    recordings = [(name, "queue_depth / queue_limit") for name in ("job:used:ratio", "job:used:max")]
    assert found("threshold-unit", expr, recordings=recordings, declared=DECLARED) == wrong


def test_a_name_makes_a_counter_only_where_somebody_takes_its_rate():
    assert not found("counter-direct", "memory_total > 100")
    (one,) = findings("counter-direct", "orders_total > 100", "rate(orders_total[5m]) > 1")
    assert not one.certain


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("rate(sum by (job) (orders_total)[5m:])", True),
        ("increase((sum(orders_total) + sum(failed_total))[5m:])", True),
        ("rate(avg(nobody_knows)[5m:])", True),
        ("rate(sum(rate(orders_total[5m]))[1h:])", False),
        ("max_over_time(sum(orders_total)[5m:])", False),
        ("sum(rate(orders_total[5m]))", False),
        ("rate(orders_total[5m:])", False),
        ("rate(count(orders_total)[5m:])", False),
        ("rate(sum(orders_total > 0 and on () absent(failed_total))[5m:])", True),
    ],
)
def test_rates_of_sums(expr, wrong):
    assert found("rate-of-aggregation", expr, declared=DECLARED) == wrong


def test_the_rate_of_a_recorded_sum_is_found_and_that_of_a_renamed_counter_is_not():
    recordings = [("job:orders:sum", "sum by (job) (orders_total)"), ("x:orders:all", "orders_total")]
    assert found("rate-of-aggregation", "rate(job:orders:sum[5m]) > 1", recordings=recordings)
    assert not found("rate-of-aggregation", "rate(x:orders:all[5m]) > 1", recordings=recordings)


@pytest.mark.parametrize(
    ("expr", "level"),
    [
        ("rate(orders_total[15s])", "error"),
        ("rate(orders_total[20s])", "warning"),
        ("rate(orders_total[30s])", "note"),
        ("rate(orders_total[59s])", "note"),
        ("rate(orders_total[1m])", None),
        ("max_over_time(queue_depth[10s])", "warning"),
        ("max_over_time(queue_depth[15s])", None),
        ("absent_over_time(queue_depth[10s])", None),
        ("rate(orders_total[10s:5s])", None),
    ],
)
def test_ranges_against_an_interval_of_15_seconds(expr, level):
    levels = [one.level for one in findings("short-range", expr, declared=DECLARED, interval=15_000)]
    assert levels == ([level] if level else [])


def test_a_recorded_series_has_a_sample_each_time_its_group_runs():
    asked = {"recordings": [("job:orders:sum", "sum(orders)", "slow")], "group_intervals": {"slow": 120_000}}
    assert found("short-range", "delta(job:orders:sum[5m]) > 1", interval=15_000, **asked)
    assert not found("short-range", "delta(job:orders:sum[10m]) > 1", interval=15_000, **asked)


def test_no_interval_and_no_range_of_a_variable_is_no_finding():
    assert not found("short-range", "rate(orders_total[1s])")
    assert not found("short-range", panels=["rate(orders_total[$__rate_interval])"], interval=300_000)
    assert found("short-range", panels=["rate(orders_total[5m])"], interval=300_000)


def test_files_that_nobody_declared_give_no_error():
    (one,) = findings("short-range", "rate(orders_total[15s])", interval=15_000)
    assert (one.level, one.certain) == ("warning", False)
