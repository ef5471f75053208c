"""The series of one declared metric, as this process finds and makes them.

`vedette.instruments.metrics.family` decides what may be made.
"""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics.description import OVERFLOW
from vedette.instruments.metrics.twin.series import LOCK, SERIES_TYPES, GaugeSeries, value_count
from vedette.instruments.metrics.twin.slab import ALIVE, HEAD, SEEN, VALUES, write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.instruments.metrics.description import Description
    from vedette.instruments.metrics.twin.series import Handle
    from vedette.instruments.metrics.twin.slab import Entry
    from vedette.instruments.metrics.twin.store import Store

__all__ = ["Family", "described"]

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def described(description: Description) -> bytes:
    """Everything that says what a family is: two with the same bytes are the same."""
    return json.dumps(
        [
            description.type,
            description.name,
            description.help,
            description.unit,
            [name for name, _ in description.labels],
            list(description.buckets),
            list(description.states),
            description.multiprocess_mode,
            description.native,
            description.expires,
        ]
    ).encode()


class Family:
    """The series of one declared metric. A subclass says what may be made."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self.store: Store | None = None
        self.cells: dict[tuple[str, ...], Handle] = {}
        """Label values → the series, once this process has touched it."""
        self.place = 0
        """Of the description in the slab."""
        self.labelled = bool(description.labels)
        self.retired = False
        self._kind = SERIES_TYPES[description.type]
        self._free: list[Entry] = []

    def __len__(self) -> int:
        """How many series this process has."""
        return sum(handle.alive for handle in self.cells.values())

    def handle(self, values: tuple[str, ...]) -> Any:
        """A handle of the series of these label values, made if need be."""
        found = self.cells.get(values) if all(type(value) is str for value in values) else None
        if found is None or not found.alive:
            made = self._kind(self, values)
            made.find()
            found = self.cells.get(values, made)
        if isinstance(found, GaugeSeries):
            found.say_zero()
        return found

    def later(self, values: tuple[str, ...]) -> Any:
        """The same, but made when it is first updated."""
        return self.cells.get(values) or self._kind(self, values)

    def settle(self, handle: Handle) -> None:
        """Put a handle in the place of its series, which is found or made; that may be the overflow series.

        Raises:
            OSError: there is no more memory.
        """
        values = self.admit(handle.values)
        with LOCK:
            self._opened()
            known = self.cells.get(values)
            if values and not (known and known.alive) and self._is_full() and any(one != OVERFLOW for one in values):
                values = self.full()
                known = self.cells.get(values)
            if known is None or not known.alive:
                entry = self._add(self.labels_text(values).encode())
                known = handle if values == handle.values else self._kind(self, values)
                known.move_to(entry)
                self.cells[values] = known
            if known is not handle and known.entry is not None:
                handle.move_to(known.entry)

    def _opened(self) -> Store:
        if self.store is None:
            self.store = self.open()
        return self.store

    def _is_full(self) -> bool:
        most = self.description.max_series
        return len(self.cells) >= most and sum(one.alive for one in self.cells.values()) >= most

    def _add(self, labels: bytes) -> Entry:
        """A living place for a series; one that was dropped is used again if the labels fit."""
        if self.store is None:
            raise RuntimeError("a family without a store")
        for at, entry in enumerate(self._free):
            words, values = entry.integers[entry.at - HEAD], entry.integers[entry.at - 2]
            if (words - HEAD - values) * 8 >= len(labels):
                del self._free[at]
                life = entry.integers[entry.at + ALIVE]
                entry.integers[entry.at + SEEN : entry.at + values] = array("Q", bytes(8 * (values - SEEN)))
                write_text(entry, labels)
                entry.integers[entry.at + ALIVE] = (life + 1) | 1
                return entry
        return self.store.add_series(self, VALUES + value_count(self.description), labels)

    def forked(self) -> None:
        """In the child of a fork: its series have no place yet."""
        for handle in self.cells.values():
            handle.leave()
        self._free.clear()
        self.place = 0

    def labels_text(self, values: tuple[str, ...]) -> str:
        """The labels as a page has them."""
        pairs = zip(self.description.labels, values, strict=True)
        return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for (name, _), value in pairs)

    def forget(self, handle: Handle, entry: Entry) -> None:
        """The place of a dropped series is free for another one."""
        if self.cells.get(handle.values) is handle:
            del self.cells[handle.values]
        self._free.append(entry)

    def remove(self, values: tuple[str, ...]) -> bool:
        """Drop the series of these label values; whether there was one."""
        own = self.cells.get(values)
        dropped = own is not None and own.drop()
        # Others may have series of it that this process has never touched.
        return self._opened().drop_elsewhere(self, self.labels_text(values)) or dropped

    def clear(self) -> None:
        """Drop every series."""
        for handle in tuple(self.cells.values()):
            handle.drop()
        self._opened().drop_elsewhere(self, None)

    def keep(self, values: tuple[str, ...]) -> None:
        """Drop every series but that of these label values, which is made."""
        kept = self.handle(values)
        for handle in tuple(self.cells.values()):
            if handle is not kept:
                handle.drop()
        self._opened().drop_elsewhere(self, None, but=self.labels_text(kept.values))

    def retire(self) -> None:
        """Expose it no more."""
        if self.store is not None:
            self.clear()
        self.retired = True

    def series(self) -> list[tuple[tuple[str, ...], Any]]:
        """(label values, reading) of every series."""
        if self.retired or self.store is None:
            return []
        return self.store.series_of(self)

    if TYPE_CHECKING:  # what the subclass has
        open: Callable[[], Store]
        admit: Callable[[tuple[Any, ...]], tuple[str, ...]]
        full: Callable[[], tuple[str, ...]]
        lost: Callable[[], None]
        refuse: Callable[[Any], None]
        exemplar: Callable[[Any], str | None]
