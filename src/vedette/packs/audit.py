"""The audit log: what is written, and what could not be, which is an incident of its own."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Counter, Histogram
from vedette.packs._audit_panels import panels

__all__ = ["audit", "duration", "errors", "writes"]

_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)

writes = Counter("audit_log_writes_total", help="Entries written to the audit log.", labels=["operation"])
errors = Counter(
    "audit_log_errors_total",
    help="Entries that could not be written to the audit log, by class of error.",
    labels=["operation", "error_type"],
)
duration = Histogram(
    "audit_log_write_duration_seconds", help="Time to write an entry.", labels=["operation"], buckets=_SECONDS
)


_RATE = "job:audit_log_writes:rate15m"
_P95 = "job:audit_log_write_duration_seconds:p95_5m"


@catalog.parametric
def audit(*, slow: float = 1.0, slow_for: str = "10m", silent_for: str = "30m") -> catalog.Pack:
    """The audit log: every entry that could not be written, and whether entries are written at all.

    Args:
        slow: 95th percentile of the time to write an entry, in seconds, that is slow.
        slow_for: how long it must hold.
        silent_for: how long a log that had entries all day may have none.
    """
    check_above_zero(slow=slow)
    return catalog.Pack(
        "audit",
        title="Audit log",
        metrics=[writes, errors, duration],
        recordings=[
            catalog.Recording(
                _RATE, "sum by (job) (rate(audit_log_writes_total[15m]))", description="Entries written per second."
            ),
            catalog.Recording(
                _P95,
                "histogram_quantile(0.95, sum by (job, le) (rate(audit_log_write_duration_seconds_bucket[5m]))) >= 0",
                description="95th percentile of the time to write an entry; absent without entries.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "AuditLogFailing",
                "sum by (job, operation) (increase(audit_log_errors_total[5m])) > 0",
                severity="critical",
                summary="Entries about {{ $labels.operation }} are missing from the audit log of {{ $labels.job }}",
                description="{{ $value | humanize }} could not be written in 5 minutes. What happened leaves no trace.",
                runbook="runbooks/audit-failing.md",
                panel="Entries not written",
            ),
            catalog.Alert(
                "AuditLogSilent",
                f"{_RATE} == 0 and avg_over_time({_RATE}[1d]) > 0.01",
                for_=silent_for,
                severity="high",
                summary="{{ $labels.job }} writes nothing into its audit log any more",
                description="All day there were entries. Either nobody does anything, or what is done is not recorded.",
                runbook="runbooks/audit-silent.md",
                panel="Entries written",
            ),
            catalog.Alert(
                "AuditLogSlow",
                f"{_P95} > {slow:g}",
                for_=slow_for,
                severity="medium",
                summary="An entry into the audit log of {{ $labels.job }} takes {{ $value | humanizeDuration }}",
                description="What is audited waits for its entry, and so do its users.",
                runbook="runbooks/audit-slow.md",
                panel="Time to write",
            ),
        ],
        panels=panels(slow),
        dashboard=catalog.Dashboard(
            description="Is everything recorded that must be?",
            variables=[catalog.Variable("operation", "audit_log_writes_total", "operation", "Operation")],
            tags=["audit"],
        ),
    )
