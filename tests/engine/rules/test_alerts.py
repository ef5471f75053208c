"""The life of an alert, evaluation by evaluation."""

from __future__ import annotations

import pytest

from vedette.engine.rules.alerts import RESOLVED_RETENTION, RuleError, Tracked, advance

A = (("alertname", "A"),)
B = (("alertname", "B"),)
MINUTE = 60_000


def run(active, at: int, *held, for_: int = 0, keep: int = 0, limit: int = 0) -> dict[str, str]:
    alive = advance(active, dict.fromkeys(held, ((), 1.0)), at, for_=for_, keep_firing_for=keep, limit=limit)
    return {alert.labels[0][1]: alert.state for alert in alive}


def test_an_alert_is_pending_until_it_held_for_its_time_and_fires_at_that_very_evaluation() -> None:
    active: dict = {}
    assert run(active, 0, A, for_=2 * MINUTE) == {"A": "pending"}
    assert run(active, MINUTE, A, for_=2 * MINUTE) == {"A": "pending"}
    assert run(active, 2 * MINUTE, A, for_=2 * MINUTE) == {"A": "firing"}
    assert (active[A].active_at, active[A].fired_at) == (0, 2 * MINUTE)


def test_without_for_it_fires_at_once() -> None:
    assert run({}, 0, A) == {"A": "firing"}


def test_a_pending_alert_that_stops_to_hold_is_forgotten_and_starts_anew() -> None:
    active: dict = {}
    run(active, 0, A, for_=MINUTE)
    assert run(active, MINUTE // 2, for_=MINUTE) == {}
    assert active == {}
    assert run(active, MINUTE, A, for_=MINUTE) == {"A": "pending"}
    assert active[A].active_at == MINUTE


def test_a_firing_alert_is_resolved_at_the_first_evaluation_where_it_does_not_hold() -> None:
    active: dict = {}
    run(active, 0, A)
    assert run(active, MINUTE) == {}
    assert (active[A].state, active[A].resolved_at) == ("inactive", MINUTE)


def test_a_resolved_alert_is_kept_for_a_quarter_of_an_hour() -> None:
    active: dict = {}
    run(active, 0, A)
    run(active, MINUTE)
    run(active, MINUTE + RESOLVED_RETENTION)
    assert A in active
    run(active, MINUTE + RESOLVED_RETENTION + 1)
    assert A not in active


def test_a_resolved_alert_that_holds_again_is_a_new_one() -> None:
    active: dict = {}
    run(active, 0, A, for_=MINUTE)
    run(active, MINUTE, A, for_=MINUTE)
    run(active, 2 * MINUTE, for_=MINUTE)
    assert run(active, 3 * MINUTE, A, for_=MINUTE) == {"A": "pending"}
    assert active[A].resolved_at is None
    assert active[A].active_at == 3 * MINUTE


def test_keep_firing_for_counts_from_the_first_evaluation_that_misses_and_a_hit_starts_it_anew() -> None:
    active: dict = {}
    keep = 2 * MINUTE
    run(active, 0, A, keep=keep)
    assert run(active, 1 * MINUTE, keep=keep) == {"A": "firing"}
    assert active[A].keep_firing_since == MINUTE
    assert run(active, 2 * MINUTE, A, keep=keep) == {"A": "firing"}
    assert active[A].keep_firing_since is None
    assert run(active, 3 * MINUTE, keep=keep) == {"A": "firing"}
    assert run(active, 5 * MINUTE - 1, keep=keep) == {"A": "firing"}
    assert run(active, 5 * MINUTE, keep=keep) == {}
    assert active[A].resolved_at == 5 * MINUTE


def test_keep_firing_for_does_not_keep_what_is_only_pending() -> None:
    active: dict = {}
    run(active, 0, A, for_=MINUTE, keep=MINUTE)
    assert run(active, MINUTE // 2, for_=MINUTE, keep=MINUTE) == {}


def test_value_and_labels_of_the_element_follow_the_last_evaluation_that_held() -> None:
    active: dict = {}
    advance(active, {A: ((("x", "1"),), 1.0)}, 0, for_=0, keep_firing_for=MINUTE)
    advance(active, {A: ((("x", "2"),), 2.0)}, 1, for_=0, keep_firing_for=MINUTE)
    advance(active, {}, 2, for_=0, keep_firing_for=MINUTE)
    assert (active[A].metric, active[A].value, active[A].seen) == ((("x", "2"),), 2.0, 1)


def test_too_many_alerts_fail_the_rule_and_clear_it() -> None:
    active: dict = {}
    run(active, 0, A, limit=1)
    with pytest.raises(RuleError, match="exceeded limit of 1 with 2 alerts"):
        run(active, 1, A, B, limit=1)
    assert active == {}


@pytest.mark.parametrize(
    ("alert", "now", "sends"),
    [
        ({"state": "pending"}, 0, False),
        ({"state": "firing"}, 0, True),
        ({"state": "firing", "last_sent_at": 0}, MINUTE, False),  # a minute must have passed, not be passing
        ({"state": "firing", "last_sent_at": 0}, MINUTE + 1, True),
        ({"state": "inactive", "last_sent_at": 5, "resolved_at": 10}, 10, True),
        ({"state": "inactive", "last_sent_at": 10, "resolved_at": 10}, 10 + MINUTE, False),
        ({"state": "inactive", "last_sent_at": 10, "resolved_at": 10}, 11 + MINUTE, True),
    ],
)
def test_an_alert_is_sent_when_it_fires_when_it_is_resolved_and_after_each_delay(alert, now: int, sends: bool) -> None:
    assert Tracked(A, (), 1.0, 0, 0, **alert).needs_sending(now, MINUTE) is sends
