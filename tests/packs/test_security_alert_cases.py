"""When each alert of the security pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.packs.given import SHOP, stack_of

from vedette.packs import security
from vedette.testing import alert_case, at, series

if TYPE_CHECKING:
    from vedette.testing.cases import GivenSeries

__all__ = ["CASES", "stack"]

stack = stack_of(security(compared_to="2h"))


def logins(success: str, failure: str) -> list[GivenSeries]:
    """Attempts to log in; one that goes well has no reason."""
    name = "authentication_attempts_total"
    return [
        series(name, success, method="password", outcome="success", reason=""),
        series(name, failure, method="password", outcome="failure", reason="wrong_password"),
    ]


def denials(values: str) -> dict[str, str]:
    """Requests by somebody who may not."""
    return {'authorization_denials_total{resource="invoice",reason="not_owner"}': values}


def limited(values: str) -> dict[str, str]:
    """Requests refused by a limit; ten a minute are one in six seconds."""
    return {'rate_limited_requests_total{limiter="login"}': values}


def suspicious(values: str) -> dict[str, str]:
    """Requests that look like an attack."""
    return {'suspicious_requests_total{reason="sql_injection"}': values}


# Three hours of one a minute, compared two hours back; then another number a minute.
DAY = "0+1x180"

CASES = [
    alert_case(
        "AuthenticationFailing",
        "four of ten fail, and then none",
        logins("0+6x40 240+10x80", "0+4x40 160x80"),
        at("6m", "pending"),
        at("8m", "fires", {**SHOP, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case("AuthenticationFailing", "exactly three of ten fail", logins("0+7x60", "0+3x60"), at("14m", "silent")),
    alert_case("AuthenticationFailing", "one of ten fails", logins("0+9x60", "0+1x60"), at("14m", "silent")),
    alert_case("AuthenticationFailing", "half of few", logins("0+2x60", "0+2x60"), at("14m", "fires")),
    alert_case(
        "AuthenticationFailing", "the only one of five minutes", logins("0x60", "0x10 1x50"), at("8m", "silent")
    ),
    alert_case(
        "AuthenticationFailing", "all of very few", logins("0x60", "0+1x60"), at("11m", "silent"), interval="12s"
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "twenty times as many as yesterday, and then as many",
        logins("0+100x300", f"{DAY} 200+20x30 781+1x90"),
        at("3h5m", "silent"),
        at("3h9m", "fires", {**SHOP, "severity": "high"}, count=1),
        at("3h50m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "as many as yesterday",
        logins("0+100x300", "0+10x300"),
        at("4h", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "seven times as many",
        logins("0+100x300", "0+1x180 187+7x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "many times hardly any",
        logins("0+100x300", "0+0.1x180 24+4x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "three times as many",
        logins("0+100x300", "0+4x180 732+12x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "twenty times as many as yesterday, and then as many",
        denials(f"{DAY} 200+20x30 781+1x90"),
        at("3h11m", "silent"),
        at("3h18m", "fires", {**SHOP, "severity": "medium"}, count=1),
        at("3h50m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike", "as many as yesterday", denials("0+10x300"), at("4h", "silent"), interval="1m"
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "seven times as many",
        denials("0+1x180 187+7x60"),
        at("3h40m", "fires"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "many times hardly any",
        denials("0+0.1x180 24+4x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "three times as many",
        denials("0+4x180 732+12x60"),
        at("3h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "RateLimitHitOften",
        "a client in a loop",
        limited("0+24x60 1440x60"),
        at("7m", "pending"),
        at("9m", "fires", {**SHOP, "limiter": "login", "severity": "medium"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case("RateLimitHitOften", "exactly one a second", limited("0+60x60"), at("50m", "silent"), interval="1m"),
    alert_case("RateLimitHitOften", "one in six seconds", limited("0+2.5x60"), at("14m", "silent")),
    alert_case(
        "SuspiciousRequests",
        "a burst",
        suspicious("0x8 20x60"),
        at("2m", "silent"),
        at("2m15s", "fires", {**SHOP, "reason": "sql_injection", "severity": "high"}, count=1),
        at("8m", "resolved"),
    ),
    alert_case("SuspiciousRequests", "exactly ten", suspicious("0x20 10x60"), at("7m", "silent")),
    alert_case("SuspiciousRequests", "fifteen", suspicious("0x20 15x60"), at("7m", "fires")),
    alert_case("SuspiciousRequests", "one now and then", suspicious("0+0.1x80"), at("15m", "silent")),
    alert_case(
        "IntrusionSignal",
        "a new administrator that nobody made",
        {'intrusion_signals_total{signal="new_admin"}': "0x8 1x80"},
        at("2m", "silent"),
        at("2m15s", "fires", {**SHOP, "signal": "new_admin", "severity": "critical"}, count=1),
        at("18m", "resolved"),
    ),
    alert_case(
        "IntrusionSignal",
        "one that was looked into long ago",
        {'intrusion_signals_total{signal="new_admin"}': "1x80"},
        at("18m", "silent"),
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "exactly five times as many",
        logins("0+100x300", "0+60x240 14700+300x60"),
        at("4h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "yesterday there were none at all",
        logins("0+100x300", "0x180 60+60x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthenticationFailureSpike",
        "exactly one in ten seconds",
        logins("0+100x300", "0+0.1x180 24+6x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "exactly five times as many",
        denials("0+60x240 14700+300x60"),
        at("4h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "yesterday there were none at all",
        denials("0x180 60+60x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "AuthorizationDenialSpike",
        "exactly one in ten seconds",
        denials("0+0.1x180 24+6x60"),
        at("3h50m", "silent"),
        interval="1m",
    ),
]
