"""How the shop spends time: really, or only on paper when a simulated clock drives it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pace", "RealPace", "SimulatedPace"]

T = TypeVar("T")


class Pace(Protocol):
    """What takes time."""

    async def pause(self, seconds: float) -> None:
        """Let time pass."""

    async def run(self, function: Callable[[], T]) -> T:
        """Do what blocks, such as asking the database."""


class RealPace:
    """Seconds are seconds, and what blocks runs in a thread."""

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)

    async def run(self, function: Callable[[], T]) -> T:
        """Run in a thread."""
        return await run_in_threadpool(function)


class SimulatedPace:
    """No time passes at all; what would have passed is added up, for `vedette.instruments.clock` to read."""

    def __init__(self) -> None:
        self.spent = 0.0

    def perf(self) -> float:
        """Seconds spent so far; durations are differences of it."""
        return self.spent

    async def pause(self, seconds: float) -> None:
        """Add up."""
        self.spent += seconds

    async def run(self, function: Callable[[], T]) -> T:
        """Run at once."""
        return function()
