"""Exemplars as pages repeat them: the same words stand behind a series until there are new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.formats.exposition import ExpositionError, parse_sample

if TYPE_CHECKING:
    from vedette.formats.exposition import Exemplar

__all__ = ["ToldExemplars"]


class ToldExemplars:
    """The last exemplar of each slot, as it stood on the page."""

    def __init__(self) -> None:
        self._last: dict[int, bytes] = {}

    def clear(self) -> None:
        """Forget all: slots have moved."""
        self._last.clear()

    def is_new(self, slot: int, event: bytes) -> bool:
        """Whether it is another than before."""
        if self._last.get(slot) == event:
            return False
        self._last[slot] = event
        return True

    def new(self, slot: int, event: bytes, line: bytes) -> Exemplar | None:
        """The exemplar of a line, if it is another than before; one that cannot be read is none."""
        try:
            return parse_sample(line.decode(), 1, "openmetrics").exemplar if self.is_new(slot, event) else None
        except (ExpositionError, UnicodeDecodeError):
            return None
