"""What slabs hold, as values, and many of them as one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.instruments import clock
from vedette.instruments.metrics.twin import exemplars, native
from vedette.instruments.metrics.twin.slab import (
    ALIVE,
    COVERS,
    EXEMPLAR_WORDS,
    EXEMPLARS,
    FAMILY,
    NATIVE,
    SEEN,
    SERIES,
    VALUES,
    Slab,
    belongs_to,
    entries,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from vedette.instruments.metrics.twin.slab import Chunk, Entry

__all__ = ["Kept", "Part", "exposed", "fold", "read_part", "write_part"]

_EXACT = 2.0**53  # whole numbers below are what was counted

Buckets = tuple[int, int, dict[tuple[bool, int], int]]
"""Schema, zeros, and (negative, index) → observations."""


class Kept(NamedTuple):
    """What one process says of one series."""

    pid: int
    seen: float
    values: tuple[float, ...]
    exemplars: list[tuple[int, float, float, str]]
    natives: list[Buckets]


class Part(NamedTuple):
    """What is in a slab: by description, then by labels. ``covers``: the slabs that have been folded into it."""

    families: dict[bytes, dict[str, Kept]]
    covers: frozenset[str]


def read_part(memory: tuple[list[Chunk], int], pid: int, retired: Container[int] = ()) -> Part:
    """What a slab holds that is alive, but for the families at ``retired``; what is broken is left out."""
    families: dict[bytes, dict[str, Kept]] = {}
    descriptions: dict[int, bytes] = {}
    found: dict[int, Kept] = {}
    covers: frozenset[str] = frozenset()
    for kind, owner, entry in entries(*memory):
        if kind == FAMILY and entry.place not in retired:
            descriptions[entry.place] = text_of(entry)
        elif kind == SERIES and owner in descriptions and entry.integers[entry.at + ALIVE] % 2:
            count = entry.integers[entry.at - 2]
            values = tuple(entry.doubles[entry.at + VALUES : entry.at + count])
            kept = Kept(pid, entry.doubles[entry.at + SEEN], values, [], [])
            found[belongs_to(entry)] = kept
            families.setdefault(descriptions[owner], {})[text_of(entry).decode(errors="replace")] = kept
        elif kind == EXEMPLARS and owner in found:
            found[owner].exemplars.extend(exemplars.read(entry))
        elif kind == NATIVE and owner in found:
            found[owner].natives.append(native.read(entry))
        elif kind == COVERS:
            covers = frozenset(json.loads(text_of(entry)))
    return Part(families, covers)


def write_part(path: str, part: Part) -> None:
    """A slab that holds this and nothing more will be added to.

    Raises:
        OSError: there is no room for it.
    """
    slab = Slab(path)
    slab.add(COVERS, 0, 0, json.dumps(sorted(part.covers)).encode())
    for described, rows in part.families.items():
        family = slab.add(FAMILY, 0, 0, described)
        for labels, kept in rows.items():
            entry = slab.add(SERIES, family.place, VALUES + len(kept.values), labels.encode())
            entry.integers[entry.at + ALIVE] = 1
            entry.doubles[entry.at + SEEN] = kept.seen
            for place, value in enumerate(kept.values):
                entry.doubles[entry.at + VALUES + place] = value
            _write_beside(slab, entry, kept)
    slab.close()


def _write_beside(slab: Slab, series: Entry, kept: Kept) -> None:
    for block in kept.natives:
        native.write(slab.add(NATIVE, belongs_to(series), native.WORDS), block)
    if kept.exemplars:
        count = max(bucket for bucket, *_ in kept.exemplars) + 1
        room = slab.add(EXEMPLARS, belongs_to(series), count * EXEMPLAR_WORDS)
        for bucket, value, timestamp, labels in kept.exemplars:
            exemplars.put(room, bucket, value, timestamp, labels.encode())


def fold(parts: Iterable[Part], covers: Iterable[str]) -> Part:
    """What these have left, as one: what only living processes say is gone."""
    families: dict[bytes, dict[str, Kept]] = {}
    for described, rows in _by_family(parts).items():
        kind, *_, mode, _, _ = json.loads(described)
        if kind == "gauge" and mode.startswith("live"):
            continue
        for labels, kept in rows.items():
            values = _merged(kind, mode, kept)
            if values is not None:
                natives = [block for one in kept for block in one.natives]
                events = _latest(kept)
                seen = max(one.seen for one in kept)
                families.setdefault(described, {})[labels] = Kept(0, seen, values, events, natives)
    return Part(families, frozenset(covers))


def exposed(parts: Iterable[Part]) -> list[tuple[list[Any], list[tuple[Any, ...]]]]:
    """(description, rows) of each family, the last part's where two describe one name; see `Store.snapshot`."""
    now = clock.now() * 1000
    found: dict[str, tuple[list[Any], list[tuple[Any, ...]]]] = {}
    for described, by_labels in _by_family(parts).items():
        description = json.loads(described)
        expires = description[-1]
        rows = []
        for labels, kept in by_labels.items():
            fresh = [one for one in kept if not expires or not one.seen or now < one.seen + expires]
            reading = _reading(description, fresh) if fresh else None
            if reading is not None:
                rows.append((labels, reading, _latest(fresh), _native(description, fresh)))
        found.pop(description[1], None)
        found[description[1]] = description, rows
    return list(found.values())


def _by_family(parts: Iterable[Part]) -> dict[bytes, dict[str, list[Kept]]]:
    """By description (the last one that is met is the last) and labels, what each says."""
    families: dict[bytes, dict[str, list[Kept]]] = {}
    for part in parts:
        for described, rows in part.families.items():
            known = families.pop(described, {})
            families[described] = known
            for labels, kept in rows.items():
                known.setdefault(labels, []).append(kept)
    return families


def _merged(kind: str, mode: str, kept: list[Kept]) -> tuple[float, ...] | None:
    """The values of a series over all who say something; None if nobody does."""
    if kind == "gauge":
        said = [one.values for one in kept if one.values[1]]
        if not said:
            return None
        tick = max(tick for _, tick in said)
        how = mode.removeprefix("live")
        if how == "sum":
            return sum(value for value, _ in said), tick
        if how == "mostrecent":
            return max(said, key=lambda one: one[1])
        return (min if how == "min" else max)(value for value, _ in said), tick
    if kind == "stateset":
        return max((one.values for one in kept), key=lambda values: values[1])
    return tuple(map(sum, zip(*(one.values for one in kept), strict=True)))


def _reading(description: list[Any], kept: list[Kept]) -> Any:
    kind, mode = description[0], description[7]
    if kind == "gauge" and mode == "liveall" and any(one.pid for one in kept):
        return [(one.pid, one.values[0]) for one in kept if one.values[1] and one.pid]
    values = _merged(kind, mode, kept)
    if values is None:
        return None
    if kind == "histogram":
        return [int(count) for count in values[1:]], values[0]
    if kind == "summary":
        return int(values[0]), values[1]
    if kind == "stateset":
        return int(values[0])
    if kind == "info":
        return 1
    whole = kind == "counter" and values[0].is_integer() and values[0] < _EXACT
    return int(values[0]) if whole else values[0]


def _latest(kept: list[Kept]) -> list[tuple[int, float, float, str]]:
    """The latest exemplar of each bucket."""
    found: dict[int, tuple[int, float, float, str]] = {}
    for event in sorted((event for one in kept for event in one.exemplars), key=lambda event: event[2]):
        found[event[0]] = event
    return [found[bucket] for bucket in sorted(found)]


def _native(description: list[Any], kept: list[Kept]) -> Any:
    if not description[8]:
        return None
    return native.merge(block for one in kept for block in one.natives)
