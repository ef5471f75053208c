"""Since when the values of a process count."""

from __future__ import annotations

import os
import time

from vedette.instruments import clock
from vedette.instruments.metrics.supervisor import owner

__all__ = ["started"]

_LOADED = time.monotonic()


def started() -> float:
    """When the process began that the values belong to, in seconds since the epoch.

    Where the system does not tell that, it is when this was loaded.
    """
    ticks = owner().started
    if ticks and hasattr(time, "CLOCK_BOOTTIME"):
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    else:
        age = time.monotonic() - _LOADED
    return max(0.0, clock.now() - age)
