"""When each alert of the freshness pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import freshness
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(freshness)


PRICES = {**SHOP, "dataset": "prices"}
OF = 'dataset="prices"'

# Time begins at zero here: a timestamp is a time of the test.


def updated(values: str) -> dict[str, str]:
    """When it was brought up to date."""
    return {f"data_last_update_timestamp_seconds{{{OF}}}": values}


def newest(values: str) -> dict[str, str]:
    """What its newest entry is about."""
    return {f"data_newest_timestamp_seconds{{{OF}}}": values}


def ages(under: dict[str, str]) -> dict[str, str]:
    """How old entries were when they arrived."""
    return buckets("data_arrival_lag_seconds", OF, under, under["+Inf"])


CASES = [
    alert_case(
        "DataStale",
        "no update for an hour and more, then one",
        updated("0x70 4200x20"),
        at("1h5m", "pending"),
        at("1h6m", "fires", {**PRICES, "severity": "high"}, count=1),
        at("1h12m", "resolved"),
        interval="1m",
    ),
    alert_case("DataStale", "an update an hour", updated("0x59 3600x59 7200x60"), at("2h59m", "silent"), interval="1m"),
    alert_case(
        "DataStale",
        "another instance has it",
        {
            'data_last_update_timestamp_seconds{instance="a:1",dataset="prices"}': "0x120",
            'data_last_update_timestamp_seconds{instance="b:1",dataset="prices"}': "5000x120",
        },
        at("1h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "DataBehind",
        "updates go on with entries from hours ago, then new ones",
        {**updated("0+60x180"), **newest("0x140 8400x40")},
        at("2h5m", "pending"),
        at("2h6m", "fires", {**PRICES, "severity": "medium"}, count=1),
        at("2h22m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "DataBehind",
        "exactly two hours, all the time",
        {**updated("0+60x300"), **newest("0x119 0+60x180")},
        at("4h", "silent"),
        interval="1m",
    ),
    alert_case(
        "DataBehind",
        "updates have ended: that is another alert",
        {**updated("0x240"), **newest("0x240")},
        at("3h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "DataBehind",
        "the last update was an hour ago",
        {**updated("0x120 7200x60"), **newest("0x240")},
        at("2h30m", "fires"),
        interval="1m",
    ),
    alert_case(
        "DataBehind",
        "the last update was long ago when it got too old",
        {**updated("0x80 4800x160"), **newest("0x240")},
        at("2h19m", "fires"),
        at("2h21m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "DataArrivesLate",
        "6 % are over a quarter of an hour old, and then none",
        ages({"300": "0x120", "900": "0+94x50 4794+100x70", "3600": "0+100x120", "+Inf": "0+100x120"}),
        at("15m", "pending"),
        at("16m", "fires", {**PRICES, "severity": "low"}, count=1),
        at("1h15m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "DataArrivesLate",
        "95 % are younger",
        ages({"300": "0x60", "900": "0+95x60", "3600": "0+100x60", "+Inf": "0+100x60"}),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "DataArrivesLate",
        "all are younger",
        ages({"300": "0x60", "900": "0+100x60", "3600": "0+100x60", "+Inf": "0+100x60"}),
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "DataStale", "exactly an hour, all the time", updated("0x59 0+60x120"), at("2h50m", "silent"), interval="1m"
    ),
]
