"""Scheduled and recurring jobs, as the schedule pack declares them. A process that ends is `vedette.job`'s.

Example:
    >>> from vedette.domains import schedule
    >>> @schedule.run("nightly_report")
    ... def report(): ...
    >>> schedule.next_run("nightly_report", at=1_800_000_000.0)
"""

from __future__ import annotations

from vedette.domains.run import Run, outcome_of
from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.packs.schedule import delay, duration, errors, in_progress, last_success, runs
from vedette.packs.schedule import missed as missed_total
from vedette.packs.schedule import next_run as next_run_timestamp

__all__ = ["ScheduledRun", "missed", "next_run", "run"]


class ScheduledRun(Run):
    """One run of a job."""

    __slots__ = ("_due", "_name")

    def __init__(self, name: str, due: float | None) -> None:
        super().__init__()
        self._name, self._due = name, due

    def _began(self) -> None:
        in_progress.inc(self._name)
        if self._due is not None:
            delay.observe(max(0.0, clock.now() - self._due), self._name)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        in_progress.dec(self._name)
        duration.observe(seconds, self._name)
        outcome = outcome_of(error)
        runs.inc(self._name, outcome)
        if outcome == "success":
            last_success.set_to_current_time(self._name)
        elif outcome == "failure" and error is not None:
            errors.inc(self._name, error_type(error))


def run(name: str, *, due: float | None = None) -> ScheduledRun:
    """A run of the job ``name``: a block or a decorated function.

    Args:
        name: of the job.
        due: when it should have begun, in seconds since the epoch; then its delay is told.
    """
    return ScheduledRun(name, due)


def next_run(name: str, *, at: float) -> None:
    """Say when the job is to run next, in seconds since the epoch."""
    next_run_timestamp.set(at, name)


def missed(name: str) -> None:
    """A run was left out, because another went on still or the process was not there."""
    missed_total.inc(name)
