"""Quantiles of windows that overlap are those of sorting each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.engine.tsdb.head import Head
from vedette.promql.evaluate import instant, query_range
from vedette.promql.labels import NAME, labels
from vedette.promql.quantiles import quantiles, sliding_quantiles
from vedette.promql.ranks import Ranks
from vedette.promql.results import Vector

MINUTE = 60_000
SAMPLES = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.sampled_from([math.nan, math.inf, -math.inf])), min_size=1, max_size=70
)


@given(samples=SAMPLES, data=st.data())
def test_the_sample_of_each_rank_is_that_of_the_sorted_window_with_nan_first(
    samples: list[float], data: st.DataObject
) -> None:
    low = data.draw(st.integers(0, len(samples) - 1))
    high = data.draw(st.integers(low + 1, len(samples)))
    window = samples[low:high]
    ordered = sorted(window, key=lambda value: (not math.isnan(value), value if not math.isnan(value) else 0.0))
    every = np.arange(len(window))
    found = Ranks(np.array(samples)).find(np.full(len(window), low), np.full(len(window), high), every)
    np.testing.assert_array_equal(found, ordered)


@pytest.mark.parametrize("at", [0.0, 0.5, 0.93, 1.0, -1.0, 2.0, math.nan])
def test_they_are_to_the_last_bit_those_of_windows_that_are_sorted(at: float) -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=(3, 400))
    values[random.random(values.shape) < 0.02] = math.nan
    low = np.sort(random.integers(0, 300, 200))
    high = low + random.integers(1, 100, 200)
    each = [quantiles(values[:, None, begin:end], at)[:, 0] for begin, end in zip(low, high, strict=True)]
    np.testing.assert_array_equal(sliding_quantiles(values, low, high, at), np.stack(each, axis=1))


def test_each_window_may_have_a_quantile_of_its_own() -> None:
    values = np.arange(10.0)[None, ::-1].copy()
    low, high = np.array([0, 0, 2]), np.array([10, 5, 7])
    assert sliding_quantiles(values, low, high, np.array([0.0, 1.0, 0.5])).tolist() == [[0.0, 9.0, 5.0]]


def test_a_range_of_long_windows_is_what_each_instant_finds() -> None:
    random = np.random.default_rng(5)
    times = MINUTE * np.arange(1, 1500, dtype=np.int64)
    head = Head()
    matrix = head.target("t")
    slots = np.array([matrix.slot(labels({NAME: "x", "of": str(of)})) for of in range(3)], np.intp)
    values = random.integers(0, 50, (3, len(times))) * 1.0
    matrix.append_columns(times, slots, values, random.random(values.shape) < 0.97)
    query, first, last = "quantile_over_time(0.9, x[12h])", 400 * MINUTE, 1400 * MINUTE
    found = query_range(query, head, first, last, MINUTE)
    for at in (0, 1, 333, 999, 1000):
        one = instant(query, head, first + at * MINUTE)
        assert isinstance(one, Vector)
        assert dict(zip(found.labels, found.values[:, at], strict=True)) == dict(
            zip(one.labels, one.values, strict=True)
        )
