"""Both messages of remote write are read back to the series they were made of."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, given, settings
from tests.instruments.metrics.push.decoding import buckets, decode, expanded
from tests.instruments.metrics.push.families import FAMILIES

from vedette.instruments.metrics.protobuf import NATIVE_ZERO
from vedette.instruments.metrics.push.rows import NativeRow, rows_of
from vedette.instruments.metrics.push.write_request import write_v1, write_v2
from vedette.instruments.metrics.snapshot import labels_of

MS = 1_700_000_000_123
TYPES = {"unknown": 0, "counter": 1, "gauge": 2, "histogram": 3, "summary": 5, "info": 6, "stateset": 7}
LABELS = {"job": "nightly", "instance": "i"}


def same(left, right):
    return left == right or (math.isnan(left) and math.isnan(right))


def check_value(series, value):
    if isinstance(value, NativeRow):
        (found,) = series["histograms"]
        assert series["samples"] == []
        native = value.native
        assert found["count_int"] == native.zeros + sum(count for _, count in [*native.negative, *native.positive])
        assert same(found["sum"], value.total)
        assert (found["schema"], found["zero_threshold"]) == (native.schema, NATIVE_ZERO)
        assert (found["zero_count_int"], found["timestamp"]) == (native.zeros, MS)
        assert buckets(found["negative_spans"], found["negative_deltas"]) == list(native.negative)
        assert buckets(found["positive_spans"], found["positive_deltas"]) == list(native.positive)
    else:
        (found,) = series["samples"]
        assert series["histograms"] == []
        assert same(found["value"], float(value))
        assert found["timestamp"] == MS


def check_exemplars(found, wanted, labels):
    assert len(found) == len(wanted)
    for one, exemplar in zip(found, wanted, strict=True):
        assert labels(one["labels"]) == sorted(labels_of(exemplar.labels).items())
        assert same(one["value"], exemplar.value)
        assert abs(one["timestamp"] - exemplar.timestamp * 1000) <= 0.5


@given(FAMILIES)
@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
def test_version_1_has_every_series_its_exemplars_after_it_and_what_each_metric_is(families):
    rows = list(rows_of(families, LABELS))
    request = decode("WriteRequest", write_v1(rows, MS))
    found = iter(request["timeseries"])

    def pairs(labels):
        return [(one["name"], one["value"]) for one in labels]

    for row in rows:
        series = next(found)
        assert pairs(series["labels"]) == list(row.labels)
        assert series["exemplars"] == []
        check_value(series, row.value)
        if row.exemplars:
            events = next(found)
            assert events["labels"] == series["labels"]
            assert events["samples"] == events["histograms"] == []
            check_exemplars(events["exemplars"], row.exemplars, pairs)
    assert next(found, None) is None
    assert request["metadata"] == [
        {"type": TYPES[one.type], "metric_family_name": one.name, "help": one.help, "unit": one.unit}
        for one in families
    ]


@given(FAMILIES)
@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
def test_version_2_has_the_same_with_every_text_once(families):
    rows = list(rows_of(families, LABELS))
    request = decode("Request", write_v2(rows, MS))
    symbols = request["symbols"]
    assert symbols[0] == ""
    assert len(set(symbols)) == len(symbols)
    found = expanded(request)
    assert len(found) == len(rows)
    for series, row in zip(found, rows, strict=True):
        assert series["labels"] == list(row.labels)
        check_value(series, row.value)
        check_exemplars(series["exemplars"], row.exemplars, lambda labels: labels)
        assert (series["type"], series["help"], series["unit"]) == (
            TYPES[row.family.type],
            row.family.help,
            row.family.unit,
        )
        assert "created_timestamp" not in series
