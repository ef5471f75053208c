"""What is known of a check and how it changes, as values: no clock, no thread, no call."""

from __future__ import annotations

import pytest

from vedette.health.outcome import PASSED, Failure, Outcome, Reading
from vedette.health.state import (
    Plan,
    State,
    begun,
    ended,
    expired,
    is_due,
    is_settled,
    next_moment,
    status,
)

PLAN = Plan(timeout=1.0, every=10.0, grace=0.0, opens_after=3, pause=30.0)
FAILED = Outcome(Failure("OSError", "refused"))
DEGRADED = Outcome(Failure("Degraded", "slow"), degraded=True)
WALL = 1_700_000_000.0


def called(state: State, outcome: Outcome, at: float, took: float = 0.01, plan: Plan = PLAN) -> State:
    """Call it and let the call end."""
    assert is_due(state, at)
    return ended(begun(state, plan, at), plan, outcome, at + took, WALL + at + took)


def works(at: float = 0.0) -> State:
    """It has passed once."""
    return called(State(), PASSED, at)


def test_before_the_first_result_it_is_due_and_nothing_is_settled():
    assert is_due(State(), 0.0)
    assert not is_settled(State(), 0.0)
    assert status(State(), PLAN, 0.0, 0.0) == "fail"


def test_a_call_that_passes_is_good_for_its_interval_and_until_the_next_has_a_result():
    state = works()
    assert (state.known, state.passed, state.since) == ("pass", WALL + 0.01, WALL + 0.01)
    assert state.took == pytest.approx(0.01)
    assert not is_due(state, 9.99)
    assert is_due(state, 10.0)
    assert is_settled(state, 10.99)
    assert not is_settled(state, 11.0)
    assert next_moment(state, PLAN) == 10.0


def test_while_the_next_call_runs_the_last_result_is_told():
    state = begun(works(), PLAN, 10.0)
    assert is_settled(state, 10.5)
    assert status(state, PLAN, 10.5, 0.0) == "pass"
    assert next_moment(state, PLAN) == 11.0


def test_a_call_that_takes_too_long_has_failed_when_its_time_is_over_and_not_before():
    state = begun(works(), PLAN, 10.0)
    assert expired(state, PLAN, 10.99, WALL) is state
    hung = expired(state, PLAN, 11.0, WALL + 11)
    assert (hung.known, hung.failure, hung.since, hung.running) == (
        "fail",
        ("TimeoutError", "no answer within 1 s"),
        WALL + 11,
        True,
    )
    assert expired(hung, PLAN, 12.0, WALL + 12) is hung  # judged once


def test_a_call_that_hangs_is_not_begun_again_and_is_a_result_for_as_long_as_it_hangs():
    hung = expired(begun(works(), PLAN, 10.0), PLAN, 11.0, WALL + 11)
    assert not is_due(hung, 10_000.0)
    assert is_settled(hung, 10_000.0)
    assert next_moment(hung, PLAN) is None


def test_a_call_that_ends_too_late_changes_no_result_and_makes_room_for_the_next():
    hung = expired(begun(works(), PLAN, 10.0), PLAN, 11.0, WALL + 11)
    late = ended(hung, PLAN, PASSED, 40.0, WALL + 40)
    assert late.known == "fail"
    assert is_due(late, 40.0)
    assert called(late, PASSED, 40.0).known == "pass"


def test_the_last_error_is_kept_with_its_time_when_it_passes_again():
    state = called(called(works(), FAILED, 10.0), PASSED, 20.0)
    assert (state.known, state.failure, state.failed) == ("pass", FAILED.failure, WALL + 10.01)
    assert state.since == WALL + 20.01


def test_since_when_is_the_first_of_several_equal_results():
    state = called(called(works(), FAILED, 10.0), FAILED, 20.0)
    assert state.since == WALL + 10.01
    assert state.failed == WALL + 20.01
    assert state.in_row == 2


def test_the_reading_is_the_last_ones():
    state = called(works(), Outcome(reading=Reading(0.5, "ratio")), 10.0)
    assert state.reading == (0.5, "ratio")
    assert called(state, PASSED, 20.0).reading is None


def test_degraded_is_not_down():
    state = called(works(), DEGRADED, 10.0)
    assert (status(state, PLAN, 11.0, 0.0), state.in_row) == ("warn", 0)
    assert state.passed == WALL + 0.01  # the last success is another thing


def test_until_it_has_passed_once_it_is_called_again_sooner_each_time_later():
    state, at, waits = State(), 0.0, []
    for _ in range(6):
        state = called(state, FAILED, at)
        waits.append(state.due - at)
        at = state.due
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert state.breaker == "closed"


def test_an_interval_below_a_second_is_kept_from_the_start():
    plan = PLAN._replace(every=0.2)
    assert called(State(), FAILED, 0.0, plan=plan).due == 0.2


def test_in_its_grace_a_failure_is_degraded_until_it_has_passed_once():
    plan = PLAN._replace(grace=60.0)
    assert status(State(), plan, 59.0, 0.0) == "warn"
    failed = called(State(), FAILED, 0.0, plan=plan)
    assert status(failed, plan, 59.0, 0.0) == "warn"
    assert status(failed, plan, 60.0, 0.0) == "fail"
    once = called(called(State(), PASSED, 0.0, plan=plan), FAILED, 10.0, plan=plan)
    assert status(once, plan, 11.0, 0.0) == "fail"


def test_the_breaker_opens_after_failures_in_a_row_and_gives_a_rest():
    state = works()
    for at in (10.0, 20.0):
        state = called(state, FAILED, at)
        assert state.breaker == "closed"
    state = called(state, FAILED, 30.0)
    assert state.breaker == "open"
    assert not is_due(state, 60.0)
    assert is_due(state, 60.02)
    assert is_settled(state, 60.5)  # it is told as it was


def test_a_success_in_between_starts_the_count_anew():
    state = works()
    for at, outcome in ((10.0, FAILED), (20.0, FAILED), (30.0, PASSED), (40.0, FAILED), (50.0, FAILED)):
        state = called(state, outcome, at)
    assert state.breaker == "closed"


def opened() -> State:
    state = works()
    for at in (10.0, 20.0, 30.0):
        state = called(state, FAILED, at)
    return state


def test_after_the_rest_one_call_decides_whether_it_closes():
    trial = begun(opened(), PLAN, 61.0)
    assert trial.breaker == "half_open"
    closed = ended(trial, PLAN, PASSED, 61.1, WALL)
    assert (closed.breaker, closed.known, closed.due) == ("closed", "pass", 71.0)
    again = ended(trial, PLAN, FAILED, 61.1, WALL)
    assert (again.breaker, again.known) == ("open", "fail")
    assert again.due == pytest.approx(91.1)


def test_a_trial_that_hangs_opens_it_again():
    trial = begun(opened(), PLAN, 61.0)
    assert expired(trial, PLAN, 62.0, WALL).breaker == "open"


def test_a_degraded_trial_closes_it():
    assert ended(begun(opened(), PLAN, 61.0), PLAN, DEGRADED, 61.1, WALL).breaker == "closed"


def test_without_a_breaker_it_is_called_at_every_interval_however_often_it_fails():
    plan = PLAN._replace(opens_after=0)
    state = called(State(), PASSED, 0.0, plan=plan)
    for at in range(10, 200, 10):
        state = called(state, FAILED, float(at), plan=plan)
    assert (state.breaker, state.due) == ("closed", 200.0)
