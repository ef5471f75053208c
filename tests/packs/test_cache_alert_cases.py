"""When each alert of the cache pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import cache
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(cache)

REDIS = {**SHOP, "db_system_name": "redis"}
LOST = "redis.exceptions.ConnectionError"
REFUSED = "redis.exceptions.ResponseError"
FULL = "redis.exceptions.OutOfMemoryError"


def commands(values: str, system: str = "redis") -> dict[str, str]:
    """Commands that were asked for, those that failed too."""
    labels = f'db_system_name="{system}",db_operation_name="GET",db_collection_name="any"'
    return {f"db_client_operation_duration_seconds_count{{{labels}}}": values}


def errors(values: str, error: str, system: str = "redis") -> dict[str, str]:
    """Commands that failed, of one class of error."""
    labels = f'db_system_name="{system}",db_operation_name="GET",error_type="{error}"'
    return {f"db_client_operation_errors_total{{{labels}}}": values}


def took(
    under: dict[str, str], count: str = "0+100x120", *, system: str = "redis", command: str = "GET"
) -> dict[str, str]:
    """Commands by how long they took; 100 in 15 s."""
    labels = f'db_system_name="{system}",db_operation_name="{command}",db_collection_name="any"'
    return buckets("db_client_operation_duration_seconds", labels, under, count)


def lookups(hits: str, misses: str) -> dict[str, str]:
    """Keys that were there and that were not."""
    return {
        'cache_requests_total{cache="products",result="hit"}': hits,
        'cache_requests_total{cache="products",result="miss"}': misses,
    }


QUICK = {"0.05": "0+100x120", "0.1": "0+100x120", "+Inf": "0+100x120"}
LATE = {"0.01": "0x120", "0.05": "0+90x120", "0.1": "0+100x120", "+Inf": "0+100x120"}
LATE_FOR_8M = {**LATE, "0.05": "0+90x32 2980+100x87"}

CASES = [
    alert_case(
        "CacheConnectionErrors",
        "eight within five minutes, and no more",
        errors("0x8 8x60", LOST),
        at("3m", "pending"),
        at("3m15s", "fires", {**REDIS, "severity": "critical"}, count=1),
        at("8m", "resolved"),
    ),
    alert_case("CacheConnectionErrors", "exactly five", errors("0x8 5x60", LOST), at("6m", "silent")),
    alert_case(
        "CacheConnectionErrors",
        "they end within a minute: it has restarted",
        errors("0x8 3x2 _x60", LOST),
        at("6m", "silent"),
    ),
    alert_case(
        "CacheConnectionErrors",
        "no answer in time, from a Valkey",
        errors("0+1x60", "valkey.exceptions.TimeoutError", "valkey"),
        at("10m", "fires", {**SHOP, "db_system_name": "valkey"}, count=1),
    ),
    alert_case(
        "CacheConnectionErrors",
        "it answers with errors: that is another alert",
        errors("0+1x60", REFUSED),
        at("10m", "silent"),
    ),
    alert_case(
        "CacheConnectionErrors",
        "a database that is not there: that is another pack",
        errors("0+1x60", "asyncpg.exceptions.ConnectionError", "postgresql"),
        at("10m", "silent"),
    ),
    alert_case(
        "CacheMemoryFull",
        "two writes are refused",
        errors("0x8 2x60", FULL),
        at("2m", "silent"),
        at("2m15s", "fires", {**REDIS, "severity": "high"}, count=1),
        at("8m", "resolved"),
    ),
    alert_case("CacheMemoryFull", "none was since long ago", errors("3x60", FULL), at("10m", "silent")),
    alert_case("CacheMemoryFull", "other errors", errors("0+1x60", REFUSED), at("10m", "silent")),
    alert_case(
        "CacheMemoryFull",
        "a database without memory: that is another pack",
        errors("0+1x60", "db.OutOfMemoryError", "oracle"),
        at("10m", "silent"),
    ),
    alert_case(
        "CacheCommandsRefused",
        "6 % are answered with an error, and then none",
        {**commands("0+100x120"), **errors("0+6x40 240x80", REFUSED)},
        at("5m", "pending"),
        at("5m15s", "fires", {**REDIS, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "CacheCommandsRefused",
        "exactly 5 %",
        {**commands("0+100x80"), **errors("0+5x80", REFUSED)},
        at("15m", "silent"),
    ),
    alert_case("CacheCommandsRefused", "none has failed yet", commands("0+100x80"), at("15m", "silent")),
    alert_case(
        "CacheCommandsRefused",
        "all fail, and none was answered: that is another alert",
        {**commands("0+100x80"), **errors("0+100x80", LOST)},
        at("15m", "silent"),
    ),
    alert_case(
        "CacheCommandsRefused",
        "one of few",
        {**commands("0+1x80"), **errors("0+0.5x80", REFUSED)},
        at("15m", "fires"),
    ),
    alert_case(
        "CacheCommandsRefused",
        "of three a minute",
        {**commands("0+3x20"), **errors("0+1x20", REFUSED)},
        at("15m", "silent"),
        interval="1m",
    ),
    alert_case(
        "CacheCommandsRefused",
        "of too few",
        {**commands("0+1.2x60"), **errors("0+1x60", REFUSED)},
        at("15m", "silent"),
        interval="30s",
    ),
    alert_case(
        "CacheCommandsRefused",
        "a database refuses: that is another pack",
        {**commands("0+100x80", "postgresql"), **errors("0+50x80", "asyncpg.DataError", "postgresql")},
        at("15m", "silent"),
    ),
    alert_case(
        "CacheSlow",
        "a tenth takes 50 to 100 ms, and then none",
        took(LATE_FOR_8M),
        at("5m", "pending"),
        at("5m15s", "fires", {**REDIS, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "CacheSlow",
        "95 % within 50 ms",
        took({"0.01": "0x120", "0.05": "0+19x120", "0.1": "0+20x120", "+Inf": "0+20x120"}),
        at("15m", "silent"),
    ),
    alert_case("CacheSlow", "all within 50 ms", took(QUICK), at("15m", "silent")),
    alert_case(
        "CacheSlow", "slow, of three commands a minute", took(LATE, "0+3x20"), at("15m", "silent"), interval="1m"
    ),
    alert_case("CacheSlow", "slow, of few commands", took(LATE, "0+1x120"), at("15m", "fires")),
    alert_case("CacheSlow", "slow, of too few commands", took(LATE, "0+1.2x120"), at("15m", "silent"), interval="30s"),
    alert_case(
        "CacheSlow",
        "quick, beside a worker that waits for work",
        {**took(QUICK), **took({"0.05": "0x120", "0.1": "0+100x120", "+Inf": "0+100x120"}, command="BLPOP")},
        at("15m", "silent"),
    ),
    alert_case("CacheSlow", "a database that is slow: another pack", took(LATE, system="sqlite"), at("15m", "silent")),
    alert_case(
        "CacheHitsLow",
        "two of five are there, and then all",
        lookups("0+40x80 3220+100x80", "0+60x80 4800x80"),
        at("15m", "pending"),
        at("15m15s", "fires", {**SHOP, "cache": "products", "severity": "medium"}, count=1),
        at("30m", "resolved"),
    ),
    alert_case("CacheHitsLow", "exactly half", lookups("0+50x100", "0+50x100"), at("20m", "silent")),
    alert_case("CacheHitsLow", "nine of ten", lookups("0+90x100", "0+10x100"), at("20m", "silent")),
    alert_case(
        "CacheHitsLow",
        "a new cache that fills up",
        lookups("0+25x40 1000+100x60", "0+75x40 3000x60"),
        at("10m", "pending"),
        at("20m", "silent"),
    ),
    alert_case("CacheHitsLow", "none was there ever", lookups("_x100", "0+100x100"), at("20m", "fires")),
    alert_case("CacheHitsLow", "of few", lookups("0x100", "0+5x100"), at("20m", "fires")),
    alert_case(
        "CacheHitsLow", "of exactly one in five seconds", lookups("0x25", "0+12x25"), at("20m", "silent"), interval="1m"
    ),
    alert_case("CacheHitsLow", "of too few", lookups("0x100", "0+2.4x100"), at("20m", "silent")),
]
