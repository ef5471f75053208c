"""Where a declaration stands: the user's file and line. What to do with it lives in the rooms."""

# A named tuple compiles each annotation that is a string, which takes longer than all else that stands here: so there
# is no `from __future__ import annotations`.

import sys
from typing import NamedTuple

__all__ = ["Place", "caller"]


class Place(NamedTuple):
    """A file and a 1-based line; ``column`` (1-based) where one is known, else 0."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


def caller() -> Place:
    """The nearest frame outside Vedette, however many of our own functions stand between.

    A pack of ours that declares something is its own user, so frames in ``vedette/packs`` count as outside.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to look at the caller without building a traceback
    while True:
        name = frame.f_globals.get("__name__", "")
        inside = name == "dataclasses" or (name.startswith("vedette.") and not name.startswith("vedette.packs"))
        generated = frame.f_code.co_filename == "<string>"
        if frame.f_back is None or not (inside or generated):
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
