"""Errors, as the errors pack declares them: those that are handled, which no status code shows, too.

Example:
    >>> from vedette.domains import errors
    >>> try:
    ...     {}["price"]
    ... except KeyError as error:
    ...     errors.track(error, part="checkout", severity="warning")
    >>> with errors.watched("export"):
    ...     pass
"""

from __future__ import annotations

from typing import Literal

from vedette.instruments.metrics import core
from vedette.instruments.metrics.measure import error_type
from vedette.packs.errors import tracked

__all__ = ["Severity", "track", "watched"]

Severity = Literal["critical", "error", "warning"]


def track(error: BaseException, *, part: str, severity: Severity = "error") -> None:
    """Count an error that was handled; its text is not kept."""
    tracked.inc(part, severity, error_type(error))


def watched(part: str, *, severity: Severity = "error") -> core.Scope:
    """Count the exceptions that leave a block or a decorated function; a cancellation is none."""

    def failed(error: BaseException) -> None:
        if isinstance(error, Exception):
            track(error, part=part, severity=severity)

    return core.Scope(on_error=failed)
