"""Trying again where that may help, within the time there is. No clock and no network is in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

__all__ = ["ATTEMPTS", "RETRIED", "Outcome", "attempted"]

ATTEMPTS = 4
"""How often it is tried at most."""

RETRIED = frozenset((0, 429, *range(500, 600)))
"""The statuses that may be another the next time; 0 is no answer at all."""

_FIRST_PAUSE = 0.5  # seconds; each pause is twice the one before


class Outcome(NamedTuple):
    """An answer. ``status`` 0: there was none, and ``reason`` says why. ``headers`` have lower-case names."""

    status: int
    reason: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


def attempted(
    attempt: Callable[[float], Outcome],
    *,
    timeout: float,
    retried: Container[int],
    pause: Callable[[float], object],
    perf: Callable[[], float],
    now: Callable[[], float],
    chance: Callable[[], float],
) -> Outcome:
    """The outcome of ``attempt``, which is given the seconds that are left, after as many as make sense.

    Args:
        attempt: what to try.
        timeout: seconds for all attempts and pauses together.
        retried: the statuses to try again after.
        pause: waits for seconds.
        perf: seconds that only ever grow.
        now: seconds since the epoch, for a ``Retry-After`` that is a date.
        chance: a random number from 0 to 1, so that many who failed together do not come back together.
    """
    deadline = perf() + timeout
    number = 1
    while True:
        outcome = attempt(max(0.0, deadline - perf()))
        if outcome.status not in retried or number == ATTEMPTS:
            return outcome
        wait = _wanted(outcome.headers.get("retry-after", ""), now)
        if wait is None:
            wait = _FIRST_PAUSE * 2 ** (number - 1) * (0.5 + chance() / 2)
        if perf() + wait >= deadline:
            return outcome
        pause(wait)
        number += 1


def _wanted(retry_after: str, now: Callable[[], float]) -> float | None:
    """The seconds that a server asks to wait; None if it says nothing that can be understood."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few servers say a date

    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now())
    except ValueError:
        return None
