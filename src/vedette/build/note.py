"""What can be built and yet should be known: a place in the user's files, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vedette.place import Place

__all__ = ["Note"]


class Note(NamedTuple):
    """One of them."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"
