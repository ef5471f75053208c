"""A cache in the process: entries live for a while, the oldest go when it is full."""

from __future__ import annotations

from typing import Generic, TypeVar

from examples.shop.observability import cache_requests

from vedette.instruments import clock

__all__ = ["Cache"]

T = TypeVar("T")


class Cache(Generic[T]):
    """Values by key.

    Args:
        name: the label ``cache`` of its metrics.
        ttl: how many seconds an entry lives.
        size: how many entries there may be.
    """

    def __init__(self, name: str, *, ttl: float, size: int = 500) -> None:
        self._ttl = ttl
        self._size = size
        self._entries: dict[str, tuple[float, T]] = {}
        self._hits = cache_requests.labels(name, "hit")
        self._misses = cache_requests.labels(name, "miss")

    def get(self, key: str) -> T | None:
        """The value, if there is one that still lives."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] > clock.now():
            self._hits.inc()
            return entry[1]
        self._misses.inc()
        return None

    def put(self, key: str, value: T) -> None:
        """Keep a value."""
        self._entries.pop(key, None)
        while len(self._entries) >= self._size:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (clock.now() + self._ttl, value)
