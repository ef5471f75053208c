"""A series against its threshold in characters."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from vedette.testing.plot import chart, strip


def test_values_stand_at_their_height_and_the_threshold_across():
    assert chart([0, 1, 2, 3, 3, 0], 2, width=6, height=4, ends=("+0s", "+1m")).split("\n") == [
        "3 ┤   ••",
        "2 ┤┄┄●┄┄┄",
        "1 ┤ •",
        "0 ┤•    •",
        "   +0s+1m".replace("+0s+1m", "+0s +1m"),
    ]


def test_a_column_of_several_values_reaches_from_the_lowest_to_the_highest():
    assert chart([0, 4, 4, 4], width=2, height=5).split("\n") == ["4 ┤••", "3 ┤•", "2 ┤•", "1 ┤•", "0 ┤•"]


def test_gaps_stay_empty_and_what_is_infinite_stands_at_the_edge():
    assert chart([1, math.nan, 3, math.inf, -math.inf], height=3).split("\n") == ["3 ┤  ••", "2 ┤", "1 ┤•   •"]


def test_what_has_no_value_says_so():
    assert chart([], 1) == "(no value)"
    assert chart([math.nan, math.nan], 1) == "(no value)"


def test_values_that_are_all_the_same_have_a_scale():
    assert chart([0, 0], height=3).split("\n") == ["  1 ┤", "0.5 ┤", "  0 ┤••"]
    assert chart([5, 5], height=3).split("\n") == ["  5 ┤••", "2.5 ┤", "  0 ┤"]
    assert chart([-5, -5], height=3).split("\n") == ["   0 ┤", "-2.5 ┤", "  -5 ┤••"]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=300),
    st.none() | st.floats(allow_nan=False),
    st.integers(1, 80),
    st.integers(2, 20),
)
def test_whatever_is_drawn_has_its_size_and_one_column_for_each_value(values, threshold, width, height):
    drawn = chart(values, threshold, width=width, height=height)
    if drawn == "(no value)":
        assert not any(math.isfinite(value) for value in values) or not values
        return
    lines = drawn.split("\n")
    assert len(lines) == height
    assert len({line.index("┤") for line in lines}) == 1
    cells = [line.partition("┤")[2] for line in lines]
    assert max(map(len, cells)) <= width
    for column in range(min(len(values), width)):
        low, high = (
            column * len(values) // min(len(values), width),
            (column + 1) * len(values) // min(len(values), width),
        )
        there = any(not math.isnan(value) for value in values[low:high])
        assert any(line[column : column + 1] in ("•", "●") for line in cells) == there


def test_the_greatest_values_there_are_can_be_drawn():
    assert chart([1.7e308, -1.7e308], height=2).split("\n") == [" 1.7e+308 ┤•", "-1.7e+308 ┤ •"]
    assert chart([5e-324, 0.0], height=2).split("\n") == ["1 ┤", "0 ┤••"]


def test_a_strip_shows_the_gravest_state_of_each_column():
    assert strip(["inactive"] * 4 + ["pending", "inactive", "firing", "pending"], width=4) == "··▒█"
    assert strip([], width=4) == ""
