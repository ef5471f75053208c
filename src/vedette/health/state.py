"""What is known of one check, as a value, and how it changes. No clock, thread or call is in here.

``now`` is in seconds that only ever grow, ``wall`` in seconds since the epoch, as it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vedette.health.outcome import timed_out

if TYPE_CHECKING:
    from vedette.health.outcome import Failure, Outcome, Reading

__all__ = [
    "BreakerState",
    "Plan",
    "State",
    "Status",
    "begun",
    "ended",
    "expired",
    "is_due",
    "is_settled",
    "left_out",
    "next_moment",
    "status",
    "wanted_now",
]

Status = Literal["pass", "warn", "fail"]
"""The words of application/health+json."""

BreakerState = Literal["closed", "half_open", "open"]

# Seconds until a check that has not passed yet is called again, doubled each time: a service that starts is to be seen
# ready soon after it is.
_FIRST_RETRY = 1.0


class Plan(NamedTuple):
    """The settings of a check in seconds."""

    timeout: float
    every: float
    grace: float
    opens_after: int
    """Failures in a row until the breaker opens; 0 for never."""
    pause: float
    """How long it is open then."""


class State(NamedTuple):
    """What is known of one check."""

    known: Status | None = None
    """The last result; None before the first."""
    since: float = 0.0
    """Wall: since when it is so."""
    told: float = 0.0
    """Wall: when the last result came."""
    took: float = 0.0
    """Seconds that it took."""
    reading: Reading | None = None
    failure: Failure | None = None
    """The last there was; kept when it passes again."""
    failed: float = 0.0
    """Wall: when that was."""
    passed: float = 0.0
    """Wall: when it passed last; 0 for never."""
    works: bool = False
    """Whether it has ever passed, or at least been degraded."""
    in_row: int = 0
    """Failures since it passed last."""
    breaker: BreakerState = "closed"
    began: float = 0.0
    """Now: when the last call began."""
    running: bool = False
    """Whether a call has not ended yet."""
    judged: bool = True
    """Whether the last call has a result, if only that it takes too long."""
    due: float = 0.0
    """Now: when it is to be called again."""
    good_until: float = 0.0
    """Now: until when the result can be told without asking again."""


def is_due(state: State, now: float) -> bool:
    """Whether it is to be called now. Never while a call has not ended, however long ago that began."""
    return not state.running and now >= state.due


def begun(state: State, plan: Plan, now: float) -> State:
    """It is being called."""
    return state._replace(
        running=True,
        judged=False,
        began=now,
        due=now + plan.every,
        breaker="half_open" if state.breaker == "open" else state.breaker,
    )


def ended(state: State, plan: Plan, outcome: Outcome, now: float, wall: float) -> State:
    """The call has ended. One that took too long has been judged before, and its result is too late."""
    if state.judged:
        return state._replace(running=False)
    return _judged(state._replace(running=False), plan, outcome, now, wall)


def expired(state: State, plan: Plan, now: float, wall: float) -> State:
    """The call takes too long, if it does: that is its result, and it runs on."""
    if not state.running or state.judged or now < state.began + plan.timeout:
        return state
    return _judged(state, plan, timed_out(plan.timeout), now, wall)


def _judged(state: State, plan: Plan, outcome: Outcome, now: float, wall: float) -> State:
    failure = outcome.failure
    if failure is None:
        known: Status = "pass"
    else:
        known = "warn" if outcome.degraded else "fail"
    down = known == "fail"
    in_row = state.in_row + 1 if down else 0
    works = state.works or not down
    due, breaker = state.due, state.breaker
    if not down:
        breaker = "closed"
    elif not works:
        due = state.began + min(plan.every, _FIRST_RETRY * 2 ** min(in_row - 1, 30))
    elif plan.opens_after and (breaker == "half_open" or in_row >= plan.opens_after):
        breaker, due = "open", now + plan.pause
    return state._replace(
        known=known,
        since=state.since if known == state.known else wall,
        told=wall,
        took=now - state.began,
        reading=outcome.reading,
        failure=failure or state.failure,
        failed=wall if failure else state.failed,
        passed=wall if known == "pass" else state.passed,
        works=works,
        in_row=in_row,
        breaker=breaker,
        judged=True,
        due=due,
        good_until=due + plan.timeout,
    )


def left_out(state: State, plan: Plan, now: float) -> State:
    """It could not be called after all; the next interval is another chance."""
    return state._replace(running=False, judged=True, due=now + plan.every)


def wanted_now(state: State, now: float) -> State:
    """It can be called again: where its result is not good any more, at once."""
    return state._replace(due=now) if not state.running and now >= state.good_until else state


def is_settled(state: State, now: float) -> bool:
    """Whether its result can be told, rather than waited for. That a call hangs is a result, too."""
    return state.known is not None and (now < state.good_until or (state.running and state.judged))


def status(state: State, plan: Plan, now: float, origin: float) -> Status:
    """What is said of it ``now``, where ``origin`` is when checking began. Before the first result it does not work."""
    down = state.known is None or state.known == "fail"
    if down and not state.works and now < origin + plan.grace:
        return "warn"
    return state.known or "fail"


def next_moment(state: State, plan: Plan) -> float | None:
    """Now: when something is to be done about it; None where only the end of its call can change that."""
    if state.running:
        return None if state.judged else state.began + plan.timeout
    return state.due
