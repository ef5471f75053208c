"""When each alert of the inbox fires and when not; ``pytest`` and ``vedette test`` run it. Samples are 15 s apart."""

from __future__ import annotations

from examples.exporter.observability import stack

from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

INVOICES = {"job": "inbox", "folder": "invoices"}


def waits(since: str, folder: str = "invoices") -> dict[str, str]:
    """When the oldest file of a folder was written."""
    return {f'inbox_oldest_file_timestamp_seconds{{folder="{folder}"}}': since}


CASES = [
    alert_case(
        "InboxWaits",
        "a file from the beginning, and then it is taken",
        waits("0x70 _x40"),
        at("15m", "silent"),
        at("16m", "pending"),
        at("16m15s", "fires", {**INVOICES, "severity": "high"}),
        at("23m", "resolved"),
    ),
    alert_case("InboxWaits", "each file is taken within a minute", waits("0+15x100"), at("20m", "silent")),
    alert_case("InboxWaits", "none waits", waits("_x100"), at("20m", "silent")),
    alert_case(
        "InboxWaits",
        "one of two folders",
        {**waits("0+15x100"), **waits("0x100", "orders")},
        at("20m", "fires", {"job": "inbox", "folder": "orders"}),
    ),
    alert_case("InboxWaits", "it is taken within the minute", waits("0x60 900x40"), at("16m", "silent")),
    alert_case(
        "InboxUnreadable",
        "the folder is away, and comes back",
        {"inbox_readable": "1x3 0x11 1x8"},
        at("1m", "pending"),
        at("3m", "fires", {"job": "inbox", "instance": "127.0.0.1:9470", "severity": "high"}),
        at("4m", "resolved"),
    ),
    alert_case("InboxUnreadable", "only for a minute", {"inbox_readable": "1x3 0x2 1x20"}, at("5m", "silent")),
    alert_case(
        "InboxExporterDown",
        "it does not answer, and then it does",
        {"up": "1x3 0x11 1x8"},
        at("1m", "pending"),
        at("3m", "fires", {"job": "inbox", "severity": "high"}),
        at("4m", "resolved"),
    ),
    alert_case("InboxExporterDown", "it is started again", {"up": "1x3 0x2 1x20"}, at("5m", "silent")),
]
