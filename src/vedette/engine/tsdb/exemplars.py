"""Single events behind the samples, with their traces: the newest of each series, in memory, so many in all."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.promql.labels import get

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.formats.exposition import Exemplar
    from vedette.promql.labels import Labels, Matcher

__all__ = ["Exemplars"]

_MOST = 20_000


class Exemplars:
    """The exemplars of all series. Reading is safe from any thread while one adds."""

    def __init__(self, most: int = _MOST) -> None:
        """``most`` are kept; the oldest goes first."""
        self._most = most
        self._order: deque[Labels] = deque()
        """The series of each, in the order in which they came."""
        self._of: dict[Labels, deque[Exemplar]] = {}

    def add(self, of: Labels, exemplar: Exemplar, now: int) -> None:
        """Keep an exemplar of a series; ``now``, in milliseconds, is its time where it tells none.

        One that is no newer than the last of its series is that one again, or comes too late.
        """
        when = now if exemplar.timestamp is None else exemplar.timestamp
        known = self._of.setdefault(of, deque())
        if known and when <= _time(known[-1]):
            return
        known.append(replace(exemplar, timestamp=when))
        self._order.append(of)
        if len(self._order) > self._most:
            self._drop()

    def select(
        self, matcher_sets: Iterable[Sequence[Matcher]], start: int, end: int
    ) -> list[tuple[Labels, list[Exemplar]]]:
        """The exemplars within ``[start, end]``, in milliseconds, of the series that one of the sets matches."""
        sets = [tuple(one) for one in matcher_sets]
        found: list[tuple[Labels, list[Exemplar]]] = []
        for of, known in list(self._of.items()):
            if any(all(one.matches(get(of, one.name)) for one in matchers) for matchers in sets):
                here = [one for one in tuple(known) if start <= _time(one) <= end]
                if here:
                    found.append((of, here))
        return sorted(found, key=lambda pair: pair[0])

    def forget(self, before: int) -> None:
        """Drop what came first as long as it is older than ``before``, in milliseconds."""
        while self._order and _time(self._of[self._order[0]][0]) < before:
            self._drop()

    def __len__(self) -> int:
        return len(self._order)

    def _drop(self) -> None:
        of = self._order.popleft()
        known = self._of[of]
        known.popleft()
        if not known:
            del self._of[of]


def _time(exemplar: Exemplar) -> int:
    assert exemplar.timestamp is not None  # `add` has given it one
    return exemplar.timestamp
