"""Freshness of data, as the freshness pack declares it.

Example:
    >>> from vedette.domains import freshness
    >>> freshness.updated("prices")
    >>> freshness.arrived("events", about=1_800_000_000.0)
"""

from __future__ import annotations

from vedette.instruments import clock
from vedette.packs.freshness import lag, newest
from vedette.packs.freshness import updated as updated_timestamp

__all__ = ["arrived", "updated"]


def updated(dataset: str, *, newest_entry: float | None = None) -> None:
    """A data set was brought up to date now.

    Args:
        dataset: its name.
        newest_entry: the time that its newest entry is about, in seconds since the epoch.
    """
    updated_timestamp.set_to_current_time(dataset)
    if newest_entry is not None:
        newest.set(newest_entry, dataset)


def arrived(dataset: str, *, about: float) -> None:
    """An entry has arrived that is about the time ``about``, in seconds since the epoch."""
    lag.observe(max(0.0, clock.now() - about), dataset)
    updated_timestamp.set_to_current_time(dataset)
    newest.set(about, dataset)
