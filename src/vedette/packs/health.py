"""Health checks: what the checks of a service have found, how long they took, and whether it takes requests."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._health_panels import panels

__all__ = [
    "check_breaker",
    "check_duration",
    "check_failures",
    "check_last_success",
    "check_status",
    "health",
    "ready",
]

# A query of a near database takes half a millisecond; nobody waits longer than half a minute.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

check_status = Gauge(
    "health_check_status",
    help="What the check has found: 1 works, 0.5 degraded, 0 fails; of several processes the worst.",
    labels={"check": None, "level": ["critical", "warning"]},
    multiprocess_mode="livemin",
)
check_duration = Histogram(
    "health_check_duration_seconds",
    help="Time that a call of the check took; of one that takes too long, until that was clear.",
    labels=["check"],
    buckets=_SECONDS,
)
check_failures = Counter(
    "health_check_failures_total",
    help="Calls of the check that failed, by class of error.",
    labels=["check", "error_type"],
)
check_last_success = Gauge(
    "health_check_last_success_timestamp_seconds",
    help="When the check passed last, in seconds since the epoch; of several processes where that is longest ago.",
    labels=["check"],
    multiprocess_mode="livemin",
)
check_breaker = Gauge(
    "health_check_breaker_state",
    help="Of the check's circuit breaker: 0 closed, 0.5 half open, 1 open; then it is not called.",
    labels=["check"],
    multiprocess_mode="livemax",
)
ready = Gauge(
    "health_ready",
    help="1 where the process takes requests, 0 while it starts, drains or a critical check fails; the worst of all.",
    multiprocess_mode="livemin",
)


@catalog.parametric
def health() -> catalog.Pack:
    """The health checks of a service: their results, how long they take, and whether it takes requests."""
    return catalog.Pack(
        "health",
        title="Health checks",
        metrics=[check_status, check_duration, check_failures, check_last_success, check_breaker, ready],
        panels=panels(),
        dashboard=catalog.Dashboard(
            description="Does everything work that must, and since when not?",
            variables=[catalog.Variable("check", "health_check_status", "check", "Check")],
            tags=["health"],
        ),
    )
