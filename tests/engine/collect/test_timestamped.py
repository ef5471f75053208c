"""Samples with timestamps of their own are stored without a matrix full of holes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.collect.timestamped import TimestampedSeries
from vedette.engine.tsdb.head import Head
from vedette.promql.labels import Labels, labels


def name(of: str) -> Labels:
    return labels({"__name__": of})


def stored(head: Head) -> dict[Labels, list[tuple[int, float]]]:
    found: dict[Labels, list[tuple[int, float]]] = {}
    for block in head.select((), 0, 2**60):
        for row, of in enumerate(block.labels):
            for column in np.flatnonzero(block.present[row]):
                found.setdefault(of, []).append((int(block.timestamps[column]), float(block.values[row, column])))
    return {of: sorted(points) for of, points in found.items()}


def test_series_with_the_same_timestamps_share_a_matrix() -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    for time in (10, 20, 30):
        assert samples.append([(name("a"), time, 1.0), (name("b"), time, 2.0)]) == {name("a"), name("b")}
    assert head.stats().targets == 1
    assert stored(head)[name("b")] == [(10, 2.0), (20, 2.0), (30, 2.0)]


def test_series_with_their_own_timestamps_come_to_lie_apart() -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    for time in range(100, 3100, 100):
        samples.append([(name(str(i)), time + i, float(i)) for i in range(20)])
    assert head.stats().samples == 600
    blocks = head.select((), 0, 2**60)
    cells = sum(block.present.size for block in blocks)
    assert cells <= 620


def test_a_repeated_sample_is_left_out_and_an_older_one_refused() -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    samples.append([(name("a"), 100, 1.0)])
    assert samples.append([(name("a"), 100, 1.0)]) == set()
    assert samples.refused == 0
    assert samples.append([(name("a"), 99, 1.0)]) == set()
    assert samples.refused == 1
    assert stored(head) == {name("a"): [(100, 1.0)]}


def test_one_page_may_hold_several_samples_of_a_series() -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    assert samples.append([(name("a"), 30, 3.0), (name("a"), 10, 1.0), (name("a"), 20, 2.0)]) == {name("a")}
    assert stored(head) == {name("a"): [(10, 1.0), (20, 2.0), (30, 3.0)]}


def test_series_that_come_and_go_are_forgotten() -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    for time in range(200):
        samples.append([(name(f"{time}-{i}"), time * 60_000, 1.0) for i in range(20)])
    assert len(samples._newest) < 3000
    head.truncate(2**50)
    assert head.stats().targets <= 1 + sum(1 for matrix in samples._members)


def test_a_closed_target_leaves_with_its_samples() -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    samples.append([(name("a"), 1, 1.0)])
    samples.close()
    head.truncate(2)
    assert head.stats().targets == 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 12)), max_size=6),
        max_size=8,
    )
)
def test_no_sample_is_lost_or_stored_twice(pages: list[list[tuple[str, int]]]) -> None:
    head = Head()
    samples = TimestampedSeries(head, "t")
    model: dict[Labels, dict[int, float]] = {}
    value = 0.0
    for number, page in enumerate(pages):
        before = {of: max(points) for of, points in model.items()}
        batch = []
        for series, offset in page:
            value += 1
            time = number * 5 + offset
            batch.append((name(series), time, value))
            if time > before.get(name(series), 0):
                model.setdefault(name(series), {}).setdefault(time, value)
        samples.append(batch)
    assert stored(head) == {of: sorted(points.items()) for of, points in model.items()}
