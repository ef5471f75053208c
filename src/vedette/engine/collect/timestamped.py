"""Samples that bring timestamps of their own (exporters that relay others' measurements, such as cAdvisor).

A matrix shares one timestamp among its series. So series that come with the same timestamp share a matrix, and one
that strays from its fellows moves to another.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from vedette.engine.collect.page import Timestamped
    from vedette.engine.tsdb.head import Head
    from vedette.engine.tsdb.matrix import TargetMatrix
    from vedette.promql.labels import Labels

__all__ = ["TimestampedSeries"]


# A series unseen for an hour (milliseconds) is forgotten when those known have doubled.
_FORGOTTEN_AFTER = 3_600_000
_KNOWN_AT_LEAST = 1000


class TimestampedSeries:
    """The matrices of one target's series with explicit timestamps."""

    def __init__(self, head: Head, key: Hashable) -> None:
        self._head = head
        self._key = key
        self._made = 0
        self._home: dict[Labels, TargetMatrix] = {}
        self._newest: dict[Labels, int] = {}
        self._members: Counter[TargetMatrix] = Counter()
        self._limit = _KNOWN_AT_LEAST
        self.refused = 0
        """Samples not stored because their series already had a newer one."""

    def append(self, samples: Iterable[Timestamped]) -> set[Labels]:
        """Store samples. One that repeats the series' newest timestamp, as a relay does between updates, is left out.

        Returns:
            The series that got a sample.
        """
        rows: dict[int, dict[Labels, float]] = {}
        votes: dict[TargetMatrix, Counter[int]] = {}
        for of, timestamp, value in samples:
            last = self._newest.get(of)
            if last is not None and timestamp <= last:
                self.refused += timestamp < last
                continue
            rows.setdefault(timestamp, {}).setdefault(of, value)
            if last is not None:
                votes.setdefault(self._home[of], Counter())[timestamp] += 1
        shared = {matrix: max(counts, key=lambda t: (counts[t], t)) for matrix, counts in votes.items()}
        for timestamp in sorted(rows):
            self._row(timestamp, rows[timestamp], shared)
        if len(self._newest) > self._limit:
            self._forget()
        return {of for row in rows.values() for of in row}

    def close(self) -> None:
        """The target is gone: its matrices leave with their last samples."""
        for matrix in self._members:
            matrix.closed = True

    def _row(self, timestamp: int, row: dict[Labels, float], shared: dict[TargetMatrix, int]) -> None:
        """Store the samples of one timestamp; ``shared`` says which one most series of a matrix have this time."""
        groups: dict[TargetMatrix, list[Labels]] = {}
        homeless: list[Labels] = []
        for of in row:
            matrix = self._home.get(of)
            fits = matrix is not None and (shared.get(matrix) == timestamp or self._members[matrix] == 1)
            if matrix is not None and fits and (matrix.newest is None or matrix.newest < timestamp):
                groups.setdefault(matrix, []).append(of)
            else:
                homeless.append(of)
        if homeless:
            home = max(groups, key=lambda matrix: len(groups[matrix]), default=None)
            if home is None:
                home = self._head.target((self._key, self._made))
                self._made += 1
            groups.setdefault(home, []).extend(homeless)
            for of in homeless:
                self._leave(of)
                self._home[of] = home
            self._members[home] += len(homeless)
        for matrix, members in groups.items():
            matrix.append(timestamp, [matrix.slot(of) for of in members], [row[of] for of in members])
        for of in row:
            self._newest[of] = timestamp

    def _leave(self, of: Labels) -> None:
        matrix = self._home.pop(of, None)
        if matrix is not None:
            self._members[matrix] -= 1
            if not self._members[matrix]:
                del self._members[matrix]
                matrix.closed = True

    def _forget(self) -> None:
        before = max(self._newest.values()) - _FORGOTTEN_AFTER
        for of in [of for of, newest in self._newest.items() if newest < before]:
            del self._newest[of]
            self._leave(of)
        self._limit = max(_KNOWN_AT_LEAST, 2 * len(self._newest))
