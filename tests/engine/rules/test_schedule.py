"""Groups are due at stable offsets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.engine.rules.schedule import offset, tick


def test_a_group_keeps_its_offset_from_start_to_start() -> None:
    assert offset("a.yml", "g", 60_000) == 52_243
    assert offset("b.yml", "g", 60_000) != offset("a.yml", "g", 60_000)


def test_groups_spread_over_the_interval() -> None:
    tenths = {offset("f", f"group {i}", 1000) // 100 for i in range(200)}
    assert tenths == set(range(10))


@given(st.integers(0, 2**45), st.integers(1, 10**8), st.data())
def test_the_last_tick_is_at_most_one_interval_ago(now: int, interval: int, data) -> None:
    at = data.draw(st.integers(0, interval - 1))
    last = tick(now, interval, at)
    assert last <= now < last + interval
    assert (last - at) % interval == 0
