"""Quantiles of the wrong things."""

import pytest
from tests.check.asked import findings, found, series

DECLARED = [
    series("wait_seconds_bucket", "bucket", {"le": ["1", "+Inf"]}),
    series("native_seconds", "histogram"),
    series("queue_depth", "gauge"),
    series("rpc_seconds", "quantile", {"quantile": ["0.5", "0.99"]}),
]


@pytest.mark.parametrize(
    ("expr", "new"),
    [
        ("histogram_quantile(95, rate(x_bucket[5m]))", "0.95"),
        ("histogram_quantile(99.9, rate(x_bucket[5m]))", "0.999"),
        ("quantile(50, x)", "0.5"),
        ("quantile_over_time(90, x[5m])", "0.9"),
        ("histogram_quantile(950, rate(x_bucket[5m]))", None),
        ("histogram_quantile(-0.5, rate(x_bucket[5m]))", None),
    ],
)
def test_quantiles_outside_of_0_to_1(expr, new):
    (one,) = findings("quantile-out-of-range", expr)
    assert one.level == "error"
    assert (one.edit.new if one.edit else None) == new


def test_quantiles_from_0_to_1_are_right():
    assert not found("quantile-out-of-range", "quantile(0, x)", "quantile(1, x)", "histogram_quantile(0.95, x_bucket)")


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m])))", True),
        ("histogram_quantile(0.9, sum without (le) (rate(x_bucket[5m])))", True),
        ("histogram_quantile(0.9, sum(rate(wait_seconds_bucket[5m])))", True),
        ("histogram_quantile(0.9, sum by (job, le) (rate(x_bucket[5m])))", False),
        ("histogram_quantile(0.9, rate(x_bucket[5m]))", False),
        ("histogram_quantile(0.9, sum by (job) (rate(native_seconds[5m])))", False),
        ("histogram_quantile(0.9, sum by (job) (rate(nobody_knows[5m])))", False),
        ("histogram_quantile(0.9, sum by (job) (job_le:x:rate5m))", False),
    ],
)
def test_buckets_without_le(expr, wrong):
    assert found("quantile-without-le", expr, declared=DECLARED) == wrong


def test_the_mended_aggregation_is_told():
    (one,) = findings("quantile-without-le", "histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m])))")
    assert "sum by (job, le)" in one.fix


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("histogram_quantile(0.9, wait_seconds_bucket)", True),
        ("histogram_quantile(0.9, sum by (le) (x_bucket))", True),
        ("histogram_quantile(0.9, native_seconds)", True),
        ("histogram_quantile(0.9, rate(x_bucket[5m]))", False),
        ("histogram_quantile(0.9, sum by (le) (increase(x_bucket[5m])))", False),
        ("histogram_quantile(0.9, le:x_seconds_bucket:rate5m)", False),
        ("x_bucket > 5", False),
    ],
)
def test_buckets_as_they_stand(expr, wrong):
    assert found("quantile-of-raw-buckets", expr, declared=DECLARED) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("histogram_quantile(0.9, rate(x_seconds_count[5m]))", True),
        ("histogram_quantile(0.9, sum by (le) (rate(x_seconds_sum[5m])))", True),
        ("histogram_quantile(0.9, queue_depth)", True),
        ("histogram_quantile(0.9, rate(x_seconds[5m]))", False),
        ("histogram_quantile(0.9, rate(native_seconds[5m]))", False),
        ("histogram_quantile(0.9, rate(x_bucket[5m]))", False),
        ("histogram_count(rate(native_seconds[5m])) > 5", False),
    ],
)
def test_what_has_no_buckets(expr, wrong):
    assert found("quantile-of-no-buckets", expr, declared=DECLARED) == wrong


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("avg(histogram_quantile(0.9, rate(x_bucket[5m])))", True),
        ("avg by (job) (1000 * (histogram_quantile(0.9, rate(x_bucket[5m]))))", True),
        ("avg by (job) (histogram_quantile(0.9, rate(x_bucket[5m])) * 1000)", True),
        ("sum(x{quantile='0.99'})", True),
        ("avg(rpc_seconds)", True),
        ("max(histogram_quantile(0.9, rate(x_bucket[5m])))", False),
        ("max(x{quantile='0.99'})", False),
        ("histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))", False),
        ("count(histogram_quantile(0.9, rate(x_bucket[5m])) > 1)", False),
        ("sum(rate(x_count{quantile=''}[5m]))", False),
    ],
)
def test_means_of_quantiles(expr, wrong):
    assert found("average-of-quantiles", expr, declared=DECLARED) == wrong
