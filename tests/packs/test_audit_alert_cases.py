"""When each alert of the audit pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import audit
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(audit(silent_for="10m"))


OF = 'operation="invoice_deleted"'


def errors(values: str) -> dict[str, str]:
    """Entries that could not be written."""
    return {f'audit_log_errors_total{{{OF},error_type="OSError"}}': values}


def writes(values: str) -> dict[str, str]:
    """Entries that were."""
    return {f"audit_log_writes_total{{{OF}}}": values}


def durations(under: dict[str, str]) -> dict[str, str]:
    """How long entries took."""
    return buckets("audit_log_write_duration_seconds", OF, under, under["+Inf"])


CASES = [
    alert_case(
        "AuditLogFailing",
        "one entry is lost",
        errors("0x8 1x60"),
        at("2m", "silent"),
        at("2m15s", "fires", {**SHOP, "operation": "invoice_deleted", "severity": "critical"}, count=1),
        at("8m", "resolved"),
    ),
    alert_case("AuditLogFailing", "one was lost yesterday", errors("1x60"), at("12m", "silent")),
    alert_case(
        "AuditLogSilent",
        "entries end, and begin again",
        writes("0+10x60 600x60 610+10x60"),
        at("1h20m", "pending"),
        at("1h27m", "fires", {**SHOP, "severity": "high"}, count=1),
        at("2h5m", "resolved"),
        interval="1m",
    ),
    alert_case("AuditLogSilent", "entries go on", writes("0+10x120"), at("1h50m", "silent"), interval="1m"),
    alert_case(
        "AuditLogSilent", "there are hardly any all day", writes("0x30 1x120"), at("2h", "silent"), interval="1m"
    ),
    alert_case(
        "AuditLogSlow",
        "6 % take over a second, and then none",
        durations({"0.5": "0x240", "1": "0+94x60 5640+100x180", "5": "0+100x240", "+Inf": "0+100x240"}),
        at("10m", "pending"),
        at("10m15s", "fires", {**SHOP, "severity": "medium"}),
        at("25m", "resolved"),
    ),
    alert_case(
        "AuditLogSlow",
        "95 % within a second",
        durations({"0.5": "0x120", "1": "0+95x120", "5": "0+100x120", "+Inf": "0+100x120"}),
        at("20m", "silent"),
    ),
    alert_case(
        "AuditLogSlow",
        "all within a second",
        durations({"0.5": "0x120", "1": "0+100x120", "5": "0+100x120", "+Inf": "0+100x120"}),
        at("20m", "silent"),
    ),
    alert_case(
        "AuditLogSilent", "little all day, and then none", writes("0+1x60 60x60"), at("1h27m", "fires"), interval="1m"
    ),
    alert_case("AuditLogSilent", "too little all day", writes("0+0.6x60 37x60"), at("1h27m", "silent"), interval="1m"),
]
