"""The inverted index of one target's series: label name → value → series ids. Knows no samples."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vedette.promql.labels import Labels, Matcher

__all__ = ["Index"]

# Dashboards and rules repeat a few hundred selectors; what is asked once (an explorer) must not stay for ever.
_CACHED_SELECTIONS = 1024
_NONE = np.empty(0, np.intp)


class Index:
    """Series ids 0, 1, 2… in the order they were added, found by matchers.

    One thread may add while others search.
    """

    __slots__ = ("_cache", "_lock", "_postings", "_size")

    def __init__(self) -> None:
        self._postings: dict[str, dict[str, list[int]]] = {}
        self._size = 0
        self._lock = Lock()
        self._cache: dict[tuple[Matcher, ...], tuple[int, NDArray[np.intp]]] = {}

    def add(self, of: Labels) -> int:
        """The id of a new series; the caller knows that it is new."""
        with self._lock:
            identity = self._size
            for name, value in of:
                self._postings.setdefault(name, {}).setdefault(value, []).append(identity)
            self._size = identity + 1
        return identity

    def find(self, matchers: tuple[Matcher, ...]) -> NDArray[np.intp]:
        """Ids of the series that satisfy every matcher, ascending. Shared with other callers: not to be written to."""
        for one in matchers:
            if one.op == "=" and one.value and one.value not in self._postings.get(one.name, ()):
                return _NONE  # as from most of many targets, and sooner than from the cache
        cached = self._cache.get(matchers)
        if cached is not None and cached[0] == self._size:
            return cached[1]
        with self._lock:
            size = self._size
            ids = self._search(matchers)
        if len(self._cache) >= _CACHED_SELECTIONS:
            self._cache.clear()
        self._cache[matchers] = (size, ids)
        return ids

    def names(self) -> list[str]:
        """Label names that any series has."""
        with self._lock:
            return list(self._postings)

    def values(self, name: str) -> list[str]:
        """Values that any series has for a label."""
        with self._lock:
            return list(self._postings.get(name, ()))

    def _search(self, matchers: Sequence[Matcher]) -> NDArray[np.intp]:
        equal = [m for m in matchers if m.op == "=" and m.value]
        found: NDArray[np.intp] | None = None
        for matcher in equal:
            ids = np.array(self._postings[matcher.name][matcher.value], np.intp)
            found = ids if found is None else np.intersect1d(found, ids, assume_unique=True)
        mask = np.ones(self._size, np.bool_) if found is None else np.zeros(self._size, np.bool_)
        if found is not None:
            mask[found] = True
        for matcher in matchers:
            if matcher.op != "=" or not matcher.value:
                mask &= self._mask(matcher)
        return np.flatnonzero(mask)

    def _mask(self, matcher: Matcher) -> NDArray[np.bool_]:
        """Which series satisfy one matcher, by testing each distinct value once; no label counts as the empty value."""
        empty = matcher.matches("")
        mask = np.full(self._size, empty)
        for value, posting in self._postings.get(matcher.name, {}).items():
            if matcher.matches(value) is not empty:
                mask[posting] = not empty
        return mask
