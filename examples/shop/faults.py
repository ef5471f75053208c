"""The switches that break the shop: one fault at a time, named in a small JSON file that ``vedette demo`` writes."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FAULTS", "Fault", "Faults"]

Fault = Literal["errors", "latency", "pool", "down"]
"""``errors``: two of three checkouts fail · ``latency``: answers take over a second · ``pool``: checkouts keep their
database connection · ``down``: nobody is answered, the scrape included."""

FAULTS: tuple[Fault, ...] = get_args(Fault)


class Faults:
    """Which fault is on.

    Args:
        path: the file, ``{"fault": "errors"}`` or ``{"fault": null}``; without one, `switch` is the only way.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._fault: Fault | None = None

    def switch(self, fault: Fault | None) -> None:
        """Turn one fault on and all others off; None mends the shop. Lasts until the file changes."""
        self._fault = fault

    @property
    def active(self) -> Fault | None:
        """The fault that is on; a file that is gone or unreadable is no fault. Costs one look at its metadata."""
        if self._path is not None:
            self._look(self._path)
        return self._fault

    def _look(self, path: Path) -> None:
        try:
            stat = os.stat(path)  # noqa: PTH116 - at every request, and half the price of Path.stat
        except OSError:
            if self._seen is not None:
                self._seen, self._fault = None, None
            return
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            self._seen = seen
            self._fault = _read(path)


def _read(path: Path) -> Fault | None:
    try:
        fault = json.loads(path.read_text("utf-8"))["fault"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        logging.getLogger("shop").warning('%s is not {"fault": …}: %r', path, problem)
        return None
    if fault is not None and fault not in FAULTS:
        logging.getLogger("shop").warning("%s names the fault %r; known: %s", path, fault, ", ".join(FAULTS))
        return None
    known: Fault | None = fault
    return known
