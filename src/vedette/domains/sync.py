"""Synchronisation with other systems, as the sync pack declares it.

Example:
    >>> from vedette.domains import sync
    >>> with sync.run("crm") as run:
    ...     run.read(120)
    ...     run.wrote(3)
"""

from __future__ import annotations

from vedette.domains.run import Run, outcome_of
from vedette.instruments.metrics.measure import error_type
from vedette.packs.sync import duration, errors, in_progress, last_success, records, runs, started

__all__ = ["SyncRun", "run"]


class SyncRun(Run):
    """One run. What is read and written is counted as it happens, whether or not the run ends well."""

    __slots__ = ("_integration",)

    def __init__(self, integration: str) -> None:
        super().__init__()
        self._integration = integration

    def read(self, count: int = 1) -> None:
        """Records that came from the other system."""
        records.inc(self._integration, "in", amount=count)

    def wrote(self, count: int = 1) -> None:
        """Records that went to the other system."""
        records.inc(self._integration, "out", amount=count)

    def failed(self, count: int = 1) -> None:
        """Records that could not be taken over, where the run goes on without them."""
        records.inc(self._integration, "failed", amount=count)

    def _began(self) -> None:
        started.inc(self._integration)
        in_progress.inc(self._integration)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        in_progress.dec(self._integration)
        duration.observe(seconds, self._integration)
        outcome = outcome_of(error)
        runs.inc(self._integration, outcome)
        if outcome == "success":
            last_success.set_to_current_time(self._integration)
        elif outcome == "failure" and error is not None:
            errors.inc(self._integration, error_type(error))


def run(integration: str) -> SyncRun:
    """A run of the synchronisation with ``integration``, such as ``"crm"``: a block or a decorated function."""
    return SyncRun(integration)
