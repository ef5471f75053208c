"""A watch under a simulated clock, step by step and in leaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bakery import START, Bakery, simulation

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from vedette.server.watch import Watch

MINUTE = 60_000


def told(bakery: Bakery) -> list[tuple[int, str, str]]:
    return [(at, delivery.channel, delivery.payload.body or delivery.payload.subject) for at, delivery in bakery.sent]


def standing(watch: Watch) -> list[tuple[object, ...]]:
    return [(alert.labels, alert.state, alert.active_at, alert.value) for alert in watch.rules.alerts()]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([20.0, 179.5, 220.0]), st.booleans(), st.integers(1, 12)), min_size=1, max_size=5
    )
)
def test_a_leap_gives_the_verdicts_and_notifications_of_stepping(
    tmp_path_factory: pytest.TempPathFactory, phases: list[tuple[float, bool, int]]
) -> None:
    root = tmp_path_factory.mktemp("watch")

    def through(folder: Path, *, leap: bool) -> tuple[object, object]:
        bakery = Bakery()
        watch, clock = simulation(folder, bakery)
        at = START
        for celsius, up, minutes in phases:
            bakery.celsius, bakery.up = celsius, up
            at += minutes * MINUTE + 7_321
            (clock.leap if leap else clock.run)(at)
        found = told(bakery), standing(watch)
        watch.close()
        return found

    assert through(root / "leap", leap=True) == through(root / "step", leap=False)


def test_the_application_is_brought_to_the_time_that_is_asked_for(tmp_path: Path) -> None:
    bakery = Bakery()
    _, clock = simulation(tmp_path, bakery)
    clock.run(START + 1_234)
    assert (bakery.now, clock.now) == (START + 1_234, START + 1_234)
    clock.leap(START + 5_678)
    assert (bakery.now, clock.now) == (START + 5_678, START + 5_678)
