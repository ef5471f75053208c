"""What one rule writes to the head: a row or whole columns, with an end marker for series that vanish.

A rule has a matrix of its own, because rules of a group are committed one after another at the same timestamp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.source import STALE_NAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vedette.engine.tsdb.matrix import TargetMatrix
    from vedette.promql.labels import Labels

__all__ = ["Output"]


class Output:
    """The series of one rule."""

    __slots__ = ("_generation", "_matrix", "_previous", "_slots")

    def __init__(self, matrix: TargetMatrix) -> None:
        self._matrix = matrix
        self._previous: list[Labels] = []
        """Series of the last evaluation that went well."""
        self._slots: NDArray[np.intp] = np.empty(0, np.intp)
        self._generation = matrix.generation

    def _slots_of(self, labels: Sequence[Labels]) -> NDArray[np.intp]:
        if self._generation == self._matrix.generation and labels == self._previous:
            return self._slots
        return np.array([self._matrix.slot(of) for of in labels], np.intp)

    def commit(self, timestamp: int, labels: list[Labels], values: NDArray[np.float64]) -> bool:
        """Store one evaluation; False where the head holds something as new already and refuses it."""
        if not labels and not self._previous:
            return True
        slots = self._slots_of(labels)
        rows, cells = slots, values
        if labels != self._previous:
            now = set(labels)
            gone = [of for of in self._previous if of not in now]
            if gone:
                rows = np.concatenate([slots, self._slots_of(gone)])
                cells = np.concatenate([values, np.full(len(gone), STALE_NAN)])
        stored = self._matrix.append(timestamp, rows, cells)
        self._previous, self._slots, self._generation = labels, slots, self._matrix.generation
        return stored == len(rows)

    def commit_columns(
        self,
        timestamps: NDArray[np.int64],
        labels: Sequence[Labels],
        values: NDArray[np.float64],
        present: NDArray[np.bool_],
    ) -> bool:
        """Store evaluations at once, as ``commit`` would one after another: ``values[S, T]``, ``present[S, T]``."""
        if not len(timestamps):
            return True
        before = set(self._previous)
        known = set(labels)
        others = [of for of in self._previous if of not in known]
        rows = [*labels, *others]
        if not rows:
            return True
        width = len(timestamps)
        held = np.concatenate([present, np.zeros((len(others), width), np.bool_)])
        cells = np.concatenate([values, np.zeros((len(others), width))])
        earlier = np.empty_like(held)
        earlier[:, 0] = [of in before for of in rows]
        earlier[:, 1:] = held[:, :-1]
        ends = earlier & ~held
        stored = self._matrix.append_columns(
            timestamps, self._slots_of(rows), np.where(ends, STALE_NAN, cells), held | ends
        )
        self._previous = [of for of, last in zip(rows, held[:, -1], strict=True) if last]
        self._slots = np.array([self._matrix.slot(of) for of in self._previous], np.intp)
        self._generation = self._matrix.generation
        return stored == int((held | ends).sum())
