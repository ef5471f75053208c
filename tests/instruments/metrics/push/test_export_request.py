"""The message of OTLP is read back to the metrics it was made of."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from tests.instruments.metrics.push.decoding import attributes, decode
from tests.instruments.metrics.push.families import FAMILIES

from vedette.instruments.metrics.protobuf import NATIVE_ZERO
from vedette.instruments.metrics.push.export_request import write_request
from vedette.instruments.metrics.snapshot import Exemplar, Exposed, Series, labels_of

MS = 1_700_000_000_123
STARTED = 1_600_000_000.5
UNITS = {"": None, "seconds": "s", "bytes": "By", "ratio": "1", "loaves": "{loaves}"}


def same(left, right):
    return left == right or (math.isnan(left) and math.isnan(right))


def metrics(families, resource=None):
    raw = write_request(families, resource or {}, MS, STARTED)
    (one,) = decode("ExportMetricsServiceRequest", raw)["resource_metrics"]
    (scope,) = one["scope_metrics"]
    assert scope["scope"] == {"name": "vedette"}
    assert attributes(one.get("resource", {"attributes": []})["attributes"]) == (resource or {})
    return scope["metrics"]


def labels(series):
    return {name: value for name, value in labels_of(series.labels).items() if value}


def check_point(point, series, *, since):
    assert attributes(point["attributes"]) == labels(series)
    assert point["time_unix_nano"] == MS * 1_000_000
    assert point.get("start_time_unix_nano") == (int(STARTED * 1000) * 1_000_000 if since else None)


def check_exemplars(found, wanted):
    assert len(found) == len(wanted)
    for one, exemplar in zip(found, wanted, strict=True):
        assert same(one["as_double"], exemplar.value)
        assert abs(one["time_unix_nano"] - exemplar.timestamp * 1e9) < 2e6
        told = attributes(one["filtered_attributes"])
        told |= {name: one[name].hex() for name in ("trace_id", "span_id") if name in one}
        assert told == labels_of(exemplar.labels)


def dense(buckets):
    """(index, count) as Prometheus numbers them, of those that have any."""
    return [(buckets["offset"] + 1 + at, count) for at, count in enumerate(buckets["bucket_counts"]) if count]


def check_histogram(metric, family):
    classic = [one for one in family.series if one.native is None]
    native = [one for one in family.series if one.native is not None]
    if "histogram" in metric:
        assert metric["histogram"]["aggregation_temporality"] == 2
        for point, one in zip(metric["histogram"]["data_points"], classic, strict=True):
            counts, total = one.reading
            check_point(point, one, since=True)
            assert (point["count"], point["bucket_counts"]) == (sum(counts), counts)
            assert point["explicit_bounds"] == list(family.buckets)
            assert same(point["sum"], float(total)) if family.buckets[0] >= 0 else "sum" not in point
            check_exemplars(point["exemplars"], one.exemplars)
    else:
        assert metric["exponential_histogram"]["aggregation_temporality"] == 2
        for point, one in zip(metric["exponential_histogram"]["data_points"], native, strict=True):
            found = one.native
            check_point(point, one, since=True)
            assert point["count"] == found.zeros + sum(count for _, count in [*found.negative, *found.positive])
            assert (point["scale"], point["zero_count"]) == (found.schema, found.zeros)
            assert point["zero_threshold"] == NATIVE_ZERO
            for side, buckets in (("positive", found.positive), ("negative", found.negative)):
                assert dense(point[side]) == list(buckets) if buckets else side not in point
            assert same(point["sum"], float(one.reading[1])) if not found.negative else "sum" not in point
            check_exemplars(point["exemplars"], one.exemplars)


@given(FAMILIES)
@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
def test_every_metric_has_its_points(families):
    found = iter(metrics(families))
    for family in families:
        kinds = {one.native is None for one in family.series} if family.type == "histogram" else {True}
        for _ in kinds:
            metric = next(found)
            assert (metric["name"], metric["description"]) == (family.name, family.help)
            assert metric.get("unit") == UNITS[family.unit]
            if family.type == "histogram":
                check_histogram(metric, family)
            elif family.type == "summary":
                for point, one in zip(metric["summary"]["data_points"], family.series, strict=True):
                    check_point(point, one, since=True)
                    assert point["count"] == one.reading[0]
                    assert same(point["sum"], float(one.reading[1]))
                    assert len(point["quantile_values"]) == len(one.quantiles)
            elif family.type == "counter":
                assert (metric["sum"]["aggregation_temporality"], metric["sum"]["is_monotonic"]) == (2, 1)
                for point, one in zip(metric["sum"]["data_points"], family.series, strict=True):
                    check_point(point, one, since=True)
                    assert same(point["as_double"], float(one.reading))
                    check_exemplars(point["exemplars"], one.exemplars)
            elif family.type == "stateset":
                points = iter(metric["gauge"]["data_points"])
                for one in family.series:
                    for place, state in enumerate(family.states):
                        point = next(points)
                        assert attributes(point["attributes"]) == {**labels(one), family.name: state}
                        assert point["as_double"] == one.reading >> place & 1
            else:
                for point, one in zip(metric["gauge"]["data_points"], family.series, strict=True):
                    check_point(point, one, since=False)
                    assert same(point["as_double"], float(one.reading))
    assert next(found, None) is None


def test_a_resource_has_attributes_of_any_kind():
    metrics([], {"service.name": "x", "on": True, "n": 3, "share": 0.5})


@pytest.mark.parametrize(
    ("written", "ids", "others"),
    [
        (
            'trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331",order="5"',
            {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"},
            {"order": "5"},
        ),
        ('trace_id="abc",span_id="zz"', {}, {"trace_id": "abc", "span_id": "zz"}),
        ('order="5"', {}, {"order": "5"}),
    ],
)
def test_the_trace_of_an_exemplar_is_its_own_field_where_it_is_one(written, ids, others):
    series = Series("", 1, [Exemplar(0, 1.0, 5.0, written)])
    (metric,) = metrics([Exposed("counter", "a_total", "A.", "", (), (), [series])])
    (found,) = metric["sum"]["data_points"][0]["exemplars"]
    assert {name: found[name].hex() for name in ("trace_id", "span_id") if name in found} == ids
    assert attributes(found["filtered_attributes"]) == others
