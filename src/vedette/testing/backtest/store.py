"""The part of the past that is in memory: raw samples, and over them what each candidate's rules write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.engine.tsdb.head import Head
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from vedette.promql.labels import Labels, Matcher
    from vedette.promql.source import Block
    from vedette.testing.backtest.samples import Batch

__all__ = ["Layer", "Store"]

# A matrix of series that share their timestamps may have so many more columns than its longest series.
_LOOSE: Final = 1.5


class Store:
    """Raw samples as they are loaded, chunk after chunk. Series with the same timestamps share a matrix."""

    def __init__(self) -> None:
        self.head = Head()
        self._homes: dict[Labels, Hashable] = {}
        self._reach: dict[Hashable, int] = {}
        self._newest: dict[Labels, int] = {}
        self._made = 0

    @property
    def samples(self) -> int:
        """How many are in memory now."""
        return self.head.stats().samples

    def add(self, batch: Batch, reach: int) -> int:
        """Take in samples that are kept for ``reach`` milliseconds; what a series has already is left out.

        Returns:
            How many samples were new.
        """
        fresh: dict[Labels, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        for of, (times, values) in batch.items():
            newest = self._newest.get(of)
            first = 0 if newest is None else int(times.searchsorted(newest, "right"))
            if first < len(times):
                fresh[of] = (times[first:], values[first:]) if first else (times, values)
        stored = 0
        for home, members in self._settled(fresh).items():
            stored += self._store(home, members, fresh)
            self._reach[home] = max(reach, self._reach.get(home, 0))
        for of, (times, _) in fresh.items():
            self._newest[of] = int(times[-1])
        return stored

    def _settled(self, fresh: Batch) -> dict[Hashable, list[Labels]]:
        """The matrices and their series: those of before where that still fits, else with others at the same times."""
        found: dict[Hashable, list[Labels]] = {}
        moving: list[Labels] = []
        by_home: dict[Hashable, list[Labels]] = {}
        for of in fresh:
            home = self._homes.get(of)
            if home is None:
                moving.append(of)
            else:
                by_home.setdefault(home, []).append(of)
        for home, members in by_home.items():
            longest = max(len(fresh[of][0]) for of in members)
            if len(members) == 1 or len(_union([fresh[of][0] for of in members])) <= _LOOSE * longest + 1:
                found[home] = members
            else:
                moving += members
        if not moving:
            return found
        alike: dict[bytes, Hashable] = {}
        for home, members in found.items():
            for of in members:
                alike.setdefault(fresh[of][0].tobytes(), home)
        for of in moving:
            key = fresh[of][0].tobytes()
            home = alike.get(key)
            if home is None:
                self._made += 1
                home = alike[key] = ("raw", self._made)
            self._homes[of] = home
            found.setdefault(home, []).append(of)
        return found

    def _store(self, home: Hashable, members: Sequence[Labels], fresh: Batch) -> int:
        matrix = self.head.target(home)
        times = _union([fresh[of][0] for of in members])
        values = np.zeros((len(members), len(times)))
        present = np.zeros(values.shape, np.bool_)
        for row, of in enumerate(members):
            own, held = fresh[of]
            if len(own) == len(times):
                values[row], present[row] = held, True
            else:
                at = times.searchsorted(own)
                values[row, at], present[row, at] = held, True
        slots = np.array([matrix.slot(of) for of in members], np.intp)
        return matrix.append_columns(times, slots, values, present)

    def forget(self, now: int) -> None:
        """Let go of what no evaluation after ``now`` (milliseconds) reads."""
        for home, reach in self._reach.items():
            self.head.target(home).truncate(now - reach)


def _union(times: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    first = times[0]
    if all(len(other) == len(first) and (other is first or np.array_equal(other, first)) for other in times[1:]):
        return first
    return np.unique(np.concatenate(times))


class Layer(Head):
    """What one candidate's rules write, under these names, read together with the raw samples below it."""

    def __init__(self, below: Head, names: Collection[str]) -> None:
        super().__init__()
        self._below = below
        self._names = names

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Block]:
        """The raw series and those written here that match, with their samples in ``[start, end]`` (milliseconds)."""
        found = self._below.select(matchers, start, end)
        if any(one.name == NAME and one.op == "=" and one.value not in self._names for one in matchers):
            return found
        return [*found, *super().select(matchers, start, end)]

    def written(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Block]:
        """As ``select``, without what lies below."""
        return super().select(matchers, start, end)

    def forget(self, now: int, reach: Mapping[Hashable, int]) -> None:
        """Let go of what each matrix, by its key, has from so many milliseconds before ``now``."""
        for key, back in reach.items():
            self.target(key).truncate(now - back)
