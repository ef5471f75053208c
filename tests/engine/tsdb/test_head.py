"""The head: what is appended is what is selected, whatever the chunks, the threads and the churn."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.tsdb.head import Head
from vedette.engine.tsdb.matrix import CHUNK
from vedette.promql.labels import Labels, Matcher, labels
from vedette.promql.source import STALE_NAN, is_stale


def name(of: str, **more: str) -> Labels:
    return labels({"__name__": of, **more})


def equal(label: str, value: str) -> Matcher:
    return Matcher(label, "=", value)


def samples(head: Head, *matchers: Matcher, start: int = 0, end: int = 2**60) -> dict[Labels, list[tuple[int, float]]]:
    """What is present, per series, whatever the blocks."""
    found: dict[Labels, list[tuple[int, float]]] = {}
    for block in head.select(matchers, start, end):
        assert block.values.shape == block.present.shape == (len(block.labels), len(block.timestamps))
        assert (np.diff(block.timestamps) > 0).all()
        for row, of in enumerate(block.labels):
            for column in np.flatnonzero(block.present[row]):
                found.setdefault(of, []).append((int(block.timestamps[column]), float(block.values[row, column])))
    return found


def test_what_was_appended_is_selected_with_its_labels() -> None:
    head = Head()
    matrix = head.target("a")
    one, two = matrix.slot(name("x", a="1")), matrix.slot(name("x", a="2"))
    assert matrix.append(1000, [one, two], [1.0, 2.0]) == 2
    assert matrix.append(2000, [two], [3.0]) == 1
    assert samples(head, equal("__name__", "x")) == {
        name("x", a="1"): [(1000, 1.0)],
        name("x", a="2"): [(1000, 2.0), (2000, 3.0)],
    }


def test_a_window_is_closed_at_both_ends() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x"))
    for time in range(1000, 6000, 1000):
        matrix.append(time, [slot], [time / 1000])
    (block,) = head.select([equal("__name__", "x")], 2000, 4000)
    assert block.timestamps.tolist() == [2000, 3000, 4000]
    assert not head.select([equal("__name__", "x")], 5001, 9000)
    assert not head.select([equal("__name__", "x")], 0, 999)


def test_a_window_over_many_chunks_is_one_block() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x"))
    for time in range(3 * CHUNK + 7):
        matrix.append(time, [slot], [float(time)])
    (block,) = head.select([equal("__name__", "x")], CHUNK - 3, 3 * CHUNK + 2)
    assert block.values.tolist() == [[float(t) for t in range(CHUNK - 3, 3 * CHUNK + 3)]]
    assert block.present.all()


def test_a_series_that_came_late_is_absent_in_older_chunks() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x", a="1"))
    for time in range(CHUNK + 5):
        matrix.append(time, [slot], [1.0])
    late = matrix.slot(name("x", a="2"))
    matrix.append(CHUNK + 5, [slot, late], [1.0, 9.0])
    assert len(samples(head, equal("__name__", "x"))[name("x", a="1")]) == CHUNK + 6
    assert samples(head, equal("__name__", "x"))[name("x", a="2")] == [(CHUNK + 5, 9.0)]
    assert samples(head, equal("a", "2"), start=0, end=3) == {}


def test_nan_is_a_value_and_a_staleness_marker_keeps_its_bits() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x"))
    matrix.append(1, [slot], [float("nan")])
    matrix.append(2, [slot], [STALE_NAN])
    (block,) = head.select([equal("__name__", "x")], 0, 10)
    assert block.present.tolist() == [[True, True]]
    assert is_stale(np.ascontiguousarray(block.values)).tolist() == [[False, True]]


def test_time_does_not_run_backwards_in_a_target() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x"))
    matrix.append(1000, [slot], [1.0])
    assert matrix.append(1000, [slot], [2.0]) == 0
    assert matrix.append(999, [slot], [2.0]) == 0
    assert head.stats().refused == 2
    assert samples(head, equal("__name__", "x")) == {name("x"): [(1000, 1.0)]}


def test_blocks_cannot_be_written_to() -> None:
    head = Head()
    matrix = head.target("a")
    slots = [matrix.slot(name("x", a=str(i))) for i in range(3)]
    matrix.append(1, slots, [1.0, 2.0, 3.0])
    (block,) = head.select([equal("__name__", "x")], 0, 1)
    for array in (block.timestamps, block.values, block.present):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (Matcher("a", "=", "1"), "one"),
        (Matcher("a", "!=", "1"), "none two"),
        (Matcher("a", "=", ""), "none"),
        (Matcher("a", "!=", ""), "one two"),
        (Matcher("a", "=~", "1|2"), "one two"),
        (Matcher("a", "=~", "1|"), "none one"),
        (Matcher("a", "!~", "1|"), "two"),
        (Matcher("a", "!~", "1"), "none two"),
        (Matcher("a", "=~", ".*"), "none one two"),
        (Matcher("a", "=~", ".+"), "one two"),
        (Matcher("b", "=", "x"), ""),
        (Matcher("b", "!=", "x"), "none one two"),
    ],
    ids=str,
)
def test_matchers_treat_a_missing_label_as_empty(matcher: Matcher, expected: str) -> None:
    head = Head()
    matrix = head.target("t")
    slots = [matrix.slot(name("one", a="1")), matrix.slot(name("two", a="2")), matrix.slot(name("none"))]
    matrix.append(1, slots, [1.0, 1.0, 1.0])
    assert {of[0][1] for of in samples(head, matcher)} == set(expected.split())


def test_a_repeated_selector_sees_series_added_since() -> None:
    head = Head()
    first, second = head.target("a"), head.target("b")
    first.append(1, [first.slot(name("x", a="1"))], [1.0])
    assert len(samples(head, equal("__name__", "x"))) == 1
    first.append(2, [first.slot(name("x", a="2"))], [1.0])
    assert len(samples(head, equal("__name__", "x"))) == 2
    second.append(2, [second.slot(name("x", a="3"))], [1.0])
    assert len(samples(head, equal("__name__", "x"))) == 3


def test_labels_of_a_repeated_selection_are_the_same_object() -> None:
    head = Head()
    matrix = head.target("a")
    matrix.append(1, [matrix.slot(name("x"))], [1.0])
    first = head.select([equal("__name__", "x")], 0, 9)[0].labels
    matrix.append(2, [matrix.slot(name("x"))], [1.0])
    assert head.select([equal("__name__", "x")], 0, 9)[0].labels is first


def test_series_and_labels_are_listed_within_a_time_range() -> None:
    head = Head()
    matrix = head.target("a")
    old, new = matrix.slot(name("x", a="old")), matrix.slot(name("y", b="new"))
    matrix.append(1000, [old], [1.0])
    matrix.append(2000, [old], [1.0])
    matrix.append(5000, [new], [1.0])
    matrix.slot(name("z", c="never"))
    either = [[equal("__name__", "x")], [equal("__name__", "y")], [equal("__name__", "z")]]
    assert head.series(either) == [name("x", a="old"), name("y", b="new")]
    assert head.series(either, 1500, 1800) == [name("x", a="old")]
    assert head.series(either, 2001, 9000) == [name("y", b="new")]
    assert head.label_names(start=2001, end=9000) == ["__name__", "b"]
    assert head.label_names(either[:1]) == ["__name__", "a"]
    assert head.label_names() == ["__name__", "a", "b", "c"]
    assert head.label_values("__name__", end=3000) == ["x"]
    assert head.label_values("a", either[1:]) == []
    assert head.label_values("b") == ["new"]


def test_truncating_drops_old_chunks_and_keeps_the_rest() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x"))
    for time in range(3 * CHUNK):
        matrix.append(time, [slot], [float(time)])
    head.truncate(CHUNK + 1)
    assert head.stats().oldest == CHUNK
    assert head.stats().samples == 2 * CHUNK
    assert samples(head, equal("__name__", "x"))[name("x")][0] == (CHUNK, float(CHUNK))


def test_slots_of_forgotten_series_are_given_back_under_a_new_generation() -> None:
    head = Head()
    matrix = head.target("a")
    stays = matrix.slot(name("stays"))
    slots = [matrix.slot(name("goes", a=str(i))) for i in range(100)]
    stays_too = matrix.slot(name("stays_too"))
    for time in range(CHUNK):
        matrix.append(time, [stays, *slots, stays_too], [1.0] * 102)
    for time in range(CHUNK, 2 * CHUNK):
        matrix.append(time, [stays, stays_too], [2.0, 3.0])
    before = matrix.generation
    assert matrix.slot(name("stays_too")) == 101
    head.truncate(CHUNK)
    assert matrix.generation == before + 1
    assert matrix.slot(name("stays_too")) == 1
    assert head.stats().series == 2
    matrix.append(9999, [0, 1], [4.0, 5.0])
    found = samples(head)
    assert found[name("stays_too")][-2:] == [(2 * CHUNK - 1, 3.0), (9999, 5.0)]
    assert found[name("stays")][0] == (CHUNK, 2.0)
    assert head.label_values("a") == []


def test_a_slot_that_waits_for_its_first_sample_survives_truncation() -> None:
    head = Head()
    matrix = head.target("a")
    slot = matrix.slot(name("x"))
    head.truncate(10**9)
    assert matrix.append(1, [slot], [1.0]) == 1
    assert samples(head) == {name("x"): [(1, 1.0)]}


def test_a_closed_target_goes_with_its_last_sample_and_an_open_one_stays() -> None:
    head = Head()
    for key in ("closed", "open"):
        matrix = head.target(key)
        matrix.append(1, [matrix.slot(name(key))], [1.0])
    head.target("closed").closed = True
    head.truncate(1)
    assert head.stats().targets == 2
    head.truncate(2)
    assert head.stats().targets == 1
    assert samples(head) == {}


def test_columns_are_stored_like_rows_one_by_one() -> None:
    rng = np.random.default_rng(7)
    times = np.arange(300, dtype=np.int64) * 15
    values = rng.normal(size=(5, 300))
    present = rng.random((5, 300)) < 0.7
    present[:, 40:45] = False
    by_columns, by_rows = Head(), Head()
    one, other = by_columns.target("t"), by_rows.target("t")
    slots = [one.slot(name("x", a=str(i))) for i in range(5)]
    assert slots == [other.slot(name("x", a=str(i))) for i in range(5)]
    split = 70
    stored = one.append_columns(times[:split], slots, values[:, :split], present[:, :split])
    stored += one.append_columns(times[split:], slots, values[:, split:], present[:, split:])
    for column, time in enumerate(times):
        rows = np.flatnonzero(present[:, column])
        other.append(int(time), rows, values[rows, column])
    assert stored == int(present.sum())
    assert samples(by_columns) == samples(by_rows)
    assert by_columns.stats() == by_rows.stats()
    assert by_columns.series(start=0, end=10) == by_rows.series(start=0, end=10)


def test_columns_that_are_not_newer_are_refused_and_counted() -> None:
    head = Head()
    matrix = head.target("t")
    slot = matrix.slot(name("x"))
    matrix.append(20, [slot], [1.0])
    times = np.array([10, 20, 30], np.int64)
    assert matrix.append_columns(times, [slot], np.array([[7.0, 8.0, 9.0]]), np.ones((1, 3), np.bool_)) == 1
    assert head.stats().refused == 2
    assert samples(head) == {name("x"): [(20, 1.0), (30, 9.0)]}


def test_a_page_growing_by_one_series_a_scrape_copies_a_chunk_only_now_and_then() -> None:
    head = Head()
    matrix = head.target("t")
    slots: list[int] = []
    arrays = set()
    for time in range(CHUNK - 1):
        slots.append(matrix.slot(name("x", a=str(time))))
        matrix.append(time, slots, [1.0] * len(slots))
        arrays.add(id(matrix._layout.chunks[-1].values))
    assert len(arrays) <= 15  # grows by half each time: log 1.5 of 119
    assert sum(map(len, samples(head).values())) == CHUNK * (CHUNK - 1) // 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.lists(st.integers(0, 6), unique=True, max_size=7), st.integers(0, 40)),
        max_size=30,
    )
)
def test_the_head_agrees_with_a_dictionary_of_lists(steps: list[tuple[int, list[int], int]]) -> None:
    head = Head()
    matrix = head.target("t")
    model: dict[Labels, list[tuple[int, float]]] = {}
    now = 0
    for gap, series, repeat in steps:
        for _ in range(repeat):
            now += gap
            slots = [matrix.slot(name("m", s=str(s))) for s in series]
            matrix.append(now, slots, [float(now * 10 + s) for s in series])
            for s in series:
                model.setdefault(name("m", s=str(s)), []).append((now, float(now * 10 + s)))
    assert samples(head, equal("__name__", "m")) == model
    start, end = now // 3, now // 2
    inside = {of: [p for p in points if start <= p[0] <= end] for of, points in model.items()}
    assert samples(head, start=start, end=end) == {of: points for of, points in inside.items() if points}


def test_readers_see_only_whole_columns_while_a_writer_appends_adds_and_truncates() -> None:
    head = Head()
    matrix = head.target("t")
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            for block in head.select([equal("__name__", "m")], 0, 2**60):
                whole = block.values[block.present]
                columns = np.broadcast_to(block.timestamps, block.values.shape)[block.present]
                if not (whole == columns).all() or len(block.labels) != len(block.values):
                    failures.append("a sample differs from its timestamp")
                    return
            head.series([[Matcher("s", "=~", "1.*")]])

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for time in range(1, 4000):
            first = time // 20
            slots = [matrix.slot(name("m", s=str(s))) for s in range(first, first + 5)]
            matrix.append(time, slots, [float(time)] * 5)
            if time % 500 == 0:
                head.truncate(time - 300)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not failures
