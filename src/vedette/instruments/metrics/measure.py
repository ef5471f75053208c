"""`measure`: how long something takes, how much of it runs at once, and what fails, in one declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from vedette.instruments.metrics import core
from vedette.instruments.metrics.counter import Counter
from vedette.instruments.metrics.gauge import Gauge
from vedette.instruments.metrics.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.instruments.metrics.metric import Instrument
    from vedette.instruments.metrics.registry import Registry

__all__ = ["Measure", "error_type", "measure"]

F = TypeVar("F")


class Measure:
    """What `measure` returns: a decorator, and with ``()`` a context manager."""

    def __init__(self, duration: Histogram, in_progress: Gauge, errors: Counter) -> None:
        self.duration = duration
        """``<name>_duration_seconds``."""
        self.in_progress = in_progress
        """``<name>_in_progress``."""
        self.errors = errors
        """``<name>_errors_total``, by ``error_type``."""

    @property
    def metrics(self) -> tuple[Instrument, ...]:
        """The three of them, for a pack."""
        return self.duration, self.in_progress, self.errors

    @overload
    def __call__(self) -> core.Scope: ...
    @overload
    def __call__(self, function: F) -> F: ...
    def __call__(self, function: Any = None) -> Any:
        """The function, measured at every call; without one, a context manager for a block."""
        scope = core.Scope(self.duration.family.later(()), self.in_progress.family.later(()), self._failed)
        return scope if function is None else scope(function)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, Exception):  # a cancellation is none
            self.errors.inc(error_type(error))

    def __repr__(self) -> str:
        return f"<measure of {self.duration.name.removesuffix('_duration_seconds')}>"


def measure(
    name: str,
    help: str = "",  # noqa: A002 - the word of the field
    *,
    buckets: Sequence[float] | None = None,
    native: bool = False,
    registry: Registry | None = None,
) -> Measure:
    """Measure a function or a block: how long, how many at once, what fails.

    It declares three metrics: ``<name>_duration_seconds``, a histogram of every call, whether or not it fails;
    ``<name>_in_progress``, a gauge; and ``<name>_errors_total``, the exceptions that leave it, by their class in
    ``error_type``. Functions, coroutines, generators and methods stay what they are.

    Args:
        name: ``<domain>_<thing>``.
        help: what is measured, such as "Checking out."; by default the name.
        buckets: of the duration; by default those for the seconds of a request.
        native: see `Histogram`.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: the declaration cannot be; the message says what to write.

    Example:
        >>> checkout = measure("doc_checkout")
        >>> @checkout
        ... async def check_out(cart): ...
        >>> with checkout():
        ...     pass
    """
    what = help.strip().rstrip(".") or name
    return Measure(
        Histogram(
            f"{name}_duration_seconds", f"Duration of: {what}.", buckets=buckets, native=native, registry=registry
        ),
        Gauge(f"{name}_in_progress", f"How many run at once: {what}.", registry=registry),
        Counter(f"{name}_errors_total", f"Exceptions raised by: {what}.", ["error_type"], registry=registry),
    )


def error_type(error: BaseException) -> str:
    """The full name of an exception's class, as ``error.type`` of OpenTelemetry's conventions."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
