"""Keeping up to date what a process tells when it is asked, where others are scraped in its stead.

Functions of gauges and hooks before a scrape run in the process that has them. A worker whose metrics are shown by
another is not asked, so that a thread of it does so every few seconds. A process that is alone has none.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from vedette.instruments import guard

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INTERVAL", "keep"]

INTERVAL = 2.0
"""Seconds after which what a worker tells is read again."""
_MOMENT = 0.2  # seconds for what a process does first after it was forked

_started_in = 0


def keep(refresh: Callable[[], None]) -> None:
    """Call ``refresh`` every `INTERVAL` seconds from a daemon thread of this process, which there is one of."""
    global _started_in
    if _started_in == os.getpid():
        return
    _started_in = os.getpid()

    def run() -> None:
        time.sleep(_MOMENT)
        while True:
            with guard.shield("refreshing what a worker tells"):
                refresh()
            time.sleep(INTERVAL)

    try:
        threading.Thread(target=run, name="vedette-refresh", daemon=True).start()
    except RuntimeError:  # the interpreter is being shut down
        _started_in = 0
