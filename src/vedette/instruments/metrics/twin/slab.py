"""The memory of one process: words of eight bytes in chunks, in a file where others read along.

A slab only grows. Behind its header stand entries, one after the other: families, series, blocks of native buckets and
exemplars. An entry is written whole before the header says that it is there, and a number is written by one store, so a
process may be killed at any moment. What has been lost then is the update it was making.

    header   magic, version, words in use
    entry    its words, its kind, what it belongs to, how many values, bytes of its text; its values; its text

What a series has beside its values, such as exemplars, belongs to one life of it: see `belongs_to`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ALIVE",
    "COVERS",
    "EXEMPLARS",
    "EXEMPLAR_WORDS",
    "FAMILY",
    "NATIVE",
    "SEEN",
    "SERIES",
    "VALUES",
    "Entry",
    "Slab",
    "belongs_to",
    "entries",
    "load",
    "text_of",
    "write_text",
]

MAGIC = int.from_bytes(b"VEDSLAB\0", "little")
VERSION = 1
CHUNK = 8192  # words
HEADER = 8  # words
HEAD = 5  # words before the values of an entry

FAMILY, SERIES, NATIVE, EXEMPLARS, COVERS = 1, 2, 3, 4, 5
"""Kinds of entries. ``COVERS`` tells, in what dead processes have left, whose slabs are in it."""

# The first values of a series: its life, which is odd while it is exposed and grows by one when it is dropped and when
# its place is taken by another; when it was last found touched, 0 since the last update; then those of its kind.
ALIVE, SEEN, VALUES = 0, 1, 2
EXEMPLAR_WORDS = 28  # of one exemplar: scrape, value, timestamp, bytes of text, then its text


Chunk = tuple["memoryview[float]", "memoryview[int]"]
"""The words of a chunk, as doubles and as integers."""


class Entry(NamedTuple):
    """Where an entry stands: its chunk's words as doubles and as integers, and where its values begin in them."""

    doubles: memoryview[float]
    integers: memoryview[int]
    at: int
    place: int
    """Of the entry in the slab, in words."""


class Slab:
    """The memory of this process.

    Args:
        path: the file to keep it in; none if it is empty.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600) if path else -1
        self._chunks: list[Chunk] = []
        self._used = HEADER
        self._grow()
        head = self._chunks[0][1]
        head[1], head[2] = VERSION, HEADER
        head[0] = MAGIC

    def _grow(self) -> None:
        size = CHUNK * 8
        if self.fd >= 0:
            import mmap  # noqa: PLC0415 - only who shares its metrics needs it

            at = len(self._chunks) * size
            # The pages must be there before they are touched: a file system that is full would end the process.
            os.posix_fallocate(self.fd, at, size)
            memory = memoryview(mmap.mmap(self.fd, size, offset=at))
        else:
            memory = memoryview(bytearray(size))
        self._chunks.append((memory.cast("d"), memory.cast("Q")))

    def add(self, kind: int, owner: int, values: int, text: bytes = b"", *, room: int = 0) -> Entry:
        """A new entry with so many values, all zero.

        Args:
            kind: of the entry.
            owner: the place of the entry that it belongs to, 0 for none.
            values: how many words they take.
            text: what stands behind them.
            room: bytes of text that there must be room for, if they are more.

        Raises:
            OSError: there is no more memory.
        """
        words = HEAD + values + (max(len(text), room) + 7) // 8
        if words > CHUNK - HEADER:
            raise OSError(12, f"an entry of {words} words is larger than a chunk")
        if self._used % CHUNK + words > CHUNK or self._used == len(self._chunks) * CHUNK:
            if self._used < len(self._chunks) * CHUNK:
                _, integers = self._chunks[-1]
                integers[self._used % CHUNK] = 0  # nothing more in this chunk
            self._grow()
            self._used = (len(self._chunks) - 1) * CHUNK
        doubles, integers = self._chunks[-1]
        place, start = self._used, self._used % CHUNK
        integers[start + 1], integers[start + 2], integers[start + 3] = kind, owner, values
        entry = Entry(doubles, integers, start + HEAD, place)
        write_text(entry, text)
        integers[start] = words
        self._used += words
        self._chunks[0][1][2] = self._used  # from now on it is there
        return entry

    def rename(self, path: str) -> None:
        """Give the file another name."""
        os.replace(self.path, path)
        self.path = path

    @property
    def used(self) -> int:
        """Bytes in use."""
        return self._used * 8

    def words(self) -> tuple[list[Chunk], int]:
        """The chunks, and how many words of them are in use."""
        return self._chunks, self._used

    def close(self) -> None:
        """Let go of the file; what is in it stays."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def belongs_to(series: Entry) -> int:
    """What the entries of a series say that they belong to: its place and its life."""
    return series.place | series.integers[series.at + ALIVE] << 40


def write_text(entry: Entry, text: bytes) -> None:
    """Put a text behind the values of an entry, which has room for it."""
    padded = memoryview(text + bytes(-len(text) % 8)).cast("Q")
    start = entry.at + entry.integers[entry.at - 2]
    entry.integers[start : start + len(padded)] = padded
    entry.integers[entry.at - 1] = len(text)


def text_of(entry: Entry) -> bytes:
    """The text behind the values of an entry."""
    words, values, size = (entry.integers[entry.at - place] for place in (HEAD, 2, 1))
    return entry.integers[entry.at + values : entry.at - HEAD + words].tobytes()[:size]


def load(memory: Any) -> tuple[list[Chunk], int]:
    """The chunks of a slab that another process writes, and how many words of them are in use.

    Raises:
        ValueError: it is none of ours, or cut off.
    """
    view = memoryview(memory)
    size = CHUNK * 8
    if len(view) < size or len(view) % size:
        raise ValueError(f"it is cut off: it has {len(view)} bytes")
    chunks = []
    for start in range(0, len(view), size):
        chunk = view[start : start + size]
        chunks.append((chunk.cast("d"), chunk.cast("Q")))
    head = chunks[0][1]
    if head[0] != MAGIC:
        raise ValueError("it is no slab of Vedette's")
    if head[1] != VERSION:
        raise ValueError(f"it is a slab of version {head[1]}, this is version {VERSION}")
    if not HEADER <= head[2] <= len(chunks) * CHUNK:
        raise ValueError(f"it is cut off: it has {len(view)} bytes of {head[2] * 8}")
    return chunks, head[2]


def entries(chunks: list[Chunk], used: int) -> Iterator[tuple[int, int, Entry]]:
    """(kind, owner, entry) of each entry; the walk ends where the slab is broken."""
    place = HEADER
    while place < used:
        doubles, integers = chunks[place // CHUNK]
        start = place % CHUNK
        words = integers[start]
        if words == 0:  # nothing more in this chunk
            place = (place // CHUNK + 1) * CHUNK
            continue
        if words < HEAD or start + words > CHUNK:
            return
        yield integers[start + 1], integers[start + 2], Entry(doubles, integers, start + HEAD, place)
        place += words
