"""What a rule writes, and the end markers of what it no longer gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.engine.rules.output import Output
from vedette.engine.tsdb.head import Head
from vedette.promql.labels import Matcher
from vedette.promql.source import is_stale

SERIES = [(("__name__", "r"), ("i", str(i))) for i in range(4)]
ALL = (Matcher("__name__", "=", "r"),)


def stored(head: Head) -> dict[str, list[tuple[int, float | str]]]:
    found: dict[str, list[tuple[int, float | str]]] = {}
    for block in head.select(ALL, -(2**60), 2**60):
        for labels, values, present in zip(block.labels, block.values, block.present, strict=True):
            for at in np.flatnonzero(present):
                cell = "stale" if is_stale(values[at : at + 1].copy())[0] else float(values[at])
                found.setdefault(labels[1][1], []).append((int(block.timestamps[at]), cell))
    return found


def commit(output: Output, at: int, row: dict[int, float]) -> str:
    return output.commit(at, [SERIES[i] for i in row], np.array(list(row.values())))


def test_series_that_vanish_end_with_a_marker_and_may_come_back() -> None:
    head = Head()
    output = Output(head.target("rule"))
    for at, row in enumerate([{0: 1.0, 1: 2.0}, {1: 3.0}, {}, {}, {0: 4.0}]):
        assert commit(output, at, row) == ""
    assert stored(head) == {"0": [(0, 1.0), (1, "stale"), (4, 4.0)], "1": [(0, 2.0), (1, 3.0), (2, "stale")]}


def test_a_row_that_is_not_newer_is_refused_and_said() -> None:
    output = Output(Head().target("rule"))
    assert commit(output, 10, {0: 1.0}) == ""
    assert commit(output, 10, {0: 1.0}) == "the store refused samples at 10: it holds newer ones of this rule"


def test_of_two_rules_that_give_one_series_the_first_wins_and_the_second_is_told() -> None:
    head = Head()
    first, second = Output(head.target("first")), Output(head.target("second"))
    second.rivals = [first]
    commit(first, 1, {0: 1.0, 1: 1.0})
    assert commit(second, 1, {1: 2.0, 2: 2.0}) == (
        'duplicate sample for timestamp: an earlier rule gives r{i="1"} another value'
    )
    commit(first, 2, {0: 1.0})  # its end marker of 1 stands at this timestamp
    assert "duplicate" in commit(second, 2, {1: 2.0, 2: 2.0})
    commit(first, 3, {0: 1.0})
    assert commit(second, 3, {1: 2.0, 2: 2.0}) == ""
    commit(first, 4, {0: 1.0, 1: 5.0})
    assert "duplicate" in commit(second, 4, {1: 2.0, 2: 2.0})
    assert stored(head) == {
        "0": [(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0)],
        "1": [(1, 1.0), (2, "stale"), (4, 5.0), (3, 2.0)],
        "2": [(1, 2.0), (2, 2.0), (3, 2.0), (4, 2.0)],
    }


def test_two_rules_may_give_one_series_the_same_value() -> None:
    head = Head()
    first, second = Output(head.target("first")), Output(head.target("second"))
    second.rivals = [first]
    commit(first, 1, {0: 1.0})
    assert commit(second, 1, {0: 1.0, 1: 2.0}) == ""
    assert stored(head) == {"0": [(1, 1.0)], "1": [(1, 2.0)]}


def test_series_survive_that_the_head_renumbers_them() -> None:
    head = Head()
    matrix = head.target("rule")
    output = Output(matrix)
    for i in range(200):
        labels = [(("__name__", "r"), ("i", f"old{i:03}"))]
        output.commit(i, labels, np.array([1.0]))
    for at in range(200, 600):
        commit(output, at, {0: float(at)})
    head.truncate(500)
    assert matrix.generation > 0
    commit(output, 600, {0: 600.0, 1: 1.0})
    commit(output, 601, {1: 2.0})
    found = stored(head)
    assert found["0"][-2:] == [(600, 600.0), (601, "stale")]
    assert found["1"] == [(600, 1.0), (601, 2.0)]


rows = st.lists(st.dictionaries(st.integers(0, 3), st.floats(0, 9), max_size=4), max_size=12)


@given(rows, rows, rows)
def test_columns_write_what_rows_one_by_one_write(first, middle, last) -> None:
    one, other = Head(), Head()
    by_row, by_column = Output(one.target("rule")), Output(other.target("rule"))
    everything = [*first, *middle, *last]
    for at, row in enumerate(everything):
        commit(by_row, at, row)
    for at, row in enumerate(first):
        commit(by_column, at, row)
    present = np.array([[i in row for row in middle] for i in range(4)]).reshape(4, len(middle))
    values = np.array([[row.get(i, 0.0) for row in middle] for i in range(4)]).reshape(4, len(middle))
    times = np.arange(len(first), len(first) + len(middle), dtype=np.int64)
    some = present.any(axis=1)
    problem = by_column.commit_columns(
        times, [of for of, there in zip(SERIES, some, strict=True) if there], values[some], present[some]
    )
    assert problem == ""
    for at, row in enumerate(last):
        commit(by_column, len(first) + len(middle) + at, row)
    assert stored(one) == stored(other)
