"""When an alert was pending and firing, read from the ``ALERTS`` series that judging has written."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from vedette.promql.labels import NAME, Labels, Matcher, get, render, without
from vedette.promql.source import is_stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.engine.tsdb.head import Head

__all__ = ["Span", "Track", "tracks"]

State = Literal["pending", "firing"]


@dataclass(frozen=True, slots=True)
class Span:
    """One state without a break. Times are those of its first and last evaluation, milliseconds since the epoch."""

    state: State
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Track:
    """One alert by all its labels."""

    labels: Labels
    spans: tuple[Span, ...]
    """In order of time."""

    @property
    def name(self) -> str:
        """The alert's name."""
        return get(self.labels, "alertname")

    def firing(self) -> list[Span]:
        """When it fired."""
        return [span for span in self.spans if span.state == "firing"]

    def has(self, labels: Mapping[str, str]) -> bool:
        """Whether it has all these labels."""
        own = dict(self.labels)
        return all(own.get(name) == value for name, value in labels.items())

    def __str__(self) -> str:
        return f"{self.name}{render(without(self.labels, 'alertname'))}"


def tracks(head: Head, start: int, end: int, *, interval: Mapping[str, int]) -> list[Track]:
    """Every alert that was pending or firing in ``[start, end]`` (milliseconds), by labels.

    Args:
        head: where the rules have written.
        start: milliseconds since the epoch.
        end: likewise, included.
        interval: alert → milliseconds between its evaluations; a longer pause ends a span.
    """
    found: dict[Labels, list[tuple[int, State]]] = {}
    for block in head.select((Matcher(NAME, "=", "ALERTS"),), start, end):
        there = block.present & ~is_stale(block.values)
        for row, of in enumerate(block.labels):
            state: State = "firing" if get(of, "alertstate") == "firing" else "pending"
            times = block.timestamps[np.flatnonzero(there[row])].tolist()
            found.setdefault(without(of, NAME, "alertstate"), []).extend((at, state) for at in times)
    return [
        Track(of, tuple(_spans(sorted(points), interval.get(get(of, "alertname"), 0))))
        for of, points in sorted(found.items())
        if points
    ]


def _spans(points: list[tuple[int, State]], interval: int) -> Iterable[Span]:
    pieces: list[list[tuple[int, State]]] = []
    for _, same in groupby(points, key=lambda point: point[1]):
        for point in same:
            if pieces and pieces[-1][0][1] == point[1] and point[0] - pieces[-1][-1][0] <= interval:
                pieces[-1].append(point)
            else:
                pieces.append([point])
    return (Span(piece[0][1], piece[0][0], piece[-1][0]) for piece in pieces)
