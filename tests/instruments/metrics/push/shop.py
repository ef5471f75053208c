"""A metric of each kind."""

from __future__ import annotations

from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Registry, StateSet, Summary

TRACE = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "order": "5"}


def fill(registry: Registry) -> Registry:
    native = Histogram("shop_work_seconds", "Work.", labels=["kind"], native=True, registry=registry)
    native.labels("none")
    native.observe(0.5, "long", exemplar=TRACE)
    for value in (0.01, 0.0, 3.0):
        native.observe(value, "long")
    classic = Histogram("shop_wait_seconds", "Wait.", buckets=[0.1, 1, 1e7], registry=registry)
    classic.observe(0.5, exemplar=TRACE)
    classic.observe(5e6)
    orders = Counter("shop_orders_total", 'Orders "placed".', labels=["channel"], registry=registry)
    orders.inc("web", amount=3, exemplar={"trace_id": "short"})
    Gauge("shop_load_ratio", "Load.", registry=registry).set(0.25)
    Summary("shop_upload_bytes", "Uploads.", registry=registry).observe(512)
    Info("shop_build_info", "Build.", labels=["version"], registry=registry).set("1.2")
    StateSet("shop_oven", "Oven.", states=["cold", "hot"], registry=registry).set("hot")
    return registry
