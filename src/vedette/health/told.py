"""What is known of checks, told as metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.instruments import guard
from vedette.packs.health import (
    check_breaker,
    check_duration,
    check_failures,
    check_last_success,
    check_status,
    ready,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.health.report import Found
    from vedette.health.state import State

__all__ = ["tell_call", "tell_found", "tell_ready"]

_STATUS = {"pass": 1.0, "warn": 0.5, "fail": 0.0}
_BREAKER = {"closed": 0.0, "half_open": 0.5, "open": 1.0}
_telling = guard.shield("telling the result of a health check")


def tell_call(name: str, state: State) -> None:
    """A call has a result."""
    with _telling:
        check_duration.observe(state.took, name)
        if state.known == "fail" and state.failure is not None:
            check_failures.inc(name, state.failure.kind)


def tell_found(found: Iterable[Found]) -> None:
    """How it stands with checks. One without a result is not told, and so not taken for one that fails."""
    with _telling:
        for one in found:
            if one.state.known is None:
                continue
            name = one.check.name
            check_status.set(_STATUS[one.status], name, one.check.level)
            check_breaker.set(_BREAKER[one.state.breaker], name)
            if one.state.passed:
                check_last_success.set(one.state.passed, name)


def tell_ready(is_ready: bool) -> None:
    """Whether the process takes requests."""
    with _telling:
        ready.set(float(is_ready))
