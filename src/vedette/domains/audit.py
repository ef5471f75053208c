"""The audit log, as the audit pack declares it.

Example:
    >>> from vedette.domains import audit
    >>> with audit.write("invoice_deleted"):
    ...     pass
"""

from __future__ import annotations

from vedette.domains.run import Run
from vedette.instruments.metrics.measure import error_type
from vedette.packs.audit import duration, errors, writes

__all__ = ["AuditWrite", "write"]


class AuditWrite(Run):
    """One entry being written. One that was cancelled was not written either."""

    __slots__ = ("_operation",)

    def __init__(self, operation: str) -> None:
        super().__init__()
        self._operation = operation

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        duration.observe(seconds, self._operation)
        if error is None:
            writes.inc(self._operation)
        else:
            errors.inc(self._operation, error_type(error))


def write(operation: str) -> AuditWrite:
    """The writing of an entry about ``operation``: a block or a decorated function."""
    return AuditWrite(operation)
