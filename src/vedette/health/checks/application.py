"""The application itself, by what it has answered lately: the share of errors, how long it took, how much there was.

Each call compares what the http pack has counted with what it had counted the call before, over all processes that
share their metrics. Warnings if not said otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.health.check import Check
from vedette.health.checks.settings import above, in_order
from vedette.health.outcome import Degraded, Reading
from vedette.instruments import clock
from vedette.packs.http import request_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["error_rate", "performance"]

_LATELY = "1m"


class _Counted(NamedTuple):
    when: float
    requests: int
    errors: int
    seconds: float


def error_rate(
    *,
    degraded: float = 0.05,
    failed: float = 0.5,
    at_least: int = 20,
    name: str = "error-rate",
    **settings: Unpack[Settings],
) -> Check:
    """The share of requests answered with 5xx since the call before.

    Args:
        degraded: share at which it is degraded.
        failed: share at which it has failed.
        at_least: requests below which a share says nothing.
        name: of the check.
        **settings: see `Check`; ``every`` is a minute.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")
    settings.setdefault("every", _LATELY)
    lately = _since_before()

    def ask() -> Reading:
        since = lately()
        share = since.errors / since.requests if since.requests >= max(1, at_least) else 0.0
        return above("the share of errors", round(share, 4), "of the requests", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)


def performance(
    *,
    degraded: float = 1.0,
    failed: float = 5.0,
    at_least: float = 0.0,
    name: str = "performance",
    **settings: Unpack[Settings],
) -> Check:
    """The mean time that a request took since the call before, and how many there were.

    Args:
        degraded: seconds at which it is degraded.
        failed: seconds at which it has failed.
        at_least: requests per second below which it is degraded; for a service that is never without.
        name: of the check.
        **settings: see `Check`; ``every`` is a minute.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")
    settings.setdefault("every", _LATELY)
    lately = _since_before()

    def ask() -> Reading:
        since = lately()
        mean = since.seconds / since.requests if since.requests else 0.0
        reading = above("the mean time", round(mean, 4), "s", degraded=degraded, failed=failed)
        if at_least and since.when > 0 and since.requests / since.when < at_least:
            raise Degraded(f"{since.requests / since.when:.3g} requests a second, at least are {at_least:g}")
        return reading

    return Check(name, ask, **settings)


def _since_before() -> Callable[[], _Counted]:
    """A function that gives what has been counted since it was called before, ``when`` being the seconds between."""
    before = _counted()

    def since() -> _Counted:
        nonlocal before
        now = _counted()
        found = _Counted(
            now.when - before.when,
            now.requests - before.requests,
            now.errors - before.errors,
            now.seconds - before.seconds,
        )
        before = now
        return found if found.requests >= 0 else now._replace(when=found.when)  # it was counted anew

    return since


def _counted() -> _Counted:
    requests = errors = 0
    seconds = 0.0
    for (_method, _route, status), (buckets, total) in request_duration.series().items():
        count = sum(buckets)
        requests += count
        seconds += total
        if status.startswith("5"):
            errors += count
    return _Counted(clock.perf(), requests, errors, seconds)
