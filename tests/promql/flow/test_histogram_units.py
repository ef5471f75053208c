"""The unit of a histogram is that of what it observes; its buckets count."""

from __future__ import annotations

import pytest

from vedette.promql import parse
from vedette.promql.flow import COUNT, RATIO, SECONDS, Series, analyse
from vedette.promql.flow.outcome import recorded

KNOWN = {
    "x_seconds_bucket": Series(name="x_seconds_bucket", type="bucket", unit=SECONDS, bounds=(0.1, 1.0)),
    "x_seconds_count": Series(name="x_seconds_count", type="counter", unit=COUNT),
    "x_seconds": Series(name="x_seconds", type="histogram", unit=SECONDS),
}


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket[5m])))", SECONDS),
        ("histogram_quantile(0.9, rate(x_seconds[5m]))", SECONDS),
        ("histogram_avg(rate(x_seconds[5m]))", SECONDS),
        ('sum(rate(x_seconds_bucket{le="0.1"}[5m])) / sum(rate(x_seconds_count[5m]))', RATIO),
    ],
)
def test_what_is_computed_from_a_histogram_has_its_unit(query, unit):
    assert {branch.unit for branch in analyse(parse(query), KNOWN.get).branches} == {unit}


def test_a_quantile_of_recorded_buckets_has_the_unit_of_what_was_observed():
    flow = analyse(parse("sum by (le) (rate(x_seconds_bucket[5m]))"), KNOWN.get).branches
    known = {"le:x_seconds_bucket:rate5m": recorded("le:x_seconds_bucket:rate5m", flow)}
    (branch,) = analyse(parse("histogram_quantile(0.9, le:x_seconds_bucket:rate5m)"), known.get).branches
    assert branch.unit == SECONDS
