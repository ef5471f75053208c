"""`Run`: a block or a function that is told when it begins and how it ends."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from vedette.instruments import clock, guard
from vedette.instruments.metrics.timing import decorate

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OUTCOMES", "Outcome", "Run", "outcome_of"]

F = TypeVar("F")

Outcome = Literal["success", "failure", "cancelled"]
OUTCOMES: tuple[Outcome, ...] = ("success", "failure", "cancelled")
"""How a run can end."""

_measuring = guard.shield("telling of a run")


def outcome_of(error: BaseException | None) -> Outcome:
    """How a run ended; what is no `Exception`, such as a cancelled task, is nobody's failure."""
    if error is None:
        return "success"
    return "failure" if isinstance(error, Exception) else "cancelled"


class Run:
    """A context manager, sync and async, and a decorator for functions of any kind.

    One object may be entered several times, also at once: each `with` and each call is a run of its own. What is
    yielded is that run, with the methods of its domain.
    """

    __slots__ = ("_entered", "_since")

    def __init__(self) -> None:
        self._entered: list[Run] = []
        self._since = 0.0

    def _began(self) -> None:
        """Tell that it begins."""

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        """Tell how it ended."""

    def begin(self) -> Self:
        """Begin a run, and keep what is returned for `end`."""
        run = copy.copy(self)
        with _measuring:
            run._began()  # noqa: SLF001 - one of its own kind
        run._since = clock.perf()  # noqa: SLF001
        return run

    def end(self, run: Run, error: BaseException | None) -> None:
        """End what `begin` began."""
        seconds = max(0.0, clock.perf() - run._since)
        with _measuring:
            run._ended(seconds, error)

    def __enter__(self) -> Self:
        run = self.begin()
        self._entered.append(run)
        return run

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.end(self._entered.pop(), error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: F) -> F:
        """The function, a run at every call."""
        return decorate(cast("Any", self), function)

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A plain function, a run at every call."""

        def measured(*args: Any, **kwargs: Any) -> Any:
            run = self.begin()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self.end(run, error)
                raise
            self.end(run, None)
            return result

        return measured
