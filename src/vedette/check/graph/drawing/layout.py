"""Where everything stands in the picture: columns as data flows, a band for each pack, wires between the columns.

A wire that passes a column has a narrow place of its own there, so that it runs beside the boxes and not under them;
wires of one source, or to one receiver, share it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from vedette.check.graph.drawing.chosen import GLOBAL, choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vedette.check.graph.drawing.chosen import Chosen
    from vedette.check.graph.model import Edge, Graph, Node

__all__ = ["Band", "Box", "Picture", "Wire", "lay_out", "shortened", "width_of"]

# Widths of letters of 12 pixels in DejaVu Sans, one of the widest fonts that a reader can have, rounded up.
_NARROW: Final = dict.fromkeys("iljtfr.,:;'|!()[]/ -", 4.6)
_WIDE: Final = dict.fromkeys("mwMWGOQHNDU%@…", 9.8) | dict.fromkeys("mwMW", 11.6)
LONGEST: Final = 42
_MARGIN: Final = 24
_TOP: Final = 76
_ROW: Final = 27
_BOX: Final = 21
_LANE: Final = 7
_HEAD: Final = 30
_SWEEPS: Final = 8


@dataclass(slots=True, eq=False)
class Box:
    """A node, or the narrow place where wires pass a column (``node`` is None)."""

    node: Node | None
    column: int
    band: str
    height: float
    x: float = 0.0
    y: float = 0.0
    """Of its middle."""
    width: float = 0.0
    beside: list[Box] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Band:
    """The space of a pack."""

    name: str
    title: str
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Wire:
    """A curve from one box to the next; ``edges`` are those that it stands for."""

    start: Box | None
    """None: the service's wire to a band ends at the band's left side."""
    end: Box | None
    edges: tuple[Edge, ...]
    band: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]
    wires: tuple[Wire, ...]
    headings: tuple[tuple[float, str], ...]
    left: float
    """Where the bands begin."""
    right: float
    """Where they end."""


def shortened(text: str) -> str:
    """A name that fits, its beginning and its end."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 18]}…{text[-17:]}"


def lay_out(graph: Graph) -> Picture:
    """The picture of a graph."""
    return _Layout(choose(graph)).picture()


class _Layout:
    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._of: dict[str, Box] = {}
        self._lanes: dict[tuple[str, str, int], Box] = {}
        self._joined: dict[tuple[int, int], tuple[Box, Box, list[Edge]]] = {}
        self._columns: list[list[Box]] = [[] for _ in chosen.columns]
        for number, column in enumerate(chosen.columns):
            for node in column:
                box = Box(node, number, chosen.band_of.get(node.id, ""), _BOX)
                self._of[node.id] = box
                self._columns[number].append(box)
        for edge in chosen.edges:
            self._wire(edge)

    def _wire(self, edge: Edge) -> None:
        left, right = (self._of[name] for name in edge.flow)
        if left.column > right.column:
            left, right = right, left
        told = right.node is not None and right.node.kind in GLOBAL
        whose = right.node.id if told and right.node is not None else left.node.id if left.node is not None else ""
        path = [left]
        for column in range(left.column + 1, right.column):
            key = (left.band, whose, column)
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = Box(None, column, left.band, _LANE)
                self._columns[column].append(lane)
            path.append(lane)
        path.append(right)
        for start, end in pairwise(path):
            known = self._joined.get((id(start), id(end)))
            if known is None:
                known = self._joined[id(start), id(end)] = (start, end, [])
                start.beside.append(end)
                end.beside.append(start)
            known[2].append(edge)

    # --- up and down -------------------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        """Order, places, wires."""
        members: dict[str, list[list[Box]]] = {
            band: [[box for box in column if box.band == band and not _free(box)] for column in self._columns]
            for band in self._chosen.bands
        }
        bands: list[Band] = []
        top = float(_TOP)
        for name, columns in members.items():
            _order(columns)
            height = max((_height(column) for column in columns), default=0.0)
            _spread(columns, top + _HEAD, height)
            bands.append(Band(name, self._chosen.bands[name], top, top + _HEAD + height + 10))
            top += _HEAD + height + 26
        bottom = max(top, _TOP + 60.0)
        self._free_ones(bands, bottom)
        left, right, width = self._across()
        free = [box.y + box.height for column in self._columns for box in column if _free(box)]
        return Picture(
            width=width,
            height=max([bottom, *(y + 20 for y in free)]) + _MARGIN,
            boxes=tuple(box for column in self._columns for box in column),
            bands=tuple(bands),
            wires=tuple(self._wires()),
            headings=tuple(self._headings()),
            left=left,
            right=right,
        )

    def _free_ones(self, bands: Sequence[Band], bottom: float) -> None:
        """Services and receivers, each where what it is joined to is."""
        tops = {band.name: band.top + _HEAD / 2 for band in bands}
        for column in self._columns:
            free = [box for box in column if _free(box)]
            for box in free:
                assert box.node is not None
                around = [one.y for one in box.beside]
                around += [tops[band] for service, band in self._chosen.watched if service == box.node.id]
                box.y = sum(around) / len(around) if around else _TOP + _HEAD
            free.sort(key=lambda box: box.y)
            _part(free, _TOP, bottom)

    # --- across ------------------------------------------------------------------------------------------------------

    def _across(self) -> tuple[float, float, float]:
        """Places of the columns; where the bands begin and end, and the width of all."""
        x, left, right = float(_MARGIN), 0.0, 0.0
        last = len(self._columns) - 1
        for number, column in enumerate(self._columns):
            heading = 9.0 * len(self._heading(column))
            widest = max([heading, *(_width(box.node) for box in column if box.node is not None)])
            free = any(_free(box) for box in column)
            if not free and not left:
                x, left = x + 16, x
            for box in column:
                box.x, box.width = x, _width(box.node) if box.node is not None else widest
            x += widest
            if not free:
                right = x + 16
            wires = sum(1 for start, _, _ in self._joined.values() if start.column == number)
            x += 0 if number == last else min(130.0, 44.0 + 2.5 * wires)
        return left or x, right or x, x + _MARGIN + (16 if right and right > x else 0)

    def _headings(self) -> Iterator[tuple[float, str]]:
        for column in self._columns:
            yield column[0].x, self._heading(column)

    @staticmethod
    def _heading(column: Sequence[Box]) -> str:
        kinds = dict.fromkeys(box.node.kind for box in column if box.node is not None)
        return " · ".join(f"{kind}s" for kind in kinds)

    def _wires(self) -> Iterator[Wire]:
        for service, band in self._chosen.watched:
            if service in self._of:
                yield Wire(self._of[service], None, (), band)
        for start, end, edges in self._joined.values():
            yield Wire(start, end, tuple(edges))


def _free(box: Box) -> bool:
    return box.node is not None and box.node.kind in GLOBAL


def _width(node: Node | None) -> float:
    return 18 + width_of(shortened(node.label)) if node is not None else 0.0


def width_of(text: str) -> float:
    """What a text of 12 pixels needs at most."""
    return sum(map(_letter, text))


def _letter(one: str) -> float:
    if not one.isascii() and one != "…":
        return 12.0
    return _NARROW.get(one) or _WIDE.get(one) or (8.5 if one.isupper() else 7.5)


def _space(box: Box) -> float:
    return _ROW if box.node is not None else _LANE + 2


def _height(column: Iterable[Box]) -> float:
    return sum(_space(box) for box in column)


def _order(columns: Sequence[list[Box]]) -> None:
    """Sort each column by where its neighbours stand, to and fro, so that fewer wires cross."""
    rank = {id(box): float(index) for column in columns for index, box in enumerate(column)}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for column in columns if forth else reversed(columns):
            wanted: dict[int, float] = {}
            for box in column:
                seen = [one for one in box.beside if id(one) in rank and (one.column < box.column) == forth]
                seen = [one for one in seen if one.column != box.column]
                wanted[id(box)] = sum(rank[id(one)] for one in seen) / len(seen) if seen else rank[id(box)]
            column.sort(key=lambda box: wanted[id(box)])
            size = max(len(column), 1)
            longest = max(map(len, columns))
            for index, box in enumerate(column):  # columns of different lengths are comparable
                rank[id(box)] = (index + 0.5) * longest / size


def _spread(columns: Sequence[list[Box]], top: float, height: float) -> None:
    """Places within a band: as near as can be to the neighbours', without overlap."""
    for column in columns:
        y = top + (height - _height(column)) / 2
        for box in column:
            box.y = y + _space(box) / 2
            y += _space(box)
    inside = {id(box) for column in columns for box in column}
    for _ in range(_SWEEPS):
        for column in columns:
            wanted: dict[int, float] = defaultdict(float)
            for box in column:
                around = [one.y for one in box.beside if id(one) in inside and one.column != box.column]
                wanted[id(box)] = sum(around) / len(around) if around else box.y
            for box in column:
                box.y = wanted[id(box)]
            _part(column, top, top + height)


def _part(column: Sequence[Box], top: float, bottom: float) -> None:
    """Push boxes apart in their order, and keep them between the ends where they fit."""
    edge = top
    for box in column:
        box.y = max(box.y, edge + _space(box) / 2)
        edge = box.y + _space(box) / 2
    edge = max(bottom, top + _height(column))
    for box in reversed(column):
        box.y = min(box.y, edge - _space(box) / 2)
        edge = box.y - _space(box) / 2
