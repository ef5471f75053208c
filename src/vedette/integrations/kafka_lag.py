"""How far consumers of Kafka are behind: asked of the consumers themselves before a scrape, never of a broker."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT
from vedette.packs.kafka import consumer_lag

if TYPE_CHECKING:
    from collections.abc import Callable

    Lags = dict[tuple[str, int], int]

__all__ = ["forget", "forget_all", "watch"]


class _Watched(NamedTuple):
    consumer: weakref.ref[Any]
    group: str
    read: Callable[[Any], Lags]
    """(Topic, partition) → how many messages are not consumed yet, for those where the consumer knows."""


_watched: dict[int, _Watched] = {}
_told: set[tuple[str, str, str]] = set()
"""The series that there are."""
# A consumer may be collected while another one is added.
_lock = threading.RLock()
_measuring = guard.shield("measuring the lag of a Kafka consumer")


def _forked() -> None:
    """In the child of a fork nobody holds the lock, and no consumer of the parent can answer."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()
    _watched.clear()
    _told.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)


def watch(consumer: Any, group: str, read: Callable[[Any], Lags]) -> None:
    """Tell the lag of a consumer from now on, for as long as there is one.

    Args:
        consumer: anything that can be referred to weakly.
        group: the name of its group.
        read: tells its lag by topic and partition, in any thread and without asking a broker.
    """
    number = id(consumer)
    reference = weakref.ref(consumer, lambda _: _watched.pop(number, None))
    with _lock:
        _watched[number] = _Watched(reference, group, read)
    DEFAULT.before_scrape(_tell)


def forget(consumer: Any) -> None:
    """Tell it no more."""
    with _lock:
        _watched.pop(id(consumer), None)


def forget_all(read: Callable[[Any], Lags]) -> None:
    """Tell none more of those that are read by ``read``."""
    with _lock:
        for number, watched in list(_watched.items()):
            if watched.read is read:
                _watched.pop(number, None)
        _tell()


def _tell() -> None:
    with _lock:
        found: dict[tuple[str, str, str], int] = {}
        for watched in list(_watched.values()):
            with _measuring:
                consumer = watched.consumer()
                lags = watched.read(consumer) if consumer is not None else {}
                for (topic, partition), lag in lags.items():
                    series = topic, watched.group, str(partition)
                    found[series] = max(lag, found.get(series, 0))
        for series in _told - found.keys():
            consumer_lag.remove(*series)
        for series, lag in found.items():
            consumer_lag.set(lag, *series)
        _told.clear()
        _told.update(found)
