"""How a call of a check ends: with a reading, degraded, or failed with an error of which little is kept."""

from __future__ import annotations

from typing import NamedTuple

from vedette.health.redaction import plain, written
from vedette.instruments.metrics.measure import error_type

__all__ = ["PASSED", "Degraded", "Failed", "Failure", "Outcome", "Reading", "raised", "returned", "timed_out"]


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


class Failure(NamedTuple):
    """What is kept of an error."""

    kind: str
    """The name of its class."""
    text: str
    """What may be shown of its text: no address, name, secret or statement."""


class Outcome(NamedTuple):
    """How one call ended."""

    failure: Failure | None = None
    """None where it passed."""
    degraded: bool = False
    """It works, but badly."""
    reading: Reading | None = None


PASSED = Outcome()


def returned(value: object) -> Outcome:
    """What a check that returned this has found; a reading that is none is a failure of the check."""
    if not isinstance(value, Reading):
        return PASSED
    try:
        return Outcome(reading=Reading(float(value.value), str(value.unit)))
    except (TypeError, ValueError) as error:
        return raised(error)


def raised(error: BaseException) -> Outcome:
    """What a check that raised this has found."""
    own = isinstance(error, Failed)
    kind = type(error).__qualname__ if own else error_type(error)
    try:
        text = written(str(error)) if own else plain(str(error))
    except Exception:  # noqa: BLE001 - an error that cannot even be told is one all the same
        text = ""
    return Outcome(Failure(kind, text), degraded=isinstance(error, Degraded))


def timed_out(limit: float) -> Outcome:
    """What a check that takes too long has found."""
    return Outcome(Failure("TimeoutError", f"no answer within {limit:g} s"))
