"""A finding: what is wrong, where in the user's files, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vedette.place import Place

__all__ = ["Edit", "Finding", "Level"]

Level = Literal["error", "warning", "note"]
"""``error``: it cannot work. ``warning``: it works, and not as meant, or not always. ``note``: it could be better."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a file that mends a finding: at ``place`` stands ``old``, and ``new`` should."""

    place: Place
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One of them. Two are equal where they say the same of the same place."""

    code: str
    """The check's: the name of its file and of its page."""
    level: Level
    place: Place
    """File, line and, where known, column; all of the user's own."""
    subject: str
    """What it is about: ``alert NoOrders``, ``panel Errors of dashboard Shop``."""
    message: str
    """What is wrong and why, one or two sentences without the full stop."""
    fix: str
    """What to do, an imperative sentence without the full stop."""
    certain: bool = True
    """False where it rests on a guess, as in files that nothing declares."""
    edit: Edit | None = field(default=None, compare=False)
