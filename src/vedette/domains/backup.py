"""Backups, as the backup pack declares them. One that is a process of its own pushes them: see `vedette.job`.

Example:
    >>> from vedette.domains import backup
    >>> with backup.run("database") as run:
    ...     run.size(512_000)
    >>> backup.verified("database")
"""

from __future__ import annotations

from vedette.domains.run import Run, outcome_of
from vedette.packs.backup import (
    in_progress,
    last_duration,
    last_outcome,
    last_size,
    last_success,
    last_verified,
    runs,
)

__all__ = ["BackupRun", "run", "verified"]


class BackupRun(Run):
    """One backup being made."""

    __slots__ = ("_backup", "_size")

    def __init__(self, backup: str) -> None:
        super().__init__()
        self._backup = backup
        self._size: float | None = None

    def size(self, count: float) -> None:
        """How many bytes it has; told when it has gone well."""
        self._size = count

    def _began(self) -> None:
        in_progress.inc(self._backup)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        in_progress.dec(self._backup)
        outcome = outcome_of(error)
        runs.inc(self._backup, outcome)
        last_outcome.set(float(outcome == "success"), self._backup)
        last_duration.set(seconds, self._backup)
        if outcome == "success":
            last_success.set_to_current_time(self._backup)
            if self._size is not None:
                last_size.set(self._size, self._backup)


def run(backup: str) -> BackupRun:
    """A backup of ``backup``, such as ``"database"``, being made: a block or a decorated function."""
    return BackupRun(backup)


def verified(backup: str) -> None:
    """The last backup was restored, or read in full, and is good."""
    last_verified.set_to_current_time(backup)
