"""The clock of every instrument, replaceable as a whole for tests and simulations.

Call ``clock.now()`` and ``clock.perf()`` through the module: a name imported from here would not follow a replacement.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["now", "perf", "replaced"]

now: Callable[[], float] = time.time
"""Seconds since the epoch."""

perf: Callable[[], float] = time.perf_counter
"""Seconds that only ever grow, for durations."""


@contextmanager
def replaced(clock: Callable[[], float], *, perf: Callable[[], float] | None = None) -> Iterator[None]:
    """Within the block instruments read their time from ``clock`` (seconds), durations from ``perf`` or else ``clock``.

    Example:
        >>> from vedette.instruments import clock
        >>> with clock.replaced(lambda: 1000.0):
        ...     clock.now()
        1000.0
    """
    from vedette.instruments.metrics import core  # noqa: PLC0415 - what measures in C has to be told

    module = globals()
    before = module["now"], module["perf"]
    module["now"], module["perf"] = clock, perf or clock
    core.set_clock(module["now"], module["perf"])
    try:
        yield
    finally:
        module["now"], module["perf"] = before
        own = before == (time.time, time.perf_counter)
        core.set_clock(*((None, None) if own else before))
