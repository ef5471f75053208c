"""Every health test starts strict, with metrics that have no series; `stepped` gives it a clock of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.instruments.servers import until

from vedette.health import Check
from vedette.health.health import Health, _all
from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    before = guard.set_strict(True)
    guard.forget()
    DEFAULT.clear()
    yield
    for health in tuple(_all):  # nobody asks any more
        health._asked, health._watched = float("-inf"), False
        health._wake.set()
    DEFAULT.clear()
    guard.set_strict(before)


class Stepped:
    """A clock that only moves when it is told to, and what the background would do at each moment."""

    def __init__(self) -> None:
        self.now = 1000.0

    def step(self, health: Health) -> None:
        """Do what is due now, and wait until the calls that can end have ended."""
        health.step()
        self.settle(health)

    def settle(self, health: Health) -> None:
        """Wait until every call that is not known to hang has ended, and its thread has told of it."""

        def ended() -> bool:
            states = health._states.items()
            return all(state.judged and (state.running or not threads_of(name)) for name, state in states)

        until(ended, "the end of the calls")

    def run(self, health: Health, seconds: float, by: float = 1.0) -> None:
        """Let time pass, somebody asking and the background working at every tick."""
        for _ in range(round(seconds / by)):
            self.now += by
            health.ask()
            self.step(health)


@pytest.fixture
def stepped(monkeypatch) -> Iterator[Stepped]:
    """Nothing happens in the background: the test does what is due."""
    monkeypatch.setattr(Health, "_keep_checking", lambda _self: None)
    found = Stepped()
    with clock.replaced(lambda: found.now):
        yield found


def check(name: str, run: Any, **settings: Any) -> Check:
    """A check that a busy machine does not make fail."""
    return Check(name, run, **{"timeout": "60s", **settings})


def threads_of(name: str) -> list[threading.Thread]:
    """The threads in which a check of this name is being called."""
    return [thread for thread in threading.enumerate() if thread.name == f"vedette-health-{name}"]
