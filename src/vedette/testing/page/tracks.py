"""What happened over time, a line each: bars of one colour, marks with a number, and the axis below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.testing.page.markup import Html, each, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.testing.page.time import Times

__all__ = ["Bar", "Mark", "axis", "marks", "track"]

_WIDE: Final = 1000
"""Units from left to right; what touches within one of them is drawn as one."""
_HIGH: Final = 20
_SLIM: Final = {"pending": 7}
"""Units above and below, by kind, so that what matters less is smaller too."""
_CROWDED: Final = 0.035
"""A mark so near to the one before stands a level higher."""
_LEVELS: Final = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one kind, which is the class of its style."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that has a number beside the axis and a name elsewhere."""

    number: int
    name: str
    start: int
    end: int


def track(bars: Sequence[Bar], times: Times, label: str, *, behind: Sequence[Bar] = ()) -> Html:
    """One line; kinds are drawn in the order in which they come, over what is ``behind`` from top to bottom."""
    grid = "".join(f"M{_x(times, at):g} 0V{_HIGH}" for at, _ in times.ticks())
    drawn = [tag("path", class_="grid", d=grid)]
    for some, least in ((behind, 0), (bars, 2)):
        for kind in dict.fromkeys(bar.kind for bar in some):
            top = _SLIM.get(kind, least)
            height = _HIGH - 2 * top
            spans = _merged((bar for bar in some if bar.kind == kind), times)
            path = "".join(f"M{low:g} {top}h{high - low:g}v{height}h-{high - low:g}z" for low, high in spans)
            drawn.append(tag("path", class_=kind, d=path))
    size: dict[str, str] = {"viewBox": f"0 0 {_WIDE} {_HIGH}", "preserveAspectRatio": "none"}
    return tag("svg", tag("title", label), *drawn, class_="track", role="img", **size)


def _merged(bars: Iterable[Bar], times: Times) -> list[tuple[float, float]]:
    """From where to where, in units, without two that touch."""
    found: list[tuple[float, float]] = []
    for low, high in sorted((_x(times, bar.start), _x(times, bar.end)) for bar in bars):
        if found and low <= found[-1][1] + 0.5:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def _x(times: Times, at: int) -> float:
    return round(_WIDE * times.share(at), 1)


def axis(times: Times) -> Html:
    """The hours or days below the lines; every second one is left out where there is little room."""
    labels = [
        tag("span", text, class_="spare" if number % 2 else None, style=f"--at:{100 * times.share(at):.2f}%")
        for number, (at, text) in enumerate(times.ticks())
    ]
    return tag("div", *labels, class_="axis", aria_hidden="true")


def marks(found: Sequence[Mark], times: Times) -> Html:
    """Numbers above the lines, on levels of their own where they would stand on one another."""
    last = [-1.0] * _LEVELS
    drawn: list[Html] = []
    for one in sorted(found, key=lambda mark: mark.start):
        at = times.share((max(one.start, times.start) + min(one.end, times.end)) / 2)
        free = (level for level in range(_LEVELS) if at - last[level] >= _CROWDED)
        level = next(free, _LEVELS - 1)
        last[level] = at
        drawn.append(
            tag("span", str(one.number), title=one.name, style=f"--at:{100 * at:.2f}%;bottom:{level * 1.25:g}em")
        )
    levels = 1 + sum(one >= 0 for one in last[1:])
    return tag("div", each(drawn), class_="marks", aria_hidden="true", style=f"height:{levels * 1.25 + 0.25:g}em")
