"""Query results as Prometheus' JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.promql.labels import labels
from vedette.promql.results import Matrix, RangeMatrix, Scalar, StringResult, Vector
from vedette.server.prometheus_json import number, range_data, result_data, seconds

UP = labels({"__name__": "up", "job": "shop"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        (1e16, "10000000000000000"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (1e-5, "0.00001"),
        (1e-7, "1e-07"),
        (-2.5e-9, "-2.5e-09"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_exactly(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("ms", "text"), [(1_700_000_000_000, "1700000000"), (1_500, "1.5"), (1_781, "1.781"), (50, "0.05")]
)
def test_timestamps_have_at_most_milliseconds(ms: int, text: str) -> None:
    assert seconds(ms) == text


@given(st.lists(st.floats(), min_size=1, max_size=20), st.data())
def test_a_range_answer_holds_exactly_the_points_that_are_present(values: list[float], data: st.DataObject) -> None:
    present = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    steps = np.arange(len(values), dtype=np.int64) * 15_000
    result = RangeMatrix([UP], steps, np.array([values]), np.array([present]))
    answer = json.loads(range_data(result))
    assert answer["resultType"] == "matrix"
    expected = [[step / 1000, value] for step, value, there in zip(steps, values, present, strict=True) if there]
    got = [point for series in answer["result"] for point in series["values"]]
    assert [point[0] for point in got] == [point[0] for point in expected]
    for (_, text), (_, value) in zip(got, expected, strict=True):
        assert float(text) == value or (math.isnan(value) and text == "NaN")
    assert all(series["metric"] == {"__name__": "up", "job": "shop"} for series in answer["result"])


def test_each_kind_of_instant_answer_has_its_own_shape() -> None:
    at = 1_500
    times = np.array([1_000, 1_250], dtype=np.int64)
    results = (
        Scalar(at, 2.0),
        StringResult(at, 'a "word"'),
        Vector(at, [UP], np.array([1.0])),
        Matrix([(UP, times, np.array([1.0, 2.5]))]),
    )
    metric = {"__name__": "up", "job": "shop"}
    assert [json.loads(result_data(result)) for result in results] == [
        {"resultType": "scalar", "result": [1.5, "2"]},
        {"resultType": "string", "result": [1.5, 'a "word"']},
        {"resultType": "vector", "result": [{"metric": metric, "value": [1.5, "1"]}]},
        {"resultType": "matrix", "result": [{"metric": metric, "values": [[1, "1"], [1.25, "2.5"]]}]},
    ]
