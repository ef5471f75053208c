"""Health checks: what the checks of a service have found, how long they took, and whether it takes requests."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
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


_P95 = "job_check:health_check_duration_seconds:p95_10m"
_WORST = "job_check:health_check_status:min"


@catalog.parametric
def health(
    *,
    failing_for: str = "1m",
    degraded_for: str = "5m",
    slow: float = 0.5,
    slow_for: str = "10m",
    not_running_for: str = "10m",
    breaker_for: str = "15m",
    changes_high: float = 6,
    not_ready_for: str = "2m",
    instance_not_ready_for: str = "10m",
) -> catalog.Pack:
    """The health checks of a service: their results, how long they take, and whether it takes requests.

    Args:
        failing_for: how long a critical check may fail.
        degraded_for: how long a check may be degraded, or one may fail that the service works without.
        slow: 95th percentile of the time of a check, in seconds, that is slow; a full answer is to take no longer.
        slow_for: how long it must hold.
        not_running_for: how long a check may go on not being called, after five minutes in which it was not; more than
            the interval of one that is called seldom.
        breaker_for: how long a check may be left alone by its circuit breaker.
        changes_high: changes of a check's result within half an hour that are tolerated.
        not_ready_for: how long no instance of a service may take requests.
        instance_not_ready_for: how long one of them may take none, as it starts or drains.
    """
    check_above_zero(slow=slow, changes_high=changes_high)
    name = "{{ $labels.check }} of {{ $labels.job }}"
    return catalog.Pack(
        "health",
        title="Health checks",
        metrics=[check_status, check_duration, check_failures, check_last_success, check_breaker, ready],
        recordings=[
            catalog.Recording(
                _WORST,
                "min by (job, check, level) (health_check_status)",
                description="What a check has found: 1 works, 0.5 degraded, 0 fails; of all instances the worst.",
            ),
            catalog.Recording(
                _P95,
                "histogram_quantile(0.95, sum by (job, check, le) (rate(health_check_duration_seconds_bucket[10m])))"
                " >= 0",
                description="95th percentile of the time of a check; absent where it is not called.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "HealthCheckFailing",
                f'{_WORST}{{level="critical"}} < 0.5',
                for_=failing_for,
                severity="critical",
                summary=f"The health check {name} fails",
                description="The service cannot do without what it checks; instances where it fails take no requests.",
                runbook="runbooks/health-failing.md",
                panel="Results",
            ),
            catalog.Alert(
                "HealthCheckDegraded",
                f'{_WORST} < 1 unless {_WORST}{{level="critical"}} < 0.5',
                for_=degraded_for,
                severity="high",
                summary=f"The health check {name} is not well",
                description="The service goes on, more slowly or without a part of what it does.",
                runbook="runbooks/health-degraded.md",
                panel="Results",
            ),
            catalog.Alert(
                "HealthCheckSlow",
                f"{_P95} > {slow:g}",
                for_=slow_for,
                severity="medium",
                summary=f"5 % of the calls of the health check {name} take over {{{{ $value | humanizeDuration }}}}",
                description="What it asks is slow; beyond its timeout it fails, and the service is not ready.",
                runbook="runbooks/health-slow.md",
                panel="Time of a check",
            ),
            catalog.Alert(
                "HealthCheckNotRunning",
                "sum by (job, instance, check) (changes(health_check_duration_seconds_count[5m])) < 1"
                " unless max by (job, instance, check) (health_check_breaker_state) > 0",
                for_=not_running_for,
                severity="high",
                summary=f"The health check {name} is not called on {{{{ $labels.instance }}}}",
                description="Its result is an old one: it may have hung, and nobody would see what it should tell.",
                runbook="runbooks/health-not-running.md",
                panel="Calls",
            ),
            catalog.Alert(
                "HealthCheckBreakerOpen",
                "max by (job, check) (health_check_breaker_state) > 0",
                for_=breaker_for,
                severity="medium",
                summary=f"The health check {name} has failed so often that it is left alone",
                description="It is tried again now and then only; what it checks does not recover.",
                runbook="runbooks/health-breaker.md",
                panel="Circuit breakers",
            ),
            catalog.Alert(
                "HealthCheckFlapping",
                f"max by (job, check) (changes(health_check_status[30m])) > {changes_high:g}",
                severity="medium",
                summary=f"The health check {name} has changed {{{{ $value }}}} times within half an hour",
                description="Instances leave and join the balancer each time, and no result lasts until it alerts.",
                runbook="runbooks/health-flapping.md",
                panel="Changes of the result",
            ),
            catalog.Alert(
                "ServiceNotReady",
                "max by (job) (health_ready) < 1",
                for_=not_ready_for,
                severity="critical",
                summary="No instance of {{ $labels.job }} takes requests",
                description="They run, and say themselves that they are not ready: a balancer sends them nothing.",
                runbook="runbooks/health-not-ready.md",
                panel="Ready",
            ),
            catalog.Alert(
                "InstanceNotReady",
                "min by (job, instance) (health_ready) < 1",
                for_=instance_not_ready_for,
                severity="high",
                summary="{{ $labels.instance }} of {{ $labels.job }} takes no requests",
                description="It has been starting or draining for too long, or a critical check of its own fails.",
                runbook="runbooks/health-not-ready.md",
                panel="Ready by instance",
            ),
        ],
        panels=panels(slow, changes_high),
        dashboard=catalog.Dashboard(
            description="Does everything work that must, and since when not?",
            variables=[catalog.Variable("check", "health_check_status", "check", "Check")],
            tags=["health"],
        ),
    )
