"""HTML from values: whatever is not HTML already is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Html", "each", "scroll", "tag"]


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, *children: str | None, **attributes: str | float | bool | None) -> Html:
    """An element. An attribute's name may end with ``_``, and ``_`` in it is a hyphen; None and False are left out.

    >>> tag("p", "1 < 2", tag("br"), class_="quiet", aria_hidden="true", hidden=None)
    '<p class="quiet" aria-hidden="true">1 &lt; 2<br></br></p>'
    """
    said = [
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    return Html(f"<{name}{''.join(said)}>{each(children)}</{name}>")


def scroll(what: Html, label: str) -> Html:
    """What may be wider than the page, and is moved with the keyboard too."""
    return tag("div", what, class_="scroll", role="region", aria_label=label, tabindex=0)


def each(parts: Iterable[str | None]) -> Html:
    """Parts one after the other."""
    return Html(
        "".join(part if isinstance(part, Html) else escape(part, quote=False) for part in parts if part is not None)
    )
