"""Charts of counts: stacked bars by week, and lines over the values of a sweep, each with a scale of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.testing.page.markup import Html, each, scroll, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Line", "Stack", "lines", "stacks"]

_WIDTH, _HEIGHT = 420, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 404, 14, 156
_LABELS: Final = 7


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of parts, each of one kind, which is the class of its style."""

    label: str
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Line:
    """What there is to draw of one figure; None is a gap."""

    name: str
    values: Sequence[float | None]
    shown: Callable[[float], str]
    most: float | None = None
    """Where the scale ends: at the greatest value unless told."""


def stacks(groups: Sequence[tuple[str, Sequence[Stack]]], label: str) -> Html:
    """Bars side by side, a group for each stretch of time, with their totals above."""
    most = max((bar.total for _, bars in groups for bar in bars), default=0) or 1
    drawn = tag(
        "div",
        *(
            tag(
                "div",
                tag("div", *(_bar(bar, most) for bar in bars), class_="beside"),
                tag("span", name, class_="when"),
                class_="group",
            )
            for name, bars in groups
        ),
        class_="stacks",
        role="img",
        aria_label=f"{label}: "
        + "; ".join(
            f"{name} " + ", ".join(f"{bar.label} {bar.total}".strip() for bar in bars) for name, bars in groups
        ),
    )
    return scroll(drawn, label)


def _bar(bar: Stack, most: int) -> Html:
    told = ", ".join(f"{count} {kind}" for kind, count in bar.parts.items() if count) or "none"
    return tag(
        "div",
        tag("span", str(bar.total) if bar.total else "", class_="total"),
        *(
            tag("span", "", class_=f"part {kind}", style=f"height:calc((100% - 18px) * {count / most:.4f})")
            for kind, count in bar.parts.items()
            if count
        ),
        class_=f"bar {bar.label}".strip(),
        title=f"{bar.label}: {told}".removeprefix(": "),
    )


def lines(line: Line, labels: Sequence[str], now: float | None) -> Html:
    """One figure over the values that were tried; ``now`` is where the one stands that there is: 1.5 between two."""
    most = line.most or _nice(max((value for value in line.values if value is not None), default=0))
    across = [_LEFT + (_RIGHT - _LEFT) * at / max(1, len(labels) - 1) for at in range(len(labels))]
    drawn: list[Html] = []
    for share in (0, 0.5, 1):
        y = _BOTTOM - (_BOTTOM - _TOP) * share
        drawn.append(tag("line", class_="grid", x1=_LEFT, y1=y, x2=_RIGHT, y2=y))
        drawn.append(tag("text", line.shown(most * share), class_="quiet", x=_LEFT - 7, y=y + 4, text_anchor="end"))
    for at, text in enumerate(labels):
        if at % math.ceil(len(labels) / _LABELS) == 0:
            drawn.append(
                tag("text", text, class_="quiet", x=round(across[at], 1), y=_BOTTOM + 17, text_anchor="middle")
            )
    if now is not None:
        x = round(_LEFT + (_RIGHT - _LEFT) * now / max(1, len(labels) - 1), 1)
        drawn.append(tag("line", class_="now", x1=x, y1=_TOP, x2=x, y2=_BOTTOM))
        drawn.append(tag("text", "now", class_="now", x=x, y=_BOTTOM + 31, text_anchor="middle"))
    parts, pen = [], "M"
    dots: list[Html] = []
    for x, text, value in zip(across, labels, line.values, strict=True):
        if value is None:
            pen = "M"
            continue
        y = _BOTTOM - (_BOTTOM - _TOP) * value / most
        parts.append(f"{pen}{x:.1f} {y:.1f}")
        dots.append(tag("circle", tag("title", f"{text}: {line.shown(value)}"), cx=f"{x:.1f}", cy=f"{y:.1f}", r=3.5))
        pen = "L"
    drawn += [tag("path", class_="curve", d=" ".join(parts)), *dots]
    size = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}"}
    said = ", ".join(
        f"{text}: {'none' if value is None else line.shown(value)}"
        for text, value in zip(labels, line.values, strict=True)
    )
    return tag(
        "figure",
        tag("figcaption", line.name),
        tag("svg", each(drawn), role="img", aria_label=f"{line.name} by value: {said}", **size),
        class_="curve-of",
    )


def _nice(most: float) -> float:
    """A round number from there on."""
    if most < 1e-100:  # smaller ones have no powers of ten to be rounded by
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 5, 10) if step * power >= most * 0.999)
