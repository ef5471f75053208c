"""Migrations, as the migration pack declares them. Those of Alembic and Django are told by their integrations.

Example:
    >>> from vedette.domains import migration
    >>> migration.watch_pending("shop", lambda: 0)
    >>> with migration.run("shop"):
    ...     pass
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.domains.run import Run, outcome_of
from vedette.packs.migration import last_duration, last_success, pending, running, runs, started

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MigrationRun", "run", "watch_pending"]


class MigrationRun(Run):
    """One migration, or a series of them run together."""

    __slots__ = ("_database",)

    def __init__(self, database: str) -> None:
        super().__init__()
        self._database = database

    def _began(self) -> None:
        running.inc(self._database)
        started.set_to_current_time(self._database)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        running.dec(self._database)
        last_duration.set(seconds, self._database)
        outcome = outcome_of(error)
        runs.inc(self._database, outcome)
        if outcome == "success":
            last_success.set_to_current_time(self._database)


def run(database: str) -> MigrationRun:
    """A migration of ``database``: a block or a decorated function."""
    return MigrationRun(database)


def watch_pending(database: str, ask: Callable[[], float]) -> None:
    """Ask at every scrape how many migrations are pending; what asks the database should keep its answer a while."""
    pending.set_function(ask, database)
