"""Memory and knowledge graphs, as the memory pack declares them.

Example:
    >>> from vedette.domains import memory
    >>> with memory.operation("graph", "search") as search:
    ...     search.found(7)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.domains.run import Run, outcome_of
from vedette.instruments.metrics.measure import error_type
from vedette.packs.memory import duration, errors, items, operations, results

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MemoryOperation", "operation", "watch_items"]


class MemoryOperation(Run):
    """One operation."""

    __slots__ = ("_operation", "_store")

    def __init__(self, store: str, operation: str) -> None:
        super().__init__()
        self._store, self._operation = store, operation

    def found(self, count: int) -> None:
        """How much a search has found; nothing found is told, too."""
        results.observe(count, self._store)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        duration.observe(seconds, self._store, self._operation)
        outcome = outcome_of(error)
        operations.inc(self._store, self._operation, outcome)
        if outcome == "failure" and error is not None:
            errors.inc(self._store, self._operation, error_type(error))


def operation(store: str, name: str) -> MemoryOperation:
    """An operation on ``store``, such as ``"add"``, ``"update"``, ``"delete"``, ``"search"`` or ``"process"``."""
    return MemoryOperation(store, name)


def watch_items(store: str, kind: str, count: Callable[[], float]) -> None:
    """Ask ``count`` at every scrape how many of a kind, such as ``"nodes"``, ``store`` holds."""
    items.set_function(count, store, kind)
