"""Samples of one target: a timestamp vector and a series-by-samples matrix with a presence mask, in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from vedette.engine.tsdb.index import Index
from vedette.promql.source import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vedette.promql.labels import Labels, Matcher

__all__ = ["CHUNK", "MatrixStats", "Rows", "Selection", "TargetMatrix"]

CHUNK = 120
"""Samples per chunk: half an hour at 15 s, and 1 MB for a thousand series (9 bytes a sample)."""

# Slots of series that no chunk remembers are given back once they are this many and a quarter of all.
_DEAD_SLOTS = 64

Rows = slice | NDArray[np.intp]
"""Rows of a matrix: a slice where they are adjacent, which then costs no copy."""

_NEVER = np.iinfo(np.int64).min
_Item = TypeVar("_Item", bound=np.generic)


@dataclass(frozen=True, slots=True)
class MatrixStats:
    """What one matrix holds."""

    series: int
    samples: int
    bytes: int
    chunks: int
    refused: int
    """Samples not stored because their timestamp was not after the target's newest."""
    oldest: int | None
    newest: int | None


class _Chunk:
    """Up to ``CHUNK`` columns. Columns below ``length`` never change; ``length`` grows after its column is written."""

    __slots__ = ("first", "last", "length", "present", "samples", "timestamps", "values", "views")

    def __init__(self, rows: int, capacity: int) -> None:
        self._take(np.zeros(capacity, np.int64), np.zeros((rows, capacity)), np.zeros((rows, capacity), np.bool_))
        self.length = 0
        self.samples = 0
        self.first = 0
        self.last = 0

    def _take(self, timestamps: NDArray[np.int64], values: NDArray[np.float64], present: NDArray[np.bool_]) -> None:
        self.timestamps = timestamps
        self.values = values
        self.present = present
        self.views = (_read_only(timestamps), _read_only(values), _read_only(present))

    def resized(self, rows: NDArray[np.intp] | None, capacity: int) -> _Chunk:
        """A copy with ``capacity`` rows: all rows in place, or ``rows`` moved to the front."""
        other = _Chunk(capacity, len(self.timestamps))
        n = self.length
        other.timestamps[:n] = self.timestamps[:n]
        if rows is None:
            count = len(self.values)
            other.values[:count, :n] = self.values[:, :n]
            other.present[:count, :n] = self.present[:, :n]
        else:
            known = rows[rows < len(self.values)]
            other.values[: len(known), :n] = self.values[known, :n]
            other.present[: len(known), :n] = self.present[known, :n]
        other.length, other.samples, other.first, other.last = n, self.samples, self.first, self.last
        return other

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """The columns within ``[start, end]``, as a half-open range."""
        n = self.length
        times = self.timestamps[:n]
        low = 0 if start <= self.first else int(times.searchsorted(start))
        # the newest column is read from the vector: ``last`` may already tell of a column after ``n``
        high = n if end >= int(times[n - 1]) else int(times.searchsorted(end, side="right"))
        return low, high


class _Layout:
    """One numbering of a target's series with the chunks that follow it; replaced whole when slots are given back."""

    __slots__ = ("chunks", "first", "fresh", "index", "labels", "last", "slots")

    def __init__(self) -> None:
        self.labels: list[Labels] = []
        self.slots: dict[Labels, int] = {}
        self.index = Index()
        self.chunks: tuple[_Chunk, ...] = ()
        self.first = np.empty(0, np.int64)
        self.last = np.empty(0, np.int64)
        self.fresh = False
        """Whether a slot may still be without its first sample."""

    def add(self, of: Labels) -> int:
        slot = len(self.labels)
        if slot == len(self.last):
            room = np.full(max(16, slot), _NEVER)
            self.first = np.concatenate([self.first, room])
            self.last = np.concatenate([self.last, room])
        self.labels.append(of)
        self.slots[of] = slot
        self.fresh = True
        self.index.add(of)
        return slot

    def begin(self, rows: NDArray[np.intp], times: NDArray[np.int64] | int) -> None:
        """Note the first sample of those rows that had none."""
        known = self.first[rows]
        self.first[rows] = np.where(known == _NEVER, times, known)
        self.fresh = bool((self.first[: len(self.labels)] == _NEVER).any())

    def seen(self, ids: NDArray[np.intp], start: int, end: int) -> NDArray[np.intp]:
        """Of these series, those whose first and last sample span some of ``[start, end]``."""
        first, last = self.first[ids], self.last[ids]
        seen: NDArray[np.intp] = ids[(last >= start) & (first <= end) & (last != _NEVER)]
        return seen


class Selection:
    """What one selector finds in one target, resolved once and read many times."""

    __slots__ = ("_ids", "_layout", "_rows", "_top", "labels")

    def __init__(self, layout: _Layout, ids: NDArray[np.intp]) -> None:
        self._layout = layout
        self._ids = ids
        self._top = int(ids[-1])
        adjacent = self._top - int(ids[0]) + 1 == len(ids)
        self._rows: Rows = slice(int(ids[0]), self._top + 1) if adjacent else ids
        known = layout.labels
        self.labels: tuple[Labels, ...] = tuple(known[i] for i in ids)
        """The same object for as long as no series is added or given back."""

    def seen(self, start: int, end: int) -> list[Labels]:
        """Label sets of the series that have samples around ``[start, end]`` (milliseconds, both included)."""
        known = self._layout.labels
        return [known[i] for i in self._layout.seen(self._ids, start, end)]

    def block(self, start: int, end: int) -> Block | None:
        """The samples in ``[start, end]``, None where the target has none then."""
        pieces: list[tuple[_Chunk, int, int]] = []
        for chunk in reversed(self._layout.chunks):
            if chunk.first <= end:
                low, high = chunk.bounds(start, end)
                if low < high:
                    pieces.append((chunk, low, high))
                if chunk.first <= start:
                    break
        if not pieces:
            return None
        if len(pieces) == 1:
            chunk, low, high = pieces[0]
            times, values, present = chunk.views
            if self._top < len(values):
                rows = self._rows
                return Block(self.labels, times[low:high], values[rows, low:high], present[rows, low:high])
        pieces.reverse()
        return self._joined(pieces)

    def _joined(self, pieces: Sequence[tuple[_Chunk, int, int]]) -> Block:
        total = sum(high - low for _, low, high in pieces)
        times = np.empty(total, np.int64)
        values = np.zeros((len(self.labels), total))
        present = np.zeros((len(self.labels), total), np.bool_)
        at = 0
        for chunk, low, high in pieces:
            to = at + high - low
            times[at:to] = chunk.timestamps[low:high]
            rows = self._rows
            known = len(self.labels)
            if self._top >= len(chunk.values):  # series that came after this chunk
                known = int(self._ids.searchsorted(len(chunk.values)))
                rows = self._ids[:known]
            values[:known, at:to] = chunk.values[rows, low:high]
            present[:known, at:to] = chunk.present[rows, low:high]
            at = to
        return Block(self.labels, _read_only(times), _read_only(values), _read_only(present))


class TargetMatrix:
    """The samples of one scrape target or rule group. One thread writes, others read through ``find``.

    Slots are series numbers. They stay valid until ``generation`` changes, which only ``truncate`` does.
    """

    __slots__ = ("_changed", "_layout", "_refused", "closed", "generation")

    def __init__(self, changed: Callable[[Labels | None], None]) -> None:
        self._layout = _Layout()
        self._changed = changed
        self._refused = 0
        self.generation = 0
        """Slots and what was derived from them are void once this changes."""
        self.closed = False
        """Nobody writes any more: the head forgets the matrix with its last sample."""

    @property
    def newest(self) -> int | None:
        """The timestamp of the last column, which the next one must pass."""
        chunks = self._layout.chunks
        return chunks[-1].last if chunks else None

    def slot(self, labels: Labels) -> int:
        """The slot of a series, made where there is none."""
        slot = self._layout.slots.get(labels)
        if slot is None:
            slot = self._layout.add(labels)
            self._changed(labels)
        return slot

    @property
    def series(self) -> Sequence[Labels]:
        """Label sets by slot. The object stays true to the slots of its ``generation`` when that changes."""
        return self._layout.labels

    def append(
        self, timestamp: int, slots: NDArray[np.intp] | Sequence[int], values: NDArray[np.float64] | Sequence[float]
    ) -> int:
        """Store one column: each slot at most once. An end of a series is stored as the value ``STALE_NAN``.

        Returns:
            How many samples were stored: none where ``timestamp`` (milliseconds) is not after the newest column's.
        """
        count = len(slots)
        if not count:
            return 0
        layout = self._layout
        chunks = layout.chunks
        if chunks and timestamp <= chunks[-1].last:
            self._refused += count
            return 0
        chunk, fresh = self._room(len(layout.labels))
        at = chunk.length
        chunk.values[slots, at] = values
        chunk.present[slots, at] = True
        chunk.timestamps[at] = timestamp
        layout.last[slots] = timestamp
        if layout.fresh:
            layout.begin(np.asarray(slots, np.intp), timestamp)
        self._publish(chunk, fresh, 1, count, timestamp)
        return count

    def append_columns(
        self,
        timestamps: NDArray[np.int64],
        slots: NDArray[np.intp] | Sequence[int],
        values: NDArray[np.float64],
        present: NDArray[np.bool_],
    ) -> int:
        """Store many columns at once: ``timestamps[T]`` increasing, ``values[S, T]`` and ``present[S, T]`` for S slots.

        Columns that are not after the newest stored one are refused, columns where nothing is present are left out.

        Returns:
            How many samples were stored.
        """
        rows = np.asarray(slots, np.intp)
        newest = self.newest
        keep = present.any(axis=0)
        if newest is not None:
            late = timestamps <= newest
            self._refused += int(present[:, late].sum())
            keep &= ~late
        columns = np.flatnonzero(keep)
        layout = self._layout
        adjacent = bool(len(rows)) and bool((np.diff(rows) == 1).all())
        place: Rows = slice(int(rows[0]), int(rows[-1]) + 1) if adjacent else rows
        stored = 0
        while len(columns):
            chunk, fresh = self._room(len(layout.labels))
            at = chunk.length
            part, columns = columns[: CHUNK - at], columns[CHUNK - at :]
            to = at + len(part)
            first, after = int(part[0]), int(part[-1]) + 1
            span = slice(first, after) if after - first == len(part) else part  # of a slice nothing is copied
            times, mask = timestamps[span], present[:, span]
            count = int(np.count_nonzero(mask))
            whole = count == mask.size
            chunk.values[place, at:to] = values[:, span] if whole else np.where(mask, values[:, span], 0.0)
            chunk.present[place, at:to] = mask
            chunk.timestamps[at:to] = times
            if whole:
                layout.last[place] = times[-1]
                if layout.fresh:
                    layout.begin(rows, times[0])
            else:
                some = np.flatnonzero(mask.any(axis=1))
                layout.last[rows[some]] = times[len(part) - 1 - mask[some, ::-1].argmax(axis=1)]
                if layout.fresh:
                    layout.begin(rows[some], times[mask[some].argmax(axis=1)])
            self._publish(chunk, fresh, len(part), count, int(times[-1]))
            stored += count
        return stored

    def find(self, matchers: tuple[Matcher, ...]) -> Selection | None:
        """The series that satisfy every matcher, None where there are none."""
        layout = self._layout
        ids = layout.index.find(matchers)
        return Selection(layout, ids) if len(ids) else None

    def label_names(self) -> list[str]:
        """Label names that any series has."""
        return self._layout.index.names()

    def label_values(self, name: str) -> list[str]:
        """Values that any series has for a label."""
        return self._layout.index.values(name)

    def truncate(self, before: int) -> None:
        """Forget chunks older than ``before`` (milliseconds) and series that none remembers; for the writer."""
        layout = self._layout
        kept = tuple(chunk for chunk in layout.chunks if chunk.last >= before)
        if len(kept) != len(layout.chunks):
            layout.chunks = kept
        count = len(layout.labels)
        oldest = kept[0].first if kept else np.iinfo(np.int64).max
        # a slot without any sample was made for the column that is about to be written
        alive = (layout.last[:count] >= oldest) | (layout.last[:count] == _NEVER)
        dead = count - int(alive.sum())
        if dead and (dead == count or dead >= max(_DEAD_SLOTS, count // 4)):
            self._renumber(np.flatnonzero(alive))

    def stats(self) -> MatrixStats:
        """Counts and sizes as they are now."""
        chunks = self._layout.chunks
        return MatrixStats(
            series=len(self._layout.labels),
            samples=sum(chunk.samples for chunk in chunks),
            bytes=sum(chunk.timestamps.nbytes + chunk.values.nbytes + chunk.present.nbytes for chunk in chunks),
            chunks=len(chunks),
            refused=self._refused,
            oldest=chunks[0].first if chunks else None,
            newest=chunks[-1].last if chunks else None,
        )

    def _room(self, rows: int) -> tuple[_Chunk, bool]:
        """The chunk for the next column, with at least ``rows`` rows, and whether it is not yet published."""
        layout = self._layout
        chunks = layout.chunks
        if not chunks or chunks[-1].length == CHUNK:
            return _Chunk(rows, CHUNK), True
        chunk = chunks[-1]
        if len(chunk.values) < rows:
            chunk = chunk.resized(None, max(rows, len(chunk.values) * 3 // 2))
            layout.chunks = (*chunks[:-1], chunk)
        return chunk, False

    def _publish(self, chunk: _Chunk, fresh: bool, columns: int, samples: int, newest: int) -> None:
        chunk.samples += samples
        chunk.last = newest
        chunk.length += columns
        if fresh:
            chunk.first = int(chunk.timestamps[0])
            self._layout.chunks = (*self._layout.chunks, chunk)

    def _renumber(self, alive: NDArray[np.intp]) -> None:
        old, new = self._layout, _Layout()
        for slot in alive:
            new.add(old.labels[slot])
        new.first[: len(alive)] = old.first[alive]
        new.last[: len(alive)] = old.last[alive]
        new.chunks = tuple(chunk.resized(alive, len(alive)) for chunk in old.chunks)
        self._layout = new
        self.generation += 1
        self._changed(None)


def _read_only(array: NDArray[_Item]) -> NDArray[_Item]:
    view = array.view()
    view.flags.writeable = False
    return view
