"""A stack as values of `formats`, then as text. One file per target."""

from vedette.build.note import Note
from vedette.build.stack import build, load, notes, write

__all__ = ["Note", "build", "load", "notes", "write"]
