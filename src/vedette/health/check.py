"""What a check is: what is called, how badly its failure is meant, and how often and how long it may take."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from vedette.duration import milliseconds
from vedette.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vedette.duration import Duration

    Run: TypeAlias = Callable[[], "Reading | Awaitable[Reading | None] | None"]
    Time: TypeAlias = Duration | float
    """A duration, or a number of seconds."""

__all__ = ["Breaker", "Check", "Degraded", "Failed", "Level", "Reading", "seconds"]

Level = Literal["critical", "warning"]
"""Whether a failure makes the whole fail, or only makes it degraded."""


class Failed(Exception):  # noqa: N818 - read as a sentence: raise Failed("no free connection")
    """It does not work. A check may raise any exception; of this one the whole text is shown to who may see details.

    Of an exception that is not the check's own, such as a driver's, only plain words are shown: it may quote anything.
    """


class Degraded(Failed):
    """It works, but badly: the answer is degraded, not down."""


class Reading(NamedTuple):
    """What a check has measured, to be shown with its result."""

    value: float
    unit: str


@dataclass(frozen=True)
class Breaker:
    """When a check that keeps failing is given a rest, so that what it checks can recover.

    Open, it is not called and keeps its last result; after the pause it is called once (half-open): if it passes the
    breaker is closed, else it is open for another pause.
    """

    _: KW_ONLY
    failures: int = 5
    """In a row, until it opens."""
    pause: Time | None = None
    """How long it is open; three intervals of the check if not given."""

    def __post_init__(self) -> None:
        if self.failures < 1:
            raise DeclarationError(f"Breaker(failures={self.failures}): at least 1")
        if self.pause is not None and seconds(self.pause) <= 0:
            raise DeclarationError(f"Breaker(pause={self.pause!r}): must be above zero")


@dataclass(frozen=True)
class Check:
    """One thing that must work.

    ``run`` returns where it works, with a `Reading` or without, and raises where it does not. A synchronous one is
    called in a thread of its own, an asynchronous one on the application's loop. It is never called again before the
    call before has ended: give what it calls a timeout, too.

    Example:
        >>> Check("disk", lambda: Reading(0.4, "ratio"), level="warning", every="1m")
        Check('disk')
    """

    name: str
    run: Run
    _: KW_ONLY
    level: Level = "critical"
    timeout: Time = "1s"
    """What takes longer has failed."""
    every: Time = "10s"
    """How long a result is kept; so often it is called at most."""
    after: tuple[str, ...] = ()
    """Checks whose failure explains a failure of this one."""
    grace: Time = 0
    """How long after the start a failure is only degraded, where it has not passed yet."""
    breaker: Breaker | None = Breaker()

    def __post_init__(self) -> None:
        if not self.name or not self.name.replace("_", "a").replace("-", "a").isalnum() or not self.name.isascii():
            raise DeclarationError(f"a check's name is of letters, digits, '-' and '_': not {self.name!r}")
        where = f"check {self.name!r}"
        if not callable(self.run):
            raise DeclarationError(f"{where}: run must be a function, not {self.run!r}")
        if self.level not in ("critical", "warning"):
            raise DeclarationError(f"{where}: level must be 'critical' or 'warning', not {self.level!r}")
        if isinstance(self.after, str):
            raise DeclarationError(f"{where}: after must be names of checks: after=({self.after!r},)")
        object.__setattr__(self, "after", tuple(self.after))
        for field in ("timeout", "every", "grace"):
            try:
                given = seconds(getattr(self, field))
            except (TypeError, ValueError) as problem:
                raise DeclarationError(f"{where}: {field}: {problem}") from None
            if not given > 0 and (given != 0 or field != "grace"):
                raise DeclarationError(f"{where}: {field} must be above zero, not {getattr(self, field)!r}")

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
