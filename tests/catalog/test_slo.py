"""Objectives are checked where they are written, and their numbers are exact."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.catalog import Events, Freshness, Latency, Pack, Slo
from vedette.catalog.slo import plain
from vedette.errors import DeclarationError
from vedette.instruments.metrics import Metric

COUNTER = Metric.foreign("counter", "a_total", exporter="x", help="A.")
GAUGE = Metric.foreign("gauge", "b", exporter="x", help="B.")
HISTOGRAM = Metric.foreign("histogram", "c_seconds", exporter="x", help="C.")
EVENTS = Events(COUNTER, errors='{code="500"}')


def slo(**changes):
    return Slo(**({"name": "a", "indicator": EVENTS, "objective": 99.9} | changes))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: slo(name="A b"), "lower-case letters, digits and hyphens"),
        (lambda: slo(indicator="a_total"), r"write Events\(…\), Latency\(…\) or Freshness\(…\)"),
        (lambda: slo(objective=100), "write percent between 0 and 100"),
        (lambda: slo(objective=0.999), "write 99.9 for 99.9 %"),
        (lambda: slo(objective="much"), "write percent between 0 and 100"),
        (lambda: slo(objective=True), "write percent between 0 and 100"),
        (lambda: slo(window="1d"), "at least 3d, usually '30d'"),
        (lambda: slo(window="a month"), "not a duration"),
        (lambda: slo(by="route"), r"write a list: by=\['http_route'\]"),
        (lambda: slo(by=["job"]), "without 'job'"),
        (lambda: slo(by=["a", "a"]), "has 'a' twice in by"),
        (lambda: slo(min_errors=0), "a whole number from 1 on"),
        (lambda: slo(runbook=1), "write a Runbook or the path"),
        (lambda: Events(COUNTER), "neither errors= nor good="),
        (lambda: Events(COUNTER, errors="x", good="y"), "both errors= and good="),
        (lambda: Events(GAUGE, errors="x"), "total=b, which is a gauge; it takes a counter"),
        (lambda: Events(3, errors="x"), "write a metric, or PromQL"),
        (lambda: Latency(COUNTER, below=1), "which is a counter; it takes a histogram"),
        (lambda: Latency(HISTOGRAM, below=0), "write a bound above zero"),
        (lambda: Latency(HISTOGRAM, below="soon"), "not a duration"),
        (lambda: Freshness(COUNTER, within="1h"), "it takes a gauge"),
        (lambda: Freshness(GAUGE, within="0s"), "must be more than zero"),
        (lambda: Pack("p", slos=[slo(), slo()]), "has the objective 'a' twice"),
        (lambda: Pack("p", slos=[EVENTS]), r"write Slo\(…\)"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


@given(st.decimals(min_value="1", max_value="99.9999", places=4))
def test_an_objective_and_its_budget_make_exactly_one(percent):
    for given_ in (str(percent), float(percent)):
        found = slo(objective=given_)
        assert found.ratio + found.budget == 1
        assert found.percent == percent
        assert Decimal(plain(found.ratio)) == found.ratio


def test_bounds_and_limits_are_numbers_of_the_metric():
    assert Latency(HISTOGRAM, below="250ms").bound == Decimal("0.25")
    assert Latency(HISTOGRAM, below=timedelta(seconds=2)).bound == 2
    assert Latency(HISTOGRAM, below=0.1).bound == Decimal("0.1")
    assert Freshness(GAUGE, within="26h").limit == 26 * 3_600_000


def test_packs_that_are_added_have_the_objectives_of_both():
    both = Pack("a", slos=[slo()]) + Pack("b", slos=[slo(name="b")])
    assert [one.name for one in both.slos] == ["a", "b"]
