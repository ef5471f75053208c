"""Pages that tell of backtests and simulations: one HTML file each, no script, nothing fetched, the reader's theme."""

from __future__ import annotations

from vedette.testing.page.charts import Line, Stack, lines, stacks
from vedette.testing.page.document import document
from vedette.testing.page.markup import Html, each, scroll, tag
from vedette.testing.page.time import Times
from vedette.testing.page.tracks import Bar, Mark, axis, marks, track

__all__ = [
    "Bar", "Html", "Line", "Mark", "Stack", "Times", "axis", "document", "each", "lines", "marks", "scroll", "stacks",
    "tag", "track",
]  # fmt: skip
