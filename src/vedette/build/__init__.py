"""A stack as values of `formats`, then as text. One file per target."""

from vedette.build.stack import build, load, write

__all__ = ["build", "load", "write"]
