"""Where the values of a process are, and what it shows: its own slab, with those of others where they are shared."""

from __future__ import annotations

import os
import re
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import guard
from vedette.instruments.metrics.supervisor import this_process
from vedette.instruments.metrics.twin.family import described
from vedette.instruments.metrics.twin.merge import Part, exposed, fold, read_part, write_part
from vedette.instruments.metrics.twin.series import LOCK
from vedette.instruments.metrics.twin.slab import (
    ALIVE,
    EXEMPLAR_WORDS,
    EXEMPLARS,
    FAMILY,
    NATIVE,
    SERIES,
    Entry,
    Slab,
    belongs_to,
    entries,
    load,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vedette.instruments.metrics.twin.family import Family
    from vedette.instruments.metrics.twin.series import Handle

__all__ = ["Store", "open_shared"]

_LEFT = ".left"
"""Of the file that holds what dead processes have left."""
# Of a process's slab, behind the name of the segment: its pid, when it was started.
_SLAB = re.compile(r"\.(\d+)-(\d+)\.slab")

# How the segment of the extension begins; see _core/layout.h.
_SEGMENT = b"VEDETTE\0"

# The byte of a slab that its process holds a lock on while it lives; beyond any data.
_LOCK_BYTE = 1 << 40

_MANY = 64  # slabs, which take as much memory as a few hundred series each

_NOTHING = Part({}, frozenset())

_stores: weakref.WeakSet[Store] = weakref.WeakSet()


class Store:
    """The memory that holds values: this process's own, or a file beside those of others whose path begins alike."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self.grace = 0  # a place that only this process writes to can be used again at once
        self._families: list[Family] = []
        self._slab: Slab | None = None
        _stores.add(self)

    # Making

    def add_series(self, family: Family, values: int, labels: bytes) -> Entry:
        """A living place for a series.

        Raises:
            OSError: there is no more memory.
        """
        slab = self._open()
        if not family.place:
            family.place = slab.add(FAMILY, 0, 0, described(family.description)).place
            if family not in self._families:
                self._families.append(family)
        # A little more room than is needed, so that its place can be another's later.
        entry = slab.add(SERIES, family.place, values, labels, room=len(labels) + 16)
        entry.integers[entry.at + ALIVE] = 1
        return entry

    def add_exemplars(self, handle: Handle, count: int) -> Entry:
        """Room for the exemplars of a series."""
        return self._beside(handle, EXEMPLARS, count * EXEMPLAR_WORDS)

    def add_native(self, handle: Handle, words: int) -> Entry:
        """A block of native buckets of a series."""
        return self._beside(handle, NATIVE, words)

    def _beside(self, handle: Handle, kind: int, words: int) -> Entry:
        if handle.entry is None:
            raise RuntimeError("a series without a place")
        return self._open().add(kind, belongs_to(handle.entry), words)

    def _open(self) -> Slab:
        if self._slab is None:
            self._slab = Slab() if self.path is None else self._open_beside_others(self.path)
        return self._slab

    def _open_beside_others(self, path: str) -> Slab:
        process = this_process()
        try:
            slab = Slab(f"{path}.{process.pid}-{process.started}.draft")
            _lock(slab.fd)
            slab.rename(f"{path}.{process.pid}-{process.started}.slab")  # locked once it is seen
        except OSError as problem:  # it has given up its rights since the store was opened, or there is no more room
            from vedette.instruments.metrics.shared import tell_alone  # noqa: PLC0415 - it loads this

            tell_alone(path, problem)
            self.path = None
            return Slab()
        return slab

    def forked(self) -> None:
        """In the child of a fork: what is the parent's is not this process's to write to, where others read it."""
        if self.path is None or self._slab is None:
            return
        self._slab.close()
        self._slab = None
        for family in self._families:
            family.forked()
        if len(self._others()) > _MANY:  # as many have come and gone, and nobody has asked for metrics
            self.reap()

    # Dropping

    def drop_elsewhere(self, family: Family, labels: str | None, *, but: str | None = None) -> bool:
        """End a series (or all, but one) in the slabs of other processes; whether there was one."""
        if self.path is None:
            return False
        from vedette.instruments.metrics.shared import alone_in  # noqa: PLC0415 - it loads this

        dropped, here = False, described(family.description)
        # Not while somebody reads a slab to fold it into what the dead have left.
        with guard.shield("dropping what other processes have"), alone_in(os.path.dirname(self.path)):
            for path in (*self._others(), f"{self.path}{_LEFT}"):
                dropped = _drop_in(path, here, labels, but) or dropped
        return dropped

    def sweep(self, now: int) -> int:
        """Drop what has not been touched for its family's time; ``now`` in milliseconds since the epoch."""
        dropped = 0
        for family in self._families:
            if family.description.expires:
                for handle in tuple(family.cells.values()):
                    handle.sweep(now, family.description.expires)
                    dropped += not handle.alive
        return dropped

    # Processes

    def attach(self) -> int:
        """Take part as this process."""
        self._open()
        return os.getpid()

    def processes(self) -> list[tuple[int, int, bool]]:
        """(pid, start in clock ticks, alive) of each that takes part."""
        found = []
        for path in () if self.path is None else _slabs_of(self.path):
            pid, started = _process_of(path)
            own = self._slab is not None and path == self._slab.path
            found.append((pid, started, own or is_locked(path)))
        return found

    def reap(self) -> int:
        """Fold what processes have left that have ended; how many are alive."""
        if self.path is None:
            return 1
        others = self._others()
        dead = [path for path in others if not is_locked(path)]
        if dead:
            from vedette.instruments.metrics.shared import alone_in  # noqa: PLC0415 - it loads this

            with guard.shield("folding what dead processes have left"), alone_in(os.path.dirname(self.path)):
                self._fold([path for path in self._others() if not is_locked(path)])
        return len(others) - len(dead) + 1

    def _fold(self, dead: list[str]) -> None:
        """Add what these slabs hold to what others have left, in one step, so that nothing is counted twice."""
        left = self._left()
        new = [path for path in dead if _name(path) not in left.covers]
        still_there = left.covers.intersection(map(_name, dead))
        folded = fold([left, *(_read(path) or _NOTHING for path in new)], {*still_there, *map(_name, new)})
        draft = f"{self.path}{_LEFT}.{os.getpid()}"
        with suppress(FileNotFoundError):
            os.unlink(draft)
        write_part(draft, folded)
        os.replace(draft, f"{self.path}{_LEFT}")
        for path in dead:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _left(self) -> Part:
        """What dead processes have left."""
        return _read(f"{self.path}{_LEFT}") or _NOTHING

    def _others(self) -> list[str]:
        own = None if self._slab is None else self._slab.path
        return [] if self.path is None else [path for path in _slabs_of(self.path) if path != own]

    # Reading

    def render(self, form: str, names: Iterable[str]) -> bytes:
        """All series as one page: ``text``, ``openmetrics`` or ``protobuf``."""
        from vedette.instruments.metrics import protobuf, snapshot, text  # noqa: PLC0415 - for who is scraped

        write = {
            "text": text.write_text,
            "openmetrics": text.write_openmetrics,
            "protobuf": protobuf.write_protobuf,
        }
        return write[form](snapshot.read(cast("Any", self), names))

    def snapshot(self, names: Iterable[str]) -> list[tuple[Any, ...]]:
        """All families as values, by name: (type, name, help, unit, buckets, states, series)."""
        wanted = frozenset(names)
        rows = [
            (kind, name, text, unit, tuple(buckets), tuple(states), series)
            for (kind, name, text, unit, _, buckets, states, *_), series in self._exposed()
            if series and (not wanted or not wanted.isdisjoint(_names(kind, name)))
        ]
        return sorted(rows, key=lambda row: row[1])

    def series_of(self, family: Family) -> list[tuple[tuple[str, ...], Any]]:
        """(label values, reading) of every series of a family."""
        from vedette.instruments.metrics.snapshot import labels_of  # noqa: PLC0415 - for those who look

        return [
            (tuple(labels_of(labels).values()), reading)
            for description, rows in self._exposed()
            if description[1] == family.description.name
            for labels, reading, *_ in rows
        ]

    def reading(self, family: Family, values: tuple[str, ...]) -> Any:
        """The reading of one series."""
        return dict(self.series_of(family)).get(family.admit(values))

    def _exposed(self) -> list[tuple[list[Any], list[tuple[Any, ...]]]]:
        parts = self._read_others()
        while parts is None:
            parts = self._read_others()
        with LOCK:
            retired = {family.place for family in self._families if family.retired}
            own = read_part(self._open().words(), 0 if self.path is None else os.getpid(), retired)
        return exposed([*parts, own])

    def _read_others(self) -> list[Part] | None:
        """What dead processes have left and what living ones say; None if one was folded meanwhile."""
        if self.path is None:
            return []
        left = self._left()
        parts = [left]
        for path in self._others():
            if _name(path) not in left.covers:
                part = _read(path)
                if part is None:
                    return None
                parts.append(part)
        return parts

    @property
    def used(self) -> int:
        """Bytes in use by this process."""
        return 0 if self._slab is None else self._slab.used


def open_shared(path: str) -> Store:
    """The store beside those of other processes. A file there that is none of ours is set aside with a message.

    Raises:
        OSError: there is no room for it.
    """
    # What a service's segment is found by, and swept by once it has ended; where the extension runs, it is the segment.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "rb") as file:
        begins = file.read(len(_SEGMENT))
    if begins not in (b"", _SEGMENT):
        aside = f"{path}.set-aside"
        os.replace(path, aside)
        guard.warn(("segment", path), f"{path} was set aside as {aside}: it is no segment of Vedette's")
        return open_shared(path)
    if begins:
        guard.warn(
            ("segment", path),
            f"{path} is shared by processes that run the extension in C, and this one does not: each kind shows its "
            "own metrics alone",
        )
    return Store(path)


def _drop_in(path: str, family: bytes, labels: str | None, but: str | None) -> bool:
    """End a series of a family (or all, but one) in the slab of another process; whether there was one."""
    dropped, places = False, set()
    for kind, owner, entry in _entries(path):
        if kind == FAMILY and text_of(entry) == family:
            places.add(entry.place)
        elif kind == SERIES and owner in places and entry.integers[entry.at + ALIVE] % 2:
            text = text_of(entry).decode(errors="replace")
            if text != but and labels in (None, text):
                entry.integers[entry.at + ALIVE] += 1
                dropped = True
    return dropped


def is_locked(path: str) -> bool:
    """Whether the process that writes a slab is alive. Not for the slab of this one: that would let go of its lock."""
    import fcntl  # noqa: PLC0415 - there is none on Windows

    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _LOCK_BYTE)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _lock(fd: int) -> None:
    import fcntl  # noqa: PLC0415 - there is none on Windows

    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _LOCK_BYTE)


def _slabs_of(path: str) -> list[str]:
    folder, name = os.path.split(path)
    try:
        found = os.listdir(folder)
    except OSError:  # it is gone, or this process may not read it any more
        return []
    return [f"{folder}/{one}" for one in found if one.startswith(name) and _SLAB.fullmatch(one, len(name))]


def _name(path: str) -> str:
    return os.path.basename(path)


def _process_of(path: str) -> tuple[int, int]:
    """Pid and start of the process that a slab's name tells."""
    found = _SLAB.search(path)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _entries(path: str) -> Iterator[tuple[int, int, Entry]]:
    import mmap  # noqa: PLC0415 - only who shares its metrics needs it

    try:
        with open(path, "r+b") as file:
            memory = mmap.mmap(file.fileno(), 0)
        yield from entries(*load(memory))
    except FileNotFoundError:
        return  # its process has ended, and what it left was folded
    except ValueError as problem:
        guard.warn(("slab", path), f"{path} was left out: {problem}")


def _read(path: str) -> Part | None:
    """What a slab of another process holds; None if it is gone, because what a dead process left has been folded."""
    try:
        with open(path, "rb") as file:
            memory = load(file.read())
    except FileNotFoundError:
        return None
    except ValueError as problem:
        guard.warn(("slab", path), f"{path} was left out: {problem}")
        return _NOTHING
    return read_part(memory, _process_of(path)[0])


def _names(kind: str, name: str) -> list[str]:
    """What a family can be asked for by: its name, that in OpenMetrics, and those of its series."""
    endings = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(kind, ())
    bare = name.removesuffix({"counter": "_total", "info": "_info"}.get(kind, ""))
    return [name, bare, *(name + ending for ending in endings)]


def _forked() -> None:
    for store in tuple(_stores):
        store.forked()


if hasattr(os, "register_at_fork"):  # there is none on Windows
    os.register_at_fork(after_in_child=_forked)
