"""The audit log: what is written, and what could not be, which is an incident of its own."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Histogram

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


@catalog.parametric
def audit() -> catalog.Pack:
    """The audit log."""
    return catalog.Pack("audit", title="Audit log", metrics=[writes, errors, duration])
