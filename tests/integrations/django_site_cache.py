"""A cache backend of an application's own, with coroutines of its own and a cache before another."""

from __future__ import annotations

from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

__all__ = ["OwnCache"]


class OwnCache(LocMemCache):
    """What is not in it may be in the default cache."""

    def get(self, key, default=None, version=None):
        found = super().get(key, None, version)
        return caches["default"].get(key, default, version) if found is None else found

    async def aget(self, key, default=None, version=None):
        return super().get(key, default, version)

    async def aget_many(self, keys, version=None):
        return {key: await self.aget(key, version=version) for key in keys if self.has_key(key)}
