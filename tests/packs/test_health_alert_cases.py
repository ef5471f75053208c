"""When each alert of the health pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import health
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(health())

DATABASE = {**SHOP, "check": "database"}
OF = 'check="database"'
A, B = 'instance="a:1"', 'instance="b:1"'

# Samples are 15 s apart, four a minute; a check is called every ten seconds, or as the case says.


def found(values: str, level: str = "critical", of: str = OF, instance: str = A) -> dict[str, str]:
    """What a check has found: 1 works, 0.5 degraded, 0 fails."""
    return {f'health_check_status{{{of},level="{level}",{instance}}}': values}


def calls(values: str, of: str = OF, instance: str = A) -> dict[str, str]:
    """How often a check was called."""
    return {f"health_check_duration_seconds_count{{{of},{instance}}}": values}


def breaker(values: str, of: str = OF, instance: str = A) -> dict[str, str]:
    """0 closed, 0.5 half open, 1 open."""
    return {f"health_check_breaker_state{{{of},{instance}}}": values}


def took(under: dict[str, str], of: str = OF) -> dict[str, str]:
    """The buckets of the time that calls took."""
    return {f'health_check_duration_seconds_bucket{{{of},{A},le="{bound}"}}': values for bound, values in under.items()}


def ready(a: str, b: str) -> dict[str, str]:
    """Whether the two instances take requests."""
    return {f"health_ready{{{A}}}": a, f"health_ready{{{B}}}": b}


CASES = [
    alert_case(
        "HealthCheckFailing",
        "the database is away for five minutes",
        found("1x8 0x20 1x40"),
        at("3m", "pending"),
        at("3m15s", "fires", {**DATABASE, "severity": "critical", "level": "critical"}, count=1),
        at("7m30s", "resolved"),
    ),
    alert_case(
        "HealthCheckFailing",
        "on one of two instances",
        {**found("1x80"), **found("0x80", instance=B)},
        at("10m", "fires", DATABASE, count=1),
    ),
    alert_case("HealthCheckFailing", "it works", found("1x40"), at("9m", "silent")),
    alert_case("HealthCheckFailing", "it is degraded: that is another alert", found("0.5x40"), at("9m", "silent")),
    alert_case(
        "HealthCheckFailing", "what the service works without fails", found("0x40", "warning"), at("9m", "silent")
    ),
    alert_case(
        "HealthCheckFailing",
        "for 45 seconds",
        found("1x8 0x3 1x40"),
        at("2m45s", "pending"),
        at("4m", "silent"),
    ),
    alert_case(
        "HealthCheckDegraded",
        "the disk is nearly full, until there is room",
        found("1x8 0.5x40 1x40", "warning"),
        at("7m", "pending"),
        at("7m15s", "fires", {**DATABASE, "severity": "high", "level": "warning"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case(
        "HealthCheckDegraded",
        "what the service works without fails, on one of two instances",
        {**found("1x80", "warning"), **found("0x80", "warning", instance=B)},
        at("10m", "fires", DATABASE, count=1),
    ),
    alert_case("HealthCheckDegraded", "a critical check is degraded", found("0.5x40"), at("9m", "fires", DATABASE)),
    alert_case("HealthCheckDegraded", "a critical one fails: another alert", found("0x40"), at("9m", "silent")),
    alert_case(
        "HealthCheckDegraded",
        "a critical one fails, and another check is degraded",
        {**found("0x40"), **found("0.5x40", "warning", 'check="disk"')},
        at("9m", "fires", {"check": "disk"}, count=1),
    ),
    alert_case("HealthCheckDegraded", "exactly well", found("1x40"), at("9m", "silent")),
    alert_case(
        "HealthCheckDegraded",
        "for four minutes",
        found("1x8 0.5x16 1x40"),
        at("6m", "pending"),
        at("8m", "silent"),
    ),
    alert_case(
        "HealthCheckSlow",
        "one call of ten takes over half a second, then none does",
        took({"0.25": "0x180", "0.5": "0+9x80 720+10x100", "1": "0+10x180", "+Inf": "0+10x180"}),
        at("10m", "pending"),
        at("11m", "fires", {**DATABASE, "severity": "medium"}, count=1),
        at("32m", "resolved"),
    ),
    alert_case(
        "HealthCheckSlow",
        "95 % take exactly half a second at most",
        took({"0.25": "0x80", "0.5": "0+19x80", "1": "0+20x80", "+Inf": "0+20x80"}),
        at("18m", "silent"),
    ),
    alert_case(
        "HealthCheckSlow",
        "all take a few milliseconds",
        took({"0.005": "0+10x80", "0.5": "0+10x80", "1": "0+10x80", "+Inf": "0+10x80"}),
        at("18m", "silent"),
    ),
    alert_case("HealthCheckSlow", "it is not called", took({"0.5": "7x80", "+Inf": "9x80"}), at("18m", "silent")),
    alert_case(
        "HealthCheckSlow",
        "slow for a minute",
        took({"0.25": "0x120", "0.5": "0+10x40 400+8x4 432+10x76", "1": "0+10x120", "+Inf": "0+10x120"}),
        at("13m", "pending"),
        at("25m", "silent"),
    ),
    alert_case(
        "HealthCheckNotRunning",
        "it hangs for 20 minutes on one instance",
        {**calls("0+1.5x20 30x80 30+1.5x60"), **calls("0+1.5x160", instance=B)},
        at("19m", "pending"),
        at("20m15s", "fires", {**DATABASE, "instance": "a:1", "severity": "high"}, count=1),
        at("26m", "resolved"),
    ),
    alert_case("HealthCheckNotRunning", "it is called", calls("0+1.5x160"), at("35m", "silent")),
    alert_case(
        "HealthCheckNotRunning",
        "it is called every ten minutes",
        calls("0x40 1x40 2x40 3x40 4x40"),
        at("35m", "silent"),
    ),
    alert_case(
        "HealthCheckNotRunning",
        "exactly once in five minutes",
        calls("0x19 1x19 2x19 3x19 4x19 5x19 6x19 7x19"),
        at("35m", "silent"),
    ),
    alert_case(
        "HealthCheckNotRunning",
        "its circuit breaker is open",
        {**calls("0+1.5x20 30x100"), **breaker("0x20 1x100")},
        at("29m", "silent"),
    ),
    alert_case(
        "HealthCheckNotRunning",
        "the circuit breakers of another check and another instance are open",
        {**calls("7x160"), **breaker("0x160"), **breaker("1x160", 'check="cache"'), **breaker("1x160", instance=B)},
        at("29m", "fires", DATABASE, count=1),
    ),
    alert_case(
        "HealthCheckBreakerOpen",
        "on one of two instances for 20 minutes, with attempts now and then",
        {**breaker("0x8 1x30 0.5x1 1x47 0x20"), **breaker("0x108", instance=B)},
        at("17m", "pending"),
        at("17m15s", "fires", {**DATABASE, "severity": "medium"}, count=1),
        at("22m30s", "resolved"),
    ),
    alert_case("HealthCheckBreakerOpen", "exactly closed", breaker("0x120"), at("29m", "silent")),
    alert_case(
        "HealthCheckBreakerOpen",
        "for ten minutes",
        breaker("0x8 1x40 0x70"),
        at("12m", "pending"),
        at("25m", "silent"),
    ),
    alert_case(
        "HealthCheckFlapping",
        "it fails every other minute for ten minutes",
        found("1x4 0x3 1x3 0x3 1x3 0x3 1x3 0x3 1x3 0x3 1x160"),
        at("5m", "silent"),
        at("9m", "fires", {**DATABASE, "severity": "medium"}, count=1),
        at("45m", "resolved"),
    ),
    alert_case("HealthCheckFlapping", "exactly six times", found("1x4 0x3 1x3 0x3 1x3 0x3 1x60"), at("15m", "silent")),
    alert_case("HealthCheckFlapping", "once, and back", found("1x20 0x20 1x60"), at("20m", "silent")),
    alert_case(
        "HealthCheckFlapping",
        "four times on each of two instances",
        {
            **found("1x4 0x3 1x3 0x3 1x60"),
            **found("1x4 0x3 1x3 0x3 1x60", instance=B),
        },
        at("15m", "silent"),
    ),
    alert_case(
        "ServiceNotReady",
        "a critical check fails on both instances",
        ready("1x8 0x20 1x40", "1x8 0x20 1x40"),
        at("4m", "pending"),
        at("4m15s", "fires", {**SHOP, "severity": "critical"}, count=1),
        at("7m30s", "resolved"),
    ),
    alert_case("ServiceNotReady", "one of two is", ready("1x40", "0x40"), at("9m", "silent")),
    alert_case("ServiceNotReady", "exactly ready", ready("1x40", "1x40"), at("9m", "silent")),
    alert_case(
        "ServiceNotReady",
        "both start at once",
        ready("0x6 1x40", "0x6 1x40"),
        at("1m30s", "pending"),
        at("5m", "silent"),
    ),
    alert_case(
        "InstanceNotReady",
        "one of two does not get through its start for 15 minutes",
        ready("1x100", "0x60 1x40"),
        at("9m45s", "pending"),
        at("10m15s", "fires", {**SHOP, "instance": "b:1", "severity": "high"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case("InstanceNotReady", "exactly ready", ready("1x80", "1x80"), at("19m", "silent")),
    alert_case(
        "InstanceNotReady",
        "a start of eight minutes",
        ready("1x80", "0x32 1x48"),
        at("8m", "pending"),
        at("15m", "silent"),
    ),
]
