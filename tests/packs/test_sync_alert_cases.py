"""When each alert of the sync pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import sync
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(sync(too_old=3600, running_for="30m", silent_hours=1))


CRM = {**SHOP, "integration": "crm"}
OF = 'integration="crm"'


def ended(success: str, failure: str = "_x240") -> dict[str, str]:
    """Runs that have ended."""
    return {
        f'sync_runs_total{{{OF},outcome="success"}}': success,
        f'sync_runs_total{{{OF},outcome="failure"}}': failure,
    }


def last_success(values: str) -> dict[str, str]:
    """When the last good run ended; time begins at zero here."""
    return {f"sync_last_success_timestamp_seconds{{{OF}}}": values}


def running(now: str, begun: str) -> dict[str, str]:
    """Runs that go on, and how many have begun."""
    return {f"sync_runs_in_progress{{{OF}}}": now, f"sync_runs_started_total{{{OF}}}": begun}


def records(came: str, success: str) -> dict[str, str]:
    """Records that came in, and runs that went well."""
    return {f'sync_records_total{{{OF},direction="in"}}': came, **ended(success)}


CASES = [
    alert_case(
        "SyncStale",
        "no good run for an hour, then one",
        last_success("0x65 3900x20"),
        at("1h", "silent"),
        at("1h1m", "fires", {**CRM, "severity": "high"}, count=1),
        at("1h7m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "SyncStale",
        "another instance has just done it",
        {
            'sync_last_success_timestamp_seconds{instance="a:1",integration="crm"}': "0x100",
            'sync_last_success_timestamp_seconds{instance="b:1",integration="crm"}': "3000x100",
        },
        at("1h20m", "silent"),
        interval="1m",
    ),
    alert_case(
        "SyncFailing",
        "two of three fail, and then none",
        ended("0+1x60 61+3x120", "0+2x60 120x120"),
        at("10m", "pending"),
        at("11m", "fires", {**CRM, "severity": "high"}, count=1),
        at("1h50m", "resolved"),
        interval="1m",
    ),
    alert_case("SyncFailing", "half of them fail", ended("0+1x90", "0+1x90"), at("1h20m", "silent"), interval="1m"),
    alert_case("SyncFailing", "none fails", ended("0+1x90", "0x90"), at("1h20m", "silent"), interval="1m"),
    alert_case(
        "SyncStuck",
        "a run goes on, no other begins, until it ends",
        running("1x80 0x20", "0x5 1x95"),
        at("49m", "pending"),
        at("52m", "fires", {**CRM, "severity": "medium"}, count=1),
        at("1h22m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "SyncStuck", "runs begin all the time", running("1x100", "0+1x100"), at("1h30m", "silent"), interval="1m"
    ),
    alert_case("SyncStuck", "none goes on", running("0x100", "7x100"), at("1h30m", "silent"), interval="1m"),
    alert_case(
        "SyncStuck", "one goes on for 20 minutes", running("1x20 0x80", "1x100"), at("29m", "silent"), interval="1m"
    ),
    alert_case(
        "SyncBringsNothing",
        "good runs bring nothing for an hour, and then something",
        records("0+5x60 300x100 305+5x40", "0+1x201"),
        at("2h10m", "pending"),
        at("2h20m", "fires", {**CRM, "severity": "medium"}, count=1),
        at("2h45m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "SyncBringsNothing", "there has never been one", records("0x200", "0+1x200"), at("3h", "silent"), interval="1m"
    ),
    alert_case(
        "SyncBringsNothing",
        "no run goes well: that is another alert",
        records("0+5x60 300x140", "0+1x60 60x140"),
        at("3h10m", "silent"),
        interval="1m",
    ),
    alert_case(
        "SyncBringsNothing",
        "a record every half hour",
        records("0+5x60 300x30 301x30 302x30 303x30", "0+1x180"),
        at("2h45m", "silent"),
        interval="1m",
    ),
    alert_case(
        "SyncBringsNothing",
        "records go out, and none comes in any more",
        {
            **records("0+5x60 300x140", "0+1x201"),
            f'sync_records_total{{{OF},direction="out"}}': "0+5x201",
        },
        at("2h20m", "fires"),
        interval="1m",
    ),
    alert_case(
        "SyncBringsNothing",
        "records only ever go out",
        {**records("0x200", "0+1x201"), f'sync_records_total{{{OF},direction="out"}}': "0+5x201"},
        at("3h", "silent"),
        interval="1m",
    ),
    alert_case(
        "SyncBringsNothing",
        "runs are cancelled",
        {
            f'sync_records_total{{{OF},direction="in"}}': "0+5x60 300x140",
            f'sync_runs_total{{{OF},outcome="cancelled"}}': "0+1x201",
            f'sync_runs_total{{{OF},outcome="success"}}': "0x200",
        },
        at("2h20m", "silent"),
        interval="1m",
    ),
]
