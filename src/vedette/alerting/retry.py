"""When a delivery that did not arrive is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["MAX_WISH", "delay"]

FIRST = 1000
"""Milliseconds before the second attempt."""
CAP = 60_000
"""Milliseconds between attempts at most."""
SPREAD = 0.2
"""Each wait is longer or shorter by up to this ratio, so that many deliveries do not come back in step."""
MAX_WISH = 3_600_000
"""The longest Retry-After that is followed; a page must not be put off for days by a wrong header."""


def delay(attempts: int, wish: int | None, rng: Random) -> int:
    """Milliseconds until the next attempt, after ``attempts`` that failed; the other side's wish (ms) wins."""
    if wish is not None:
        return min(max(wish, 0), MAX_WISH)
    doubled = min(FIRST << min(attempts - 1, 16), CAP)
    return min(round(doubled * (1 + SPREAD * (2 * rng.random() - 1))), CAP)
