"""What was derived from lists of label sets, by the identity of the list: rules and panels ask for the same again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeVar

from vedette.promql.labels import Labels

__all__ = ["MEMO", "Memo"]

T = TypeVar("T")
LabelList = Sequence[Labels]


class Memo:
    """A bounded cache. A list may only ever grow at its end; a longer list is another key.

    Two generations stand in for exact recency: what is used moves to the young one, the old one is forgotten whole.
    Each step is one dictionary operation, so threads can at worst compute the same thing twice.
    """

    def __init__(self, capacity: int) -> None:
        """``capacity`` bounds the number of label sets held, over all lists and both generations."""
        self._capacity = capacity // 2
        self._young: dict[Hashable, tuple[tuple[LabelList, ...], Any]] = {}
        self._old: dict[Hashable, tuple[tuple[LabelList, ...], Any]] = {}
        self._weight = 0

    def get(self, lists: tuple[LabelList, ...], about: Hashable, make: Callable[[], T]) -> T:
        """``make()``, or what it gave before for these very lists."""
        first = lists[0]
        alone = len(lists) == 1
        key: Hashable = (id(first), len(first), about) if alone else (about, *map(id, lists), *map(len, lists))
        entry = self._young.get(key)
        if entry is not None:
            return entry[1]  # type: ignore[no-any-return]
        entry = self._old.get(key) or (lists, make())
        self._weight += sum(map(len, lists)) + 8
        if self._weight > self._capacity:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = entry
        found: T = entry[1]
        return found


MEMO: Final = Memo(capacity=1_000_000)
"""The evaluator's one cache. Its keys hold no more than label lists, which stores share with it."""
