"""Which deliveries wait, in which order they may go, and when each is due. Memory only: the outbox is the truth."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.alerting.delivery import Entry

__all__ = ["Key", "Queue", "key_of"]

Key = tuple[str, str, str]
"""Group key, receiver, integration: deliveries of one key go one after another, in the order of their writing."""


def key_of(entry: Entry) -> Key:
    """The key of a delivery."""
    return entry.group_key, entry.receiver, entry.integration


class Queue:
    """Deliveries that are not settled."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lines: dict[Key, deque[str]] = {}
        self._of_group: dict[str, int] = {}
        self._dues: list[tuple[int, int, str]] = []
        self._order = 0

    def add(self, entry: Entry) -> None:
        """A delivery was written, or read from the outbox."""
        self._entries[entry.id] = entry
        self._of_group[entry.group_key] = self._of_group.get(entry.group_key, 0) + 1
        line = self._lines.setdefault(key_of(entry), deque())
        line.append(entry.id)
        if len(line) == 1:
            self._schedule(entry)

    def get(self, identifier: str) -> Entry | None:
        """A waiting delivery."""
        return self._entries.get(identifier)

    def waiting(self, key: Key) -> int:
        """How many wait under this key."""
        return len(self._lines.get(key, ()))

    def unsettled(self, group_key: str) -> bool:
        """Whether any delivery of the group waits."""
        return group_key in self._of_group

    def postpone(self, entry: Entry) -> None:
        """A delivery will be attempted again."""
        self._entries[entry.id] = entry
        self._schedule(entry)

    def remove(self, entry: Entry) -> None:
        """A delivery is settled; the next under its key may go."""
        del self._entries[entry.id]
        self._of_group[entry.group_key] -= 1
        if not self._of_group[entry.group_key]:
            del self._of_group[entry.group_key]
        line = self._lines[key_of(entry)]
        line.remove(entry.id)
        if line:
            self._schedule(self._entries[line[0]])
        else:
            del self._lines[key_of(entry)]

    def next_due(self) -> int | None:
        """When the next delivery is due."""
        while self._dues and self._outdated(*self._dues[0]):
            heapq.heappop(self._dues)
        return self._dues[0][0] if self._dues else None

    def take(self, now: int) -> list[Entry]:
        """The deliveries that are due; each is given once, until it is postponed."""
        out = []
        while self._dues and self._dues[0][0] <= now:
            due = heapq.heappop(self._dues)
            if not self._outdated(*due):
                out.append(self._entries[due[2]])
        return out

    def _schedule(self, entry: Entry) -> None:
        self._order += 1
        heapq.heappush(self._dues, (entry.next_attempt_at, self._order, entry.id))

    def _outdated(self, at: int, _order: int, identifier: str) -> bool:
        entry = self._entries.get(identifier)
        return entry is None or entry.next_attempt_at != at
