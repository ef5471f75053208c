"""What the application logs: how much of which level by whom, and which exceptions."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter
from vedette.packs._logs_panels import panels

__all__ = ["LEVELS", "exceptions", "logs", "records"]

LEVELS = ("debug", "info", "warning", "error", "critical")
"""Python's own, by growing number; a level in between is counted as the one below it."""

records = Counter(
    "log_records_total",
    help="Records that were logged, by level and the first two parts of the logger's name.",
    labels={"level": list(LEVELS), "logger": None},
)
exceptions = Counter(
    "log_exceptions_total",
    help="Exceptions that were logged with their traceback, by class and by where they came from.",
    labels=["exception_type", "fingerprint"],
    max_series=500,
)


@catalog.parametric
def logs() -> catalog.Pack:
    """Logs: records by level and logger, exceptions by class and fingerprint."""
    return catalog.Pack(
        "logs",
        title="Logs",
        metrics=[records, exceptions],
        panels=panels(),
        dashboard=catalog.Dashboard(description="What is logged, by whom, and what is new?", tags=["logs"]),
    )
