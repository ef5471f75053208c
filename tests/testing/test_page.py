"""Parts of the pages: what is escaped, where moments stand, and how bars, marks and curves are drawn."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.testing.page import Bar, Html, Line, Mark, Times, axis, each, lines, marks, tag, track

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def test_text_is_escaped_and_html_is_not():
    made = tag("p", "a < b", tag("b", "&"), None, title='"', class_="x", aria_label="y", hidden=True, open=False)
    assert made == '<p title="&quot;" class="x" aria-label="y" hidden>a &lt; b<b>&amp;</b></p>'
    assert each(["<", Html("<br>")]) == "&lt;<br>"


@given(st.integers(0, 2 * 10**12), st.integers(2 * MINUTE, 10**11), st.booleans())
def test_an_axis_has_a_few_labels_within_the_time(start, length, simulated):
    times = Times(start, start + length, since=start if simulated else None)
    ticks = times.ticks()
    assert 1 <= len(ticks) <= 10
    assert all(times.start <= at <= times.end for at, _ in ticks)
    apart = [later - earlier for (earlier, _), (later, _) in pairwise(ticks)]
    assert len(set(apart)) <= 1
    assert [float(at) for at in re.findall(r"--at:([\d.]+)%", axis(times))] == [
        pytest.approx(100 * times.share(at), abs=0.01) for at, _ in ticks
    ]


def test_moments_are_told_in_utc_or_as_the_time_that_has_passed():
    assert [text for _, text in Times(0, 4 * HOUR).ticks()][:3] == ["1 Jan", "00:30", "01:00"]
    assert [text for _, text in Times(0, 8 * DAY).ticks()][:3] == ["1 Jan", "2 Jan", "3 Jan"]
    simulated = Times(7, 7 + HOUR, since=7)
    assert [text for _, text in simulated.ticks()] == ["+0s", "+10m", "+20m", "+30m", "+40m", "+50m", "+1h"]
    assert Times(0, DAY).moment(90 * MINUTE) == "1970-01-01 01:30"
    assert simulated.moment(7 + 90_000) == "+1m30s"


def test_bars_that_touch_are_one_and_no_bar_is_lost():
    times = Times(0, 1000)
    made = track([Bar("firing", 0, 100), Bar("firing", 100, 200), Bar("firing", 600, 600)], times, "it")
    assert re.findall(r'class="firing" d="([^"]+)"', made) == ["M0 2h200v16h-200zM600 2h0v16h-0z"]


@given(st.lists(st.tuples(st.integers(-100, 1100), st.integers(0, 300)), min_size=1))
def test_a_track_is_drawn_from_edge_to_edge_and_no_further(spans):
    bars = [Bar("firing", start, start + length) for start, length in spans]
    path = re.findall(r'class="firing" d="([^"]+)"', track(bars, Times(0, 1000), "it"))[0]
    for low, wide in re.findall(r"M([\d.]+) 2h([\d.e-]+)", path):
        assert 0 <= float(low) <= float(low) + float(wide) <= 1000.001


def test_marks_that_would_stand_on_one_another_stand_on_levels():
    times = Times(0, 1000)
    made = marks([Mark(1, "a", 0, 100), Mark(2, "b", 0, 104), Mark(3, "c", 800, 900)], times)
    assert re.findall(r"--at:([\d.]+)%;bottom:([\d.]+)em\">(\d)", made) == [
        ("5.00", "0", "1"), ("5.20", "1.25", "2"), ("85.00", "0", "3"),
    ]  # fmt: skip


@example([5e-324], None)
@given(
    st.lists(st.none() | st.floats(0, 1e12), min_size=1, max_size=60),
    st.none() | st.floats(0, 1),
)
def test_a_curve_stays_within_its_frame(values, now):
    labels = [str(at) for at in range(len(values))]
    at = None if now is None else now * (len(values) - 1)
    made = lines(Line("Firings", values, lambda value: f"{value:g}"), labels, at)
    points = re.findall(r'cx="([\d.]+)" cy="([\d.-]+)"', made)
    assert len(points) == sum(value is not None for value in values)
    assert all(48 <= float(x) <= 404 and 13.9 <= float(y) <= 156 for x, y in points)
    assert made.count('<text class="now"') == (at is not None)
    assert math.isfinite(sum(float(y) for _, y in points))
