"""When each alert of the http pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import (
    AT_1,
    AT_2,
    OVER_1,
    OVER_1_FOR_8M,
    OVER_2,
    OVER_2_FOR_8M,
    SHOP,
    WITHIN_1,
    WITHIN_2,
    A,
    buckets,
    stack_of,
)

from vedette.packs import http
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(http)

COUNT = "http_server_request_duration_seconds_count"
ROUTE = 'http_request_method="GET",http_route="/"'


def up(a: str, b: str) -> dict[str, str]:
    """Two instances of the shop."""
    return {'up{instance="a:1"}': a, 'up{instance="b:1"}': b}


def requests(ok: str, failed: str = "_x240") -> dict[str, str]:
    """Requests answered with 200 and with 500."""
    return {
        f'{COUNT}{{{ROUTE},http_response_status_code="200"}}': ok,
        f'{COUNT}{{{ROUTE},http_response_status_code="500"}}': failed,
    }


def durations(under: dict[str, str], count: str = "0+100x120") -> dict[str, str]:
    """Requests by how long they took; 100 in 15 s."""
    return buckets("http_server_request_duration_seconds", f'{ROUTE},http_response_status_code="200"', under, count)


CASES = [
    alert_case(
        "ServiceDown",
        "both instances go down and come back",
        up("0x40 1x80", "0x40 1x80"),
        at("1m45s", "pending"),
        at("2m", "fires", {**SHOP, "severity": "critical"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("ServiceDown", "one still answers", up("0x120", "1x120"), at("10m", "silent")),
    alert_case(
        "InstanceDown",
        "one of two goes down and comes back",
        up("0x40 1x80", "1x120"),
        at("1m45s", "pending"),
        at("2m", "fires", {**A, "severity": "high"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("InstanceDown", "all are down: that is another alert", up("0x120", "0x120"), at("10m", "silent")),
    alert_case(
        "HttpErrorRateHigh",
        "6 % fail, and then none",
        requests("0+94x120", "0+6x40 240x80"),
        at("2m", "pending"),
        at("2m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpErrorRateHigh", "exactly 5 % fail", requests("0+95x120", "0+5x120"), at("10m", "silent")),
    alert_case("HttpErrorRateHigh", "nothing has failed yet", requests("0+95x120"), at("10m", "silent")),
    alert_case(
        "HttpErrorRateHigh", "the only request of the night failed", requests("0x120", "0x20 1x99"), at("6m", "silent")
    ),
    alert_case("HttpErrorRateHigh", "half of little traffic", requests("0+0.5x120", "0+0.5x120"), at("10m", "fires")),
    alert_case(
        "HttpErrorRateHigh",
        "three requests a minute are too few",
        requests("0x60", "0+1.5x60"),
        at("10m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpErrorRateCritical",
        "11 % fail, and then none",
        requests("0+89x120", "0+11x40 440x80"),
        at("1m", "pending"),
        at("1m15s", "fires", {**SHOP, "severity": "critical"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpErrorRateCritical", "exactly 10 % fail", requests("0+90x120", "0+10x120"), at("10m", "silent")),
    alert_case(
        "HttpErrorRateCritical", "half of little traffic", requests("0+0.5x120", "0+0.5x120"), at("10m", "fires")
    ),
    alert_case(
        "HttpErrorRateCritical",
        "three requests a minute are too few",
        requests("0x60", "0+1.5x60"),
        at("10m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpLatencyHigh",
        "a tenth takes 1 to 2.5 s, and then none",
        durations(OVER_1_FOR_8M),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpLatencyHigh", "every request takes 0.5 to 1 s", durations(WITHIN_1), at("15m", "silent")),
    alert_case("HttpLatencyHigh", "95 % within a second", durations(AT_1), at("15m", "silent")),
    alert_case("HttpLatencyHigh", "slow, with little traffic", durations(OVER_1, "0+1x120"), at("15m", "fires")),
    alert_case(
        "HttpLatencyHigh",
        "slow, with too little traffic",
        durations(OVER_1, "0+1.5x120"),
        at("15m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpLatencyCritical",
        "a tenth takes 2.5 to 5 s, and then none",
        durations(OVER_2_FOR_8M),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "critical"}),
        at("20m", "resolved"),
    ),
    alert_case("HttpLatencyCritical", "every request takes 1 to 2.5 s", durations(WITHIN_2), at("15m", "silent")),
    alert_case("HttpLatencyCritical", "95 % within 2.5 seconds", durations(AT_2), at("15m", "silent")),
    alert_case("HttpLatencyCritical", "slow, with little traffic", durations(OVER_2, "0+1x120"), at("15m", "fires")),
    alert_case(
        "HttpLatencyCritical",
        "slow, with too little traffic",
        durations(OVER_2, "0+1.5x120"),
        at("15m", "silent"),
        interval="30s",
    ),
    alert_case(
        "HttpNoTraffic",
        "traffic ends, and comes back",
        requests("0+15x120 1800x119 1800+15x80", "_x320"),
        at("44m30s", "pending"),
        at("45m", "fires", {**SHOP, "severity": "medium"}),
        at("65m", "resolved"),
    ),
    alert_case("HttpNoTraffic", "little traffic ends", requests("0+2x120 240x119"), at("46m", "fires")),
    alert_case("HttpNoTraffic", "hardly any traffic ends", requests("0+0.75x120 90x119"), at("46m", "silent")),
    alert_case("HttpNoTraffic", "there is traffic", requests("0+15x239"), at("50m", "silent")),
    alert_case("HttpNoTraffic", "there never was any", requests("0x239"), at("50m", "silent")),
]
