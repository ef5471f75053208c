"""Exemplars of a process's series: one for a counter, one for each bucket of a histogram."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.instruments import clock, guard
from vedette.instruments.metrics.twin.slab import EXEMPLAR_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.instruments.metrics.twin.slab import Entry

__all__ = ["current", "exemplar_source", "is_fresh", "put", "read", "wanted", "write"]

wanted = False
"""Whether there is anybody to ask for the current trace."""

# Another process may be writing what is read here: a text that is no list of labels is left out.
_LABELS = re.compile(r'(?:[A-Za-z_]\w*="(?:[^"\\\n]|\\.)*"(?:,(?!$))?)*', re.ASCII)
_SPARING = 1.0  # seconds between two exemplars of one bucket
_TEXT = EXEMPLAR_WORDS - 4

_source: Callable[[], str | None] | None = None


def exemplar_source(ask: Callable[[], str | None] | None) -> None:
    """Ask this for the labels of the current trace as text, or None; None asks nobody."""
    global _source, wanted
    _source, wanted = ask, ask is not None


def current() -> str | None:
    """The labels of the current trace."""
    with guard.shield("asking for the current trace"):
        return None if _source is None else _source()
    return None


def is_fresh(entry: Entry, bucket: int) -> bool:
    """Whether there is one of just now: that is enough."""
    at = entry.at + bucket * EXEMPLAR_WORDS
    return bool(entry.integers[at + 3]) and clock.now() - entry.doubles[at + 2] < _SPARING


def write(entry: Entry, bucket: int, value: float, text: str) -> None:
    """Keep one."""
    raw = text.encode()
    if len(raw) <= _TEXT * 8:
        put(entry, bucket, value, clock.now(), raw)


def put(entry: Entry, bucket: int, value: float, timestamp: float, raw: bytes) -> None:
    """Write one down."""
    at = entry.at + bucket * EXEMPLAR_WORDS
    padded = memoryview(raw + bytes(-len(raw) % 8)).cast("Q")
    entry.integers[at + 3] = 0
    entry.doubles[at + 1], entry.doubles[at + 2] = value, timestamp
    entry.integers[at + 4 : at + 4 + len(padded)] = padded
    entry.integers[at + 3] = len(raw)


def read(entry: Entry) -> list[tuple[int, float, float, str]]:
    """(bucket, value, timestamp, labels) of each."""
    found = []
    for bucket in range(entry.integers[entry.at - 2] // EXEMPLAR_WORDS):
        at = entry.at + bucket * EXEMPLAR_WORDS
        size = entry.integers[at + 3]
        text = entry.integers[at + 4 : at + EXEMPLAR_WORDS].tobytes()[:size].decode(errors="replace") if size else ""
        if text and _LABELS.fullmatch(text):
            found.append((bucket, entry.doubles[at + 1], entry.doubles[at + 2], text))
    return found
