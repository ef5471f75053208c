"""When the shop's own alerts fire and when not, told by series alone: ``pytest`` and ``vedette test`` run it.

Samples are 15 s apart: four a minute.
"""

from __future__ import annotations

from examples.shop.observability import orders, queue_depth
from examples.shop.watched import stack

from vedette.testing import alert_case, at, series

__all__ = ["CASES", "stack"]

SHOP = {"job": "shop"}


def lookups(hits: str, misses: str) -> dict[str, str]:
    """Look-ups that the cache has answered and that it has not."""
    return {
        'shop_cache_requests_total{cache="products",result="hit"}': hits,
        'shop_cache_requests_total{cache="products",result="miss"}': misses,
    }


def jobs(processed: str, failed: str) -> dict[str, str]:
    """Orders that the worker has shipped and that it could not ship."""
    return {
        'shop_worker_jobs_total{result="processed"}': processed,
        'shop_worker_jobs_total{result="failed"}': failed,
    }


def shipping(under_half: str, under_one: str, under_two: str) -> dict[str, str]:
    """Orders by how long it took to ship them: up to 0.5, 1 and 2.5 s."""
    name = "shop_worker_job_duration_seconds_bucket"
    bounds = {"0.5": under_half, "1": under_one, "2.5": under_two, "+Inf": under_two}
    return {f'{name}{{le="{bound}"}}': values for bound, values in bounds.items()}


CASES = [
    alert_case(
        "NoOrders",
        "nobody buys for an hour, then somebody does",
        [series(orders, "5x260 5+1x20", channel="web"), series(orders, "7x280", channel="app")],
        at("30m", "pending"),
        at("31m", "fires", {**SHOP, "severity": "high"}, annotations={"summary": "No order in shop for half an hour"}),
        at("70m", "resolved"),
    ),
    alert_case(
        "NoOrders",
        "the app sells",
        [series(orders, "5x280", channel="web"), series(orders, "0+1x280", channel="app")],
        at("70m", "silent"),
    ),
    alert_case(
        "CacheHitRatioLow",
        "a quarter is answered, then half",
        lookups("0+10x60 610+30x60", "0+30x120"),
        at("10m15s", "pending"),
        at("10m30s", "fires", {**SHOP, "cache": "products", "severity": "medium"}),
        at("28m", "resolved"),
    ),
    alert_case("CacheHitRatioLow", "a fifth is answered", lookups("0+10x120", "0+40x120"), at("15m", "fires")),
    alert_case("CacheHitRatioLow", "exactly 30 %", lookups("0+30x60", "0+70x60"), at("14m", "silent")),
    alert_case("CacheHitRatioLow", "half is answered", lookups("0+30x60", "0+30x60"), at("14m", "silent")),
    alert_case(
        "CacheHitRatioLow", "hardly anybody is there", lookups("0x30", "0+12x30"), at("14m", "silent"), interval="1m"
    ),
    alert_case("CacheHitRatioLow", "a few are there", lookups("0x60", "0+9x60"), at("14m", "fires"), interval="30s"),
    alert_case("CacheHitRatioLow", "nobody is there", lookups("0x60", "0x60"), at("14m", "silent")),
    alert_case(
        "WorkerFailing",
        "11 % are not shipped, then all are",
        jobs("0+89x120", "0+11x40 440x80"),
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "high"}),
        at("20m", "resolved"),
    ),
    alert_case("WorkerFailing", "exactly 10 %", jobs("0+90x60", "0+10x60"), at("14m", "silent")),
    alert_case("WorkerFailing", "all are shipped", jobs("0+90x60", "0x60"), at("14m", "silent")),
    alert_case("WorkerFailing", "there is nothing to ship", jobs("5x60", "1x60"), at("14m", "silent")),
    alert_case(
        "WorkerBehind",
        "201 wait, then few",
        series(queue_depth, "201x40 3x40"),
        at("4m45s", "pending"),
        at("5m", "fires", {**SHOP, "severity": "medium"}),
        at("15m", "resolved"),
    ),
    alert_case("WorkerBehind", "exactly 200", series(queue_depth, "200x40"), at("10m", "silent")),
    alert_case(
        "WorkerStopped",
        "it hangs, then goes on",
        {"shop_worker_queue_depth": "3x60", **jobs("5x40 5+3x20", "0x60")},
        at("5m", "pending"),
        at("5m15s", "fires", {**SHOP, "severity": "high"}),
        at("14m", "resolved"),
    ),
    alert_case(
        "WorkerStopped",
        "there is nothing to ship",
        {"shop_worker_queue_depth": "0x60", **jobs("5x60", "0x60")},
        at("14m", "silent"),
    ),
    alert_case(
        "WorkerStopped",
        "it ships, if only failures",
        {"shop_worker_queue_depth": "3x60", **jobs("5x60", "0+1x60")},
        at("14m", "silent"),
    ),
    alert_case(
        "WorkerSlow",
        "a tenth takes 1 to 2.5 s, then none",
        shipping("0x120", "0+90x60 5500+100x60", "0+100x120"),
        at("10m", "pending"),
        at("10m15s", "fires", {**SHOP, "severity": "medium"}),
        at("28m", "resolved"),
    ),
    alert_case("WorkerSlow", "95 % within a second", shipping("0x60", "0+95x60", "0+100x60"), at("14m", "silent")),
    alert_case("WorkerSlow", "all within a second", shipping("0x60", "0+100x60", "0+100x60"), at("14m", "silent")),
]
