"""It is tried again where that may help, not for longer than there is time, and not sooner than the server wants."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from vedette.instruments.metrics.push.retry import ATTEMPTS, RETRIED, Outcome, attempted

NOW = 1_700_000_000


class Script:
    """Outcomes one after another, on a clock that moves only while something is waited for."""

    def __init__(self, *outcomes: Outcome, takes: float = 0.0) -> None:
        self.outcomes = list(outcomes)
        self.takes = takes
        self.time = 100.0
        self.pauses: list[float] = []
        self.left: list[float] = []

    def attempt(self, left: float) -> Outcome:
        self.left.append(left)
        self.time += min(self.takes, left)
        return self.outcomes.pop(0)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def run(self, *, timeout: float = 60.0, retried=RETRIED, chance: float = 1.0) -> Outcome:
        return attempted(
            self.attempt,
            timeout=timeout,
            retried=retried,
            pause=self.pause,
            perf=lambda: self.time,
            now=lambda: NOW,
            chance=lambda: chance,
        )


def failing(status: int, retry_after: str = "") -> Outcome:
    return Outcome(status, "", {"retry-after": retry_after} if retry_after else {})


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 413])
def test_a_success_and_what_the_client_did_wrong_are_final(status):
    script = Script(failing(status))
    assert script.run().status == status
    assert script.pauses == []


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 599])
def test_a_failure_of_the_server_is_tried_again_after_pauses_that_double(status):
    script = Script(*[failing(status)] * (ATTEMPTS - 1), failing(204))
    assert script.run().status == 204
    assert script.pauses == [0.5, 1.0, 2.0]


def test_the_last_failure_is_the_outcome_when_there_were_attempts_enough():
    script = Script(*[failing(500)] * (ATTEMPTS - 1), failing(503))
    assert script.run().status == 503


def test_chance_makes_a_pause_shorter_by_up_to_half():
    script = Script(failing(500), failing(204))
    script.run(chance=0.0)
    assert script.pauses == [0.25]


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (formatdate(NOW + 5, usegmt=True), 5.0),
        (formatdate(NOW - 5, usegmt=True), 0.0),
        ("soon", 0.5),
        ("-3", 0.5),
    ],
)
def test_the_pause_is_the_one_a_server_asks_for_if_it_can_be_understood(retry_after, pause):
    script = Script(failing(503, retry_after), failing(204))
    script.run()
    assert script.pauses == [pause]


def test_a_server_that_wants_more_time_than_there_is_gets_no_second_attempt():
    script = Script(failing(429, "3600"))
    assert script.run(timeout=10).status == 429
    assert script.pauses == []


def test_attempts_and_pauses_together_take_no_longer_than_the_timeout():
    script = Script(*[failing(500)] * 4, takes=4.0)
    assert script.run(timeout=10).status == 500
    assert script.left == [10.0, 5.5, 0.5]
    assert script.time == 110.0


def test_only_the_statuses_that_are_given_are_tried_again():
    script = Script(failing(500))
    assert script.run(retried={503}).status == 500
    assert script.pauses == []
