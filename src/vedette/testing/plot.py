"""A series against its threshold, drawn in characters: for messages of failed tests and for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["chart", "strip"]

_POINT, _LINE, _BOTH = "•", "┄", "●"


def chart(
    values: Sequence[float],
    threshold: float | None = None,
    *,
    width: int = 60,
    height: int = 8,
    ends: tuple[str, str] = ("", ""),
) -> str:
    """Lines of text with the values from left to right and the threshold across.

    A column that stands for several values reaches from the lowest to the highest of them.

    Args:
        values: in order of time, evenly apart; NaN is a gap.
        threshold: where the line is, None for none.
        width: columns of the drawing, the numbers before it aside.
        height: lines of the drawing.
        ends: what to write below its left and its right end.

    Example:
        >>> print(chart([0, 1, 2, 3], 2, width=4, height=4))
        3 ┤   •
        2 ┤┄┄●┄
        1 ┤ •
        0 ┤•
    """
    columns = _columns(values, width)
    seen = [edge for column in columns if column for edge in column]
    known = seen if threshold is None else [*seen, threshold]
    finite = [value for value in known if math.isfinite(value)]
    if not seen or not finite:
        return "(no value)"
    low, high = min(finite), max(finite)
    if low / 2 == high / 2:  # too near for there to be anything between them
        low, high = (min(low, 0.0), max(high, 0.0)) if low / 2 else (0.0, 1.0)
    half = high / 2 - low / 2  # of the whole, which may be more than a float can be
    steps = [half * line / (height - 1) for line in range(height)]
    rows = [_numbered(high - step - step) for step in steps]

    def line_of(value: float) -> int:
        clipped = min(max(value, low), high)
        return round((high / 2 - clipped / 2) / half * (height - 1))

    line = None if threshold is None or not math.isfinite(threshold) else line_of(threshold)
    if line is not None and threshold is not None:
        rows[line] = _numbered(threshold)
    wide = max(len(row) for row in rows)
    drawn = []
    for at, number in enumerate(rows):
        cells = "".join(_cell(column, on_line=at == line, at=at, line_of=line_of) for column in columns)
        drawn.append(f"{number:>{wide}} ┤{cells}".rstrip())
    if any(ends):
        left, right = ends
        drawn.append(" " * (wide + 2) + left + right.rjust(max(len(columns) - len(left), len(right) + 1)))
    return "\n".join(drawn)


def strip(states: Sequence[str], *, width: int = 60) -> str:
    """One line with a character for the gravest state of each column: ``·`` inactive, ``▒`` pending, ``█`` firing.

    Example:
        >>> strip(["inactive", "pending", "firing", "firing"], width=4)
        '·▒██'
    """
    order = ("inactive", "pending", "firing")
    found = []
    for low, high in _cuts(len(states), width):
        worst = max(order.index(state) for state in states[low:high])
        found.append("·▒█"[worst])
    return "".join(found)


def _cuts(count: int, width: int) -> list[tuple[int, int]]:
    wide = min(count, width)
    return [(at * count // wide, (at + 1) * count // wide) for at in range(wide)]


def _columns(values: Sequence[float], width: int) -> list[tuple[float, float] | None]:
    """The lowest and the highest value of each column."""
    found: list[tuple[float, float] | None] = []
    for low, high in _cuts(len(values), width):
        there = [value for value in values[low:high] if not math.isnan(value)]
        found.append((min(there), max(there)) if there else None)
    return found


def _cell(column: tuple[float, float] | None, *, on_line: bool, at: int, line_of: Callable[[float], int]) -> str:
    if column is not None and line_of(column[1]) <= at <= line_of(column[0]):
        return _BOTH if on_line else _POINT
    return _LINE if on_line else " "


def _numbered(value: float) -> str:
    return f"{value:.4g}"
