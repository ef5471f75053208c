"""When each alert of the backup pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import backup
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(backup(missing_for="1h", stuck_for="30m", too_old_hours=2, unverified_days=0.25))

NIGHTLY = {**SHOP, "backup": "database"}
OF = '{backup="database"}'

# Time begins at zero here: a timestamp is a time of the test.


def last_run(values: str) -> dict[str, str]:
    """Whether the last run went well."""
    return {f"backup_last_run_success{OF}": values}


def last_success(values: str) -> dict[str, str]:
    """When the last good run ended."""
    return {f"backup_last_success_timestamp_seconds{OF}": values}


def size(values: str) -> dict[str, str]:
    """How large the last one is."""
    return {f"backup_last_size_bytes{OF}": values}


CASES = [
    alert_case(
        "BackupFailed",
        "a run fails, the next goes well",
        last_run("1x8 0x40 1x40"),
        at("2m", "silent"),
        at("2m15s", "fires", {**NIGHTLY, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("BackupFailed", "all goes well", last_run("1x40"), at("10m", "silent")),
    alert_case(
        "BackupFailed",
        "another one has failed",
        {**last_run("1x40"), 'backup_last_run_success{backup="files"}': "0x40"},
        at("5m", "fires", {"backup": "files"}, count=1),
    ),
    alert_case(
        "BackupTooOld",
        "no good one for two hours, then one",
        last_success("0x125 7500x20"),
        at("2h", "silent"),
        at("2h1m", "fires", {**NIGHTLY, "severity": "critical"}, count=1),
        at("2h7m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "BackupTooOld", "one an hour", last_success("0x59 3600x59 7200x60"), at("2h59m", "silent"), interval="1m"
    ),
    alert_case(
        "BackupTooOld",
        "one instance has an old one, the other a new one",
        {
            'backup_last_success_timestamp_seconds{instance="a:1",backup="database"}': "0x180",
            'backup_last_success_timestamp_seconds{instance="b:1",backup="database"}': "7000x180",
        },
        at("2h30m", "silent"),
        interval="1m",
    ),
    alert_case(
        "BackupMissing",
        "a service that has none, until the first ends well",
        {"up": "1x90", **last_success("_x70 4200x20")},
        at("59m", "pending"),
        at("1h", "fires", {**SHOP, "severity": "high"}, count=1),
        at("1h10m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "BackupMissing",
        "there were some, until the service was set up anew",
        {"up": "1x90", **last_success("0x9 _x80")},
        at("1h13m", "pending"),
        at("1h20m", "fires", SHOP, count=1),
        interval="1m",
    ),
    alert_case(
        "BackupMissing", "there is one", {"up": "1x90", **last_success("0x90")}, at("80m", "silent"), interval="1m"
    ),
    alert_case(
        "BackupMissing",
        "the service is down: that is another alert",
        {"up": "0x90"},
        at("80m", "silent"),
        interval="1m",
    ),
    alert_case(
        "BackupStuck",
        "a run takes more than half an hour",
        {f"backup_runs_in_progress{OF}": "0x4 1x40 0x20"},
        at("34m", "pending"),
        at("35m", "fires", {**NIGHTLY, "severity": "high"}, count=1),
        at("46m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "BackupStuck", "none runs", {f"backup_runs_in_progress{OF}": "0x60"}, at("50m", "silent"), interval="1m"
    ),
    alert_case(
        "BackupStuck",
        "one runs for a quarter of an hour",
        {f"backup_runs_in_progress{OF}": "1x15 0x45"},
        at("40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "BackupShrunk",
        "a third of the usual, then the usual again",
        size("300x40 100x20 300x20"),
        at("45m", "pending"),
        at("46m", "fires", {**NIGHTLY, "severity": "high"}, count=1),
        at("1h2m", "resolved"),
        interval="1m",
    ),
    alert_case("BackupShrunk", "exactly half of the usual", size("300x40 150x20"), at("55m", "silent"), interval="1m"),
    alert_case("BackupShrunk", "as large as ever", size("300x60"), at("55m", "silent"), interval="1m"),
    alert_case(
        "BackupNotVerified",
        "no proof for six hours, then one",
        {f"backup_last_verified_timestamp_seconds{OF}": "0x365 21900x20"},
        at("6h", "silent"),
        at("6h1m", "fires", {**NIGHTLY, "severity": "medium"}, count=1),
        at("6h7m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "BackupNotVerified",
        "a proof an hour ago",
        {f"backup_last_verified_timestamp_seconds{OF}": "18000x400"},
        at("6h30m", "silent"),
        interval="1m",
    ),
]
