"""What a check is: what is called, how badly its failure is meant, and how often and how long it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias

from vedette.duration import milliseconds
from vedette.errors import DeclarationError
from vedette.health.outcome import Degraded, Failed, Reading

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from vedette.duration import Duration

    Run: TypeAlias = Callable[[], "Reading | Awaitable[Reading | None] | None"]
    Time: TypeAlias = Duration | float
    """A duration, or a number of seconds."""

__all__ = ["Breaker", "Check", "Degraded", "Failed", "Level", "Reading", "seconds"]

Level = Literal["critical", "warning"]
"""Whether a failure makes the whole fail, or only makes it degraded."""


# Named tuples, because the module `dataclasses` would double what it costs to instrument an application.
class _Breaker(NamedTuple):
    failures: int
    """In a row, until it opens."""
    pause: Time | None
    """How long it is open."""


class Breaker(_Breaker):
    """When a check that keeps failing is given a rest, so that what it checks can recover.

    Open, it is not called and keeps its last result; after the pause it is called once (half-open): if it passes the
    breaker is closed, else it is open for another pause.

    Args:
        failures: in a row, until it opens.
        pause: how long it is open; three intervals of the check if not given.

    Raises:
        DeclarationError: one of them is not above zero.
    """

    __slots__ = ()

    def __new__(cls, *, failures: int = 5, pause: Time | None = None) -> Self:
        """See the class."""
        if failures < 1:
            raise DeclarationError(f"Breaker(failures={failures}): must be above zero")
        if pause is not None:
            _seconds("Breaker: pause", pause)
        return super().__new__(cls, failures, pause)


class _Check(NamedTuple):
    name: str
    run: Run
    level: Level
    timeout: Time
    every: Time
    after: tuple[str, ...]
    grace: Time
    breaker: Breaker | None


class Check(_Check):
    """One thing that must work.

    Args:
        name: of letters, digits, ``-`` and ``_``.
        run: returns where it works, with a `Reading` or without, and raises where it does not. What it returns may be
            awaitable. It is called in a thread of its own, and what is awaited is awaited on the application's loop. It
            is never called again before the call before has ended: give what it calls a timeout, too.
        level: ``warning`` where the service works without, if not well.
        timeout: what takes longer has failed.
        every: how long a result is kept; so often it is called at most. Only until it has passed once it is called
            again sooner: after 1 s, 2 s, 4 s, so that a service that starts is soon seen to have started.
        after: checks whose failure explains a failure of this one.
        grace: how long after the start a failure is only degraded, where it has not passed yet.
        breaker: when it is given a rest; None for never.

    Raises:
        DeclarationError: one of them cannot be.

    Example:
        >>> Check("disk", lambda: Reading(0.4, "ratio"), level="warning", every="1m")
        Check('disk')
    """

    __slots__ = ()

    def __new__(
        cls,
        name: str,
        run: Run,
        *,
        level: Level = "critical",
        timeout: Time = "1s",
        every: Time = "10s",
        after: Iterable[str] = (),
        grace: Time = 0,
        breaker: Breaker | None = Breaker(),  # noqa: B008 - a frozen value
    ) -> Self:
        """See the class."""
        if not name or not name.replace("_", "a").replace("-", "a").isalnum() or not name.isascii():
            raise DeclarationError(f"a check's name is of letters, digits, '-' and '_': not {name!r}")
        where = f"check {name!r}"
        if not callable(run):
            raise DeclarationError(f"{where}: run must be a function, not {run!r}")
        if level not in ("critical", "warning"):
            raise DeclarationError(f"{where}: level must be 'critical' or 'warning', not {level!r}")
        if isinstance(after, str):
            raise DeclarationError(f"{where}: after must be names of checks: after=({after!r},)")
        _seconds(f"{where}: timeout", timeout)
        _seconds(f"{where}: every", every)
        if grace != 0:
            _seconds(f"{where}: grace", grace)
        return super().__new__(cls, name, run, level, timeout, every, tuple(after), grace, breaker)

    def __repr__(self) -> str:
        return f"Check({self.name!r})"


def seconds(value: Time) -> float:
    """Seconds of a duration, or of a number of them.

    Raises:
        ValueError: the text is not a duration.
    """
    if isinstance(value, int | float):
        return float(value)
    return milliseconds(value) / 1000


def _seconds(where: str, value: Time) -> None:
    """Refuse what is not a time above zero."""
    try:
        given = seconds(value)
    except (TypeError, ValueError) as problem:
        raise DeclarationError(f"{where}: {problem}") from None
    if not given > 0:
        raise DeclarationError(f"{where}: must be above zero, not {value!r}")
