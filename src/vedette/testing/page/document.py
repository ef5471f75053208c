"""The frame of every page: its head and its style, from ``frame.html``."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.testing.page.markup import Html

__all__ = ["document"]


def document(title: str, body: Html) -> str:
    """A whole page."""
    frame = files("vedette.testing.page").joinpath("frame.html").read_text("utf-8")
    head, _, rest = frame.partition("<!--title-->")
    style, _, end = rest.partition("<!--body-->")
    return f"{head}{escape(title)}{style}{body}{end}"
