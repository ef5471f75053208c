"""When a group is due: every interval, at an offset that its file and name give, so that groups spread evenly."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

__all__ = ["offset", "tick"]


def offset(file: str, group: str, interval: int) -> int:
    """Milliseconds into each interval (since the epoch) at which this group is evaluated.

    The same on every start, and wherever the folder of the files lies: only the file's own name counts.
    """
    digest = hashlib.blake2b(f"{PurePath(file).name};{group}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % interval


def tick(now: int, interval: int, at: int) -> int:
    """The last tick at or before ``now``, for ticks ``at`` milliseconds into each interval."""
    return now - (now - at) % interval
