"""Freshness of data: when a data set was last brought up to date, and how old what arrives is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Gauge, Histogram

__all__ = ["freshness", "lag", "newest", "updated"]

_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)

updated = Gauge(
    "data_last_update_timestamp_seconds",
    help="When a data set was last brought up to date, in seconds since the epoch.",
    labels=["dataset"],
    multiprocess_mode="max",
)
newest = Gauge(
    "data_newest_timestamp_seconds",
    help="The time that the newest entry of a data set is about, in seconds since the epoch.",
    labels=["dataset"],
    multiprocess_mode="max",
)
lag = Histogram(
    "data_arrival_lag_seconds",
    help="How old an entry was when it arrived.",
    labels=["dataset"],
    buckets=_SECONDS,
)


@catalog.parametric
def freshness() -> catalog.Pack:
    """How fresh data is."""
    return catalog.Pack("freshness", title="Data freshness", metrics=[updated, newest, lag])
