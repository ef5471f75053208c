"""The notation of series in tests: what is read, what is refused and why."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.formats.series import NotationError, read_labels, read_samples, write_labels
from vedette.promql.labels import labels
from vedette.promql.source import STALE_BITS
from vedette.testing.skeletons import notation


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("1 2  3\t4\n", [1, 2, 3, 4]),
        ("0+10x3", [0, 10, 20, 30]),
        ("5x2", [5, 5, 5]),
        ("1-2x2", [1, -1, -3]),
        ("-1-1x1", [-1, -2]),
        ("_ _x2 7", [None, None, None, 7]),
        ("_x0 4", [4]),
        ("1e3 .5 5. 01 1_000", [1000, 0.5, 5, 1, 1000]),
        ("Inf -inf +INF", [math.inf, -math.inf, math.inf]),
    ],
)
def test_samples_are_written_one_by_one_or_as_a_run(text, values):
    assert read_samples(text) == values


def test_stale_ends_a_series_and_nan_does_not():
    stale, nan = np.array(read_samples("stale NaN"), np.float64).view(np.uint64).tolist()
    assert stale == STALE_BITS != nan


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("1 abc 2", 2, "'abc' is no sample; write a number, 'a+bxn'"),
        ("1+2", 0, "a step needs its repetition, '1+2x10'"),
        ("3 stalex4", 2, "'stale' stands alone"),
        ("1x-1", 0, "'1x-1' is no sample"),
        ("5 0x1F", 2, "'0x1F' is no sample"),
        ("1e400", 0, "too large"),
        ("1x99999999999", 0, "more than 10,000,000 samples"),
        ("{{schema:0 sum:1 count:1}}x2", 0, "native histogram"),
    ],
)
def test_what_is_no_sample_is_refused_where_it_stands(text, position, says):
    with pytest.raises(NotationError, match=says.replace("+", r"\+")) as caught:
        read_samples(text)
    assert caught.value.position == position


def test_a_native_histogram_is_what_the_reader_makes_of_it():
    assert read_samples("1 {{count:1 sum:2}}x1", histogram=len) == [1, 17, 17]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("up", {"__name__": "up"}),
        ('up{job="a",}', {"__name__": "up", "job": "a"}),
        ("up{job='a', x=`b\\n`}", {"__name__": "up", "job": "a", "x": "b\\n"}),
        ('{"http.requests", "a.b"="c"}', {"__name__": "http.requests", "a.b": "c"}),
        ('sum{by="1",offset=""}', {"__name__": "sum", "by": "1"}),
        ("{}", {}),
        ("", {}),
    ],
)
def test_a_series_is_a_name_and_its_labels(text, pairs):
    assert read_labels(text) == labels(pairs)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ('up {job="a"}', 3, "a blank before"),
        ('up{job!="a"}', 6, "a series has one value of each label"),
        ('up{job="a",job="b"}', 11, "'job' stands twice"),
        ("up{job=a}", 7, "the value of 'job' in quotes, found 'a'"),
        ('up{job="a"', 10, "expected ',' or '}', found the end"),
        ("up{,}", 3, "the name of a label, or '}'"),
        ("up down", 3, "expected nothing more"),
        ("9x", 0, "bad number"),
        ("inf", 0, "expected a series"),
        ('up{job="a}', 7, "unterminated string"),
    ],
)
def test_what_is_no_series_is_refused_where_it_stands(text, position, says):
    with pytest.raises(NotationError) as caught:
        read_labels(text)
    assert says in caught.value.message
    assert caught.value.position == position


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True).filter(lambda one: one != "__name__"),
        st.text(max_size=8),
    )
)
def test_labels_are_written_so_that_they_read_the_same(pairs):
    assert read_labels(write_labels({"__name__": "x", **pairs})) == labels({"__name__": "x", **pairs})


NUMBERS = st.one_of(st.integers(-100, 10_000).map(float), st.sampled_from([0.1, 0.3, 1 / 3, 1e-9, 1e22, 5e-324]))


@given(st.lists(st.one_of(st.none(), NUMBERS), max_size=30))
def test_samples_are_written_so_that_they_read_the_same(samples):
    assert read_samples(notation(samples)) == samples
