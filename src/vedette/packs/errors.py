"""Error tracking: what goes wrong in which part of the application, by severity and class."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter

__all__ = ["SEVERITIES", "errors", "tracked"]

SEVERITIES = ("critical", "error", "warning")
"""How bad an error is for whom it happens to: nothing works, this does not work, it works in another way."""

tracked = Counter(
    "application_errors_total",
    help="Errors that the application tells, by part, severity and class.",
    labels={"part": None, "severity": list(SEVERITIES), "error_type": None},
)


@catalog.parametric
def errors() -> catalog.Pack:
    """Errors by part of the application, severity and class."""
    return catalog.Pack("errors", title="Errors", metrics=[tracked])
