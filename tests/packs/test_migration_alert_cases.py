"""When each alert of the migration pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, stack_of

from vedette.packs import migration
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(migration(pending_for="10m", stuck_for="5m"))


DATABASE = {**SHOP, "database": "shop"}
OF = 'database="shop"'


def ended(failure: str) -> dict[str, str]:
    """Migrations that failed, beside those that went well."""
    return {
        f'migration_runs_total{{{OF},outcome="failure"}}': failure,
        f'migration_runs_total{{{OF},outcome="success"}}': "0+1x120",
    }


def last(duration: str, success: str) -> dict[str, str]:
    """How long the last one took, and when it ended; time begins at zero here."""
    return {
        f"migration_last_run_duration_seconds{{{OF}}}": duration,
        f"migration_last_success_timestamp_seconds{{{OF}}}": success,
    }


CASES = [
    alert_case(
        "MigrationFailed",
        "one fails",
        ended("0x8 1x100"),
        at("2m", "silent"),
        at("2m15s", "fires", {**DATABASE, "severity": "critical"}, count=1),
        at("18m", "resolved"),
    ),
    alert_case("MigrationFailed", "one failed long ago", ended("2x100"), at("20m", "silent")),
    alert_case(
        "MigrationStuck",
        "one runs for longer than five minutes",
        {f"migrations_running{{{OF}}}": "0x8 1x40 0x40"},
        at("7m", "pending"),
        at("7m15s", "fires", {**DATABASE, "severity": "high"}, count=1),
        at("13m", "resolved"),
    ),
    alert_case("MigrationStuck", "none runs", {f"migrations_running{{{OF}}}": "0x80"}, at("18m", "silent")),
    alert_case(
        "MigrationStuck", "one runs for two minutes", {f"migrations_running{{{OF}}}": "1x8 0x72"}, at("18m", "silent")
    ),
    alert_case(
        "MigrationPending",
        "two are forgotten, until somebody runs them",
        {f"migrations_pending{{{OF}}}": "0x8 2x60 0x40"},
        at("12m", "pending"),
        at("12m15s", "fires", {**DATABASE, "severity": "medium"}, count=1),
        at("18m", "resolved"),
    ),
    alert_case("MigrationPending", "none is", {f"migrations_pending{{{OF}}}": "0x80"}, at("18m", "silent")),
    alert_case(
        "MigrationPending",
        "one is, on one of two instances",
        {
            f'migrations_pending{{instance="a:1",{OF}}}': "1x80",
            f'migrations_pending{{instance="b:1",{OF}}}': "0x80",
        },
        at("18m", "fires", count=1),
    ),
    alert_case(
        "MigrationSlow",
        "one takes a quarter of an hour, and a day goes by",
        last("900x1500", "0x1500"),
        at("5m", "fires", {**DATABASE, "severity": "low"}, count=1),
        at("23h59m", "fires"),
        at("24h1m", "resolved"),
        interval="1m",
    ),
    alert_case("MigrationSlow", "exactly ten minutes", last("600x80", "0x80"), at("10m", "silent")),
    alert_case("MigrationSlow", "a minute", last("60x80", "0x80"), at("10m", "silent")),
]
