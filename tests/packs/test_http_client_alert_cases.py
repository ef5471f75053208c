"""When each alert of the http_client pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.packs.given import AT_2, OVER_2, OVER_2_FOR_8M, SHOP, WITHIN_2, stack_of

from vedette.packs import http_client
from vedette.testing import alert_case, at, series

if TYPE_CHECKING:
    from vedette.testing.cases import GivenSeries

__all__ = ["CASES", "stack"]

stack = stack_of(http_client)

SERVER = "api.bank.example"
BANK = {**SHOP, "server_address": SERVER}
TO = {"http_request_method": "GET", "server_address": SERVER, "server_port": "443"}


def answered(status: str, values: str, **labels: str) -> list[GivenSeries]:
    """Requests that were answered with a status; with none where it is empty."""
    error = status if status >= "400" else "" if status else "httpx.ConnectTimeout"
    wanted = {**TO, "http_response_status_code": status, "error_type": error, **labels}
    return [series("http_client_request_duration_seconds_count", values, **wanted)]


def took(under: dict[str, str], count: str = "0+100x120") -> list[GivenSeries]:
    """Requests by how long they took; 100 in 15 s."""
    name = "http_client_request_duration_seconds_bucket"
    good = {**TO, "http_response_status_code": "200", "error_type": ""}
    return [*answered("200", count), *(series(name, values, **good, le=bound) for bound, values in under.items())]


def waiting(values: str) -> list[GivenSeries]:
    """Requests without an answer yet."""
    return [series("http_client_active_requests", values, **TO)]


def again(values: str) -> list[GivenSeries]:
    """Requests that the client has sent again."""
    return [series("http_client_request_retries_total", values, server_address=SERVER, error_type="503")]


def left(values: str, resource: str = "core", instance: str = "a:1") -> list[GivenSeries]:
    """What is left of a limit."""
    labels = {"server_address": SERVER, "resource": resource, "instance": instance}
    return [series("http_client_rate_limit_remaining", values, **labels)]


def allowed(values: str, resource: str = "core", instance: str = "a:1") -> list[GivenSeries]:
    """How large the limit is."""
    labels = {"server_address": SERVER, "resource": resource, "instance": instance}
    return [series("http_client_rate_limit_limit", values, **labels)]


def refused(values: str) -> list[GivenSeries]:
    """Requests that were refused for a limit."""
    return [series("http_client_rate_limited_total", values, server_address=SERVER)]


CASES = [
    alert_case(
        "HttpClientUnanswered",
        "11 % have no answer, and then all",
        [*answered("200", "0+89x120"), *answered("", "0+11x40 440x80")],
        at("3m", "pending"),
        at("3m15s", "fires", {**BANK, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "HttpClientUnanswered",
        "exactly 10 %",
        [*answered("200", "0+90x80"), *answered("", "0+10x80")],
        at("15m", "silent"),
    ),
    alert_case("HttpClientUnanswered", "all are answered", answered("200", "0+90x80"), at("15m", "silent")),
    alert_case(
        "HttpClientUnanswered",
        "all are answered with errors: that is another alert",
        [*answered("503", "0+90x80"), *answered("404", "0+90x80")],
        at("15m", "silent"),
    ),
    alert_case("HttpClientUnanswered", "few, and none has an answer", answered("", "0+1x80"), at("15m", "fires")),
    alert_case("HttpClientUnanswered", "three a minute", answered("", "0+3x30"), at("15m", "silent"), interval="1m"),
    alert_case(
        "HttpClientErrorRateHigh",
        "6 % fail, and then none",
        [*answered("200", "0+94x120"), *answered("503", "0+6x40 240x80")],
        at("5m", "pending"),
        at("5m15s", "fires", {**BANK, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "HttpClientErrorRateHigh",
        "exactly 5 %",
        [*answered("200", "0+95x80"), *answered("500", "0+5x80")],
        at("15m", "silent"),
    ),
    alert_case("HttpClientErrorRateHigh", "none has failed yet", answered("200", "0+90x80"), at("15m", "silent")),
    alert_case(
        "HttpClientErrorRateHigh",
        "no answer, or that there is nothing: other alerts, or none",
        [*answered("", "0+90x80"), *answered("404", "0+90x80")],
        at("15m", "silent"),
    ),
    alert_case("HttpClientErrorRateHigh", "all of few", answered("502", "0+1x80"), at("15m", "fires")),
    alert_case(
        "HttpClientErrorRateHigh", "three a minute", answered("502", "0+3x30"), at("15m", "silent"), interval="1m"
    ),
    alert_case(
        "HttpClientDenied",
        "six of ten are denied, and then none",
        [*answered("200", "0+40x120"), *answered("401", "0+60x40 2400x80")],
        at("5m", "pending"),
        at("5m15s", "fires", {**BANK, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "HttpClientDenied",
        "exactly half",
        [*answered("200", "0+50x80"), *answered("403", "0+50x80")],
        at("15m", "silent"),
    ),
    alert_case("HttpClientDenied", "none is denied", answered("200", "0+90x80"), at("15m", "silent")),
    alert_case(
        "HttpClientDenied",
        "they fail otherwise: that is another alert",
        [*answered("503", "0+90x80"), *answered("404", "0+90x80")],
        at("15m", "silent"),
    ),
    alert_case("HttpClientDenied", "all of few", answered("403", "0+1x80"), at("15m", "fires")),
    alert_case("HttpClientDenied", "three a minute", answered("403", "0+3x30"), at("15m", "silent"), interval="1m"),
    alert_case(
        "HttpClientStuck",
        "five wait for half an hour, and then they fail",
        [*waiting("5x40 0x20"), *answered("", "_x40 5x20")],
        at("14m", "pending"),
        at("15m", "fires", {**BANK, "severity": "medium"}, count=1),
        at("42m", "resolved"),
        interval="1m",
    ),
    alert_case("HttpClientStuck", "nobody waits", waiting("0x60"), at("50m", "silent"), interval="1m"),
    alert_case(
        "HttpClientStuck",
        "somebody waits, and one after the other is answered",
        [*waiting("2x60"), *answered("200", "0+1x60")],
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "HttpClientStuck",
        "they wait for twelve minutes, time and again",
        waiting("1x12 0 1x12 0 1x12 0x10"),
        at("40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "HttpClientStuck",
        "another service answers",
        [*waiting("1x60"), *answered("200", "0+10x60", server_address="other.example")],
        at("50m", "fires", BANK, count=1),
        interval="1m",
    ),
    alert_case(
        "HttpClientSlow",
        "a tenth takes 2.5 to 5 s, and then none",
        took(OVER_2_FOR_8M),
        at("5m", "pending"),
        at("5m15s", "fires", {**BANK, "severity": "medium"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case("HttpClientSlow", "all take 1 to 2.5 s", took(WITHIN_2), at("15m", "silent")),
    alert_case("HttpClientSlow", "95 % within 2.5 s", took(AT_2), at("15m", "silent")),
    alert_case("HttpClientSlow", "slow, of few", took(OVER_2, "0+1x120"), at("15m", "fires")),
    alert_case("HttpClientSlow", "slow, of three a minute", took(OVER_2, "0+3x30"), at("15m", "silent"), interval="1m"),
    alert_case(
        "HttpClientRetriesHigh",
        "a quarter is sent again, and then none",
        [*answered("200", "0+100x120"), *again("0+25x60 1500x60")],
        at("10m", "pending"),
        at("10m15s", "fires", {**BANK, "severity": "medium"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case(
        "HttpClientRetriesHigh",
        "exactly a fifth",
        [*answered("200", "0+100x90"), *again("0+20x90")],
        at("20m", "silent"),
    ),
    alert_case("HttpClientRetriesHigh", "of few", [*answered("200", "0+1x90"), *again("0+1x90")], at("20m", "fires")),
    alert_case(
        "HttpClientRetriesHigh",
        "of three a minute",
        [*answered("200", "0+3x30"), *again("0+3x30")],
        at("20m", "silent"),
        interval="1m",
    ),
    alert_case(
        "HttpClientRateLimited",
        "one is refused",
        refused("0x8 1x100"),
        at("2m", "silent"),
        at("2m15s", "fires", {**BANK, "severity": "low"}, count=1),
        at("18m", "resolved"),
    ),
    alert_case("HttpClientRateLimited", "none since yesterday", refused("7x100"), at("20m", "silent")),
    alert_case(
        "HttpClientRateLimitNear",
        "nine of a hundred are left, and then all",
        [*left("9x20 100x60"), *allowed("100x80")],
        at("45s", "pending"),
        at("1m", "fires", {**BANK, "resource": "core", "severity": "low"}, count=1),
        at("6m", "resolved"),
    ),
    alert_case("HttpClientRateLimitNear", "exactly ten", [*left("10x60"), *allowed("100x60")], at("10m", "silent")),
    alert_case(
        "HttpClientRateLimitNear",
        "none left, for a moment",
        [*left("0x2 100x60"), *allowed("100x62")],
        at("10m", "silent"),
    ),
    alert_case(
        "HttpClientRateLimitNear", "a limit of none is no limit", [*left("0x60"), *allowed("0x60")], at("10m", "silent")
    ),
    alert_case(
        "HttpClientRateLimitNear",
        "another limit of the same service",
        [*left("90x60"), *allowed("100x60"), *left("1x60", "search"), *allowed("30x60", "search")],
        at("10m", "fires", {**BANK, "resource": "search"}, count=1),
    ),
    alert_case(
        "HttpClientRateLimitNear",
        "one instance has an older answer, with more left",
        [*left("90x60"), *left("5x60", instance="b:1"), *allowed("100x60", instance="b:1")],
        at("10m", "fires", count=1),
    ),
]
