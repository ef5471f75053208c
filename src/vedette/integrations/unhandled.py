"""Exceptions that nothing caught, counted on their way to whoever tells them: that one is always called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW
from vedette.packs.runtime import unhandled_exceptions

if TYPE_CHECKING:
    Source = Literal["main", "thread", "asyncio", "unraisable"]

__all__ = ["count"]

_counting = guard.shield("counting an unhandled exception")


def count(source: Source, kind: type[BaseException] | None) -> None:
    """Count one of this class, None where something went wrong without one; an interrupt or an exit is none."""
    if kind is not None and not issubclass(kind, Exception):
        return
    with _counting:
        name = OVERFLOW if kind is None else f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        unhandled_exceptions.inc(source, name)
