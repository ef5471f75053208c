"""What takes long to read is read aside: by a thread of its own, and only while somebody scrapes, who never waits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT
from vedette.instruments.metrics.measure import error_type

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_aside"]


def read_aside(
    read: Callable[[], None], what: str, *, every: Callable[[], float], wanted: Callable[[], bool] = lambda: True
) -> None:
    """Call ``read`` from now on when somebody scrapes and what was read is too old.

    Args:
        read: sets metrics. What it raises is logged once: nobody waits for it.
        what: is read, in the name of the thread and in the log.
        every: gives the seconds for which it is good.
        wanted: whether it is still to be read.
    """
    last = [float("-inf")]
    busy = threading.Lock()

    def run() -> None:
        try:
            read()
        except Exception as error:  # noqa: BLE001 - see above
            guard.warn(("read aside", what), f"{what} cannot be read: {error_type(error)}")
        finally:
            busy.release()

    def hook() -> None:
        now = clock.perf()
        if not wanted() or now - last[0] < every() or not busy.acquire(blocking=False):
            return
        last[0] = now
        threading.Thread(target=run, name=f"vedette: {what}", daemon=True).start()

    DEFAULT.before_scrape(hook)
