"""What one rule writes to the head: a row or whole columns, with an end marker for series that vanish.

A rule has a matrix of its own, because rules of a group are committed one after another at the same timestamp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.labels import render
from vedette.promql.source import STALE_BITS, STALE_NAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vedette.engine.tsdb.matrix import TargetMatrix
    from vedette.promql.labels import Labels

__all__ = ["Output"]


class Output:
    """The series of one rule."""

    __slots__ = ("_cells", "_ended", "_generation", "_matrix", "_previous", "_slots", "_stamp", "rivals")

    def __init__(self, matrix: TargetMatrix) -> None:
        self.rivals: list[Output] = []
        """Outputs of earlier rules that may write the same series: at one instant the first one wins."""
        self._matrix = matrix
        self._stamp: int | None = None
        self._previous: list[Labels] = []
        """Series of the last evaluation that went well."""
        self._cells: NDArray[np.float64] = np.empty(0)
        """Their values."""
        self._ended: list[Labels] = []
        """Series that ended at it."""
        self._slots: NDArray[np.intp] = np.empty(0, np.intp)
        self._generation = matrix.generation

    def _slots_of(self, labels: Sequence[Labels]) -> NDArray[np.intp]:
        if self._generation == self._matrix.generation and labels == self._previous:
            return self._slots
        return np.array([self._matrix.slot(of) for of in labels], np.intp)

    def written_at(self, timestamp: int) -> dict[Labels, int]:
        """Series with the bits of their value at this timestamp, if it is that of the last evaluation."""
        if self._stamp != timestamp:
            return {}
        bits = np.ascontiguousarray(self._cells).view(np.uint64).tolist()
        return {**dict.fromkeys(self._ended, STALE_BITS), **dict(zip(self._previous, bits, strict=True))}

    def commit(self, timestamp: int, labels: list[Labels], values: NDArray[np.float64]) -> str:
        """Store one evaluation; says what was not stored, ``""`` where all was."""
        problem = ""
        taken: dict[Labels, int] = {}
        for rival in self.rivals:
            taken = {**rival.written_at(timestamp), **taken}
        if taken and any(of in taken for of in labels):
            own = dict(zip(labels, np.ascontiguousarray(values).view(np.uint64).tolist(), strict=True))
            double = next((of for of in labels if of in taken and taken[of] != own[of]), None)
            if double is not None:
                problem = f"duplicate sample for timestamp: an earlier rule gives {render(double)} another value"
            keep = [at for at, of in enumerate(labels) if of not in taken]
            labels, values = [labels[at] for at in keep], values[keep]
        self._stamp, self._ended, self._cells = timestamp, [], values
        if not labels and not self._previous:
            return problem
        slots = self._slots_of(labels)
        rows, cells = slots, values
        if labels != self._previous:
            now = set(labels)
            self._ended = [of for of in self._previous if of not in now and of not in taken]
            if gone := self._ended:
                rows = np.concatenate([slots, self._slots_of(gone)])
                cells = np.concatenate([values, np.full(len(gone), STALE_NAN)])
        stored = self._matrix.append(timestamp, rows, cells)
        self._previous, self._cells = labels, values
        self._slots, self._generation = slots, self._matrix.generation
        return problem if stored == len(rows) else _refused(timestamp)

    def commit_columns(
        self,
        timestamps: NDArray[np.int64],
        labels: Sequence[Labels],
        values: NDArray[np.float64],
        present: NDArray[np.bool_],
    ) -> str:
        """Store evaluations at once, as ``commit`` would one after another: ``values[S, T]``, ``present[S, T]``."""
        if not len(timestamps):
            return ""
        before = set(self._previous)
        known = set(labels)
        others = [of for of in self._previous if of not in known]
        rows = [*labels, *others]
        if not rows:
            return ""
        width = len(timestamps)
        held = np.concatenate([present, np.zeros((len(others), width), np.bool_)])
        cells = np.concatenate([values, np.zeros((len(others), width))])
        earlier = np.empty_like(held)
        earlier[:, 0] = [of in before for of in rows]
        earlier[:, 1:] = held[:, :-1]
        ends = earlier & ~held
        written = held | ends
        # series get their places as they appear, as one evaluation after another gives them: who asks without sorting
        # is answered in that order
        for at in np.argsort(written.argmax(axis=1), kind="stable").tolist():
            if written[at].any():
                self._matrix.slot(rows[at])
        stored = self._matrix.append_columns(
            timestamps, self._slots_of(rows), np.where(ends, STALE_NAN, cells), written
        )
        self._previous = [of for of, last in zip(rows, held[:, -1], strict=True) if last]
        self._slots = np.array([self._matrix.slot(of) for of in self._previous], np.intp)
        self._generation = self._matrix.generation
        self._stamp, self._ended = int(timestamps[-1]), [of for of, last in zip(rows, ends[:, -1], strict=True) if last]
        self._cells = cells[held[:, -1], -1]
        return "" if stored == int(written.sum()) else _refused(self._stamp)


def _refused(stamp: int) -> str:
    return f"the store refused samples at {stamp}: it holds newer ones of this rule"
