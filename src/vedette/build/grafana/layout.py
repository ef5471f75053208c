"""Where panels stand: from left to right on 24 columns, a new line where one does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.formats import grafana as g

__all__ = ["WIDTH", "Grid"]

WIDTH = 24


@dataclass(slots=True)
class Grid:
    """Places boxes one after another."""

    x: int = 0
    y: int = 0
    tallest: int = 0

    def place(self, width: int, height: int) -> g.GridPos:
        """The place of the next box."""
        if self.x + width > WIDTH:
            self.wrap()
        position = g.GridPos(x=self.x, y=self.y, w=width, h=height)
        self.x += width
        self.tallest = max(self.tallest, height)
        return position

    def wrap(self) -> None:
        """What comes next begins a line."""
        self.x, self.y, self.tallest = 0, self.y + self.tallest, 0

    def row(self) -> g.GridPos:
        """The place of a heading, which has a line to itself."""
        self.wrap()
        position = self.place(WIDTH, 1)
        self.wrap()
        return position
