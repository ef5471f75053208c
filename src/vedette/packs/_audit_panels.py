"""The panels of the audit pack: is everything recorded, and how fast."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{operation=~"$operation"}'


def panels(slow: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Entries",
            "sum by (job) (rate(audit_log_writes_total[5m]))",
            kind="stat",
            unit="writes/s",
            legend="{{job}}",
            description="Entries written per second.",
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Lost today",
            "sum by (job) (increase(audit_log_errors_total[1d]))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Entries of the last 24 hours that could not be written. One is too many.",
            thresholds={1: "critical"},
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Time to write p95",
            "job:audit_log_write_duration_seconds:p95_5m",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95 % of the entries are written faster.",
            thresholds={slow: "medium"},
            width=8,
            height=4,
        ),
        catalog.Row("By operation"),
        catalog.Panel(
            "Entries written",
            f"sum by (job, operation) (rate(audit_log_writes_total{_OF}[5m]))",
            unit="writes/s",
            legend="{{job}} {{operation}}",
            description="Follows what users do. An operation that vanishes alone has lost its entry in the code.",
            minimum=0,
        ),
        catalog.Panel(
            "Entries not written",
            f"sum by (job, operation) (increase(audit_log_errors_total{_OF}[5m]))",
            unit="count",
            legend="{{job}} {{operation}}",
            description="Entries lost within 5 minutes. The line is zero on every good day.",
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, error_type) (increase(audit_log_errors_total{_OF}[1h]))",
            unit="count",
            legend="{{job}} {{error_type}}",
            description="Why entries could not be written, within an hour.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Time to write",
            "job:audit_log_write_duration_seconds:p95_5m",
            unit="seconds",
            legend="{{job}}",
            description="95th percentile. It rises with the load of the database that holds the log.",
            thresholds={slow: "medium"},
            minimum=0,
        ),
    ]
