"""Waiting for what comes sooner or later, without a fixed time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["until", "until_async"]

_AT_MOST = 60.0


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + _AT_MOST
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.001)


async def until_async(condition: Callable[[], object]) -> None:
    """Let the other tasks run until it holds."""
    deadline = time.monotonic() + _AT_MOST
    while True:
        if condition():
            return
        assert time.monotonic() < deadline, "it never came to hold"
        await asyncio.sleep(0.001)
