"""Django's caches: keys looked up, by the alias of the cache and by whether they were there, as the cache pack has it.

``get`` and ``get_many`` are counted, and what is built on them: ``get_or_set``, sessions, fragments of templates. A key
that is there and holds the default that was asked for counts as a miss: nobody can tell them apart.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.packs.cache import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_ALIAS = "_vedette_alias"
_measuring = guard.shield("counting a look-up in a cache of Django")
_looking: ContextVar[object] = ContextVar("vedette_django_cache", default=None)
"""The cache that is looked into: what it asks itself meanwhile has been counted."""


def patch(patches: Patches) -> None:
    """Measure the caches that are made from now on, and those that this thread has."""
    from django.core.cache import CacheHandler, caches  # noqa: PLC0415 - the application has imported it

    measured: set[type] = set()

    def measure(cache: Any, alias: str) -> None:
        if type(cache) not in measured:
            measured.add(type(cache))
            _patch_class(patches, type(cache))
        setattr(cache, _ALIAS, str(alias))

    def making(original: Any) -> Any:
        @wraps(original)
        def create_connection(self: Any, alias: str) -> Any:
            cache = original(self, alias)
            if patches.active:
                with _measuring:
                    measure(cache, alias)
            return cache

        return create_connection

    patches.replace(CacheHandler, "create_connection", making)
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is not None and settings.configured:
        for alias in caches:
            if hasattr(caches._connections, alias):  # noqa: SLF001 - it tells which there are, but not by alias
                measure(caches[alias], alias)


def _patch_class(patches: Patches, kind: type) -> None:
    from django.core.cache.backends.base import BaseCache  # noqa: PLC0415 - the application has imported it

    for name, count in _COUNTED.items():
        # Those of the base ask the others.
        if getattr(kind, name, None) is not getattr(BaseCache, name):
            patches.replace(kind, name, partial(_measured, patches, kind, count))


def _measured(patches: Patches, kind: type, count: Any, original: Any) -> Any:
    def alias_of(cache: Any) -> str | None:
        """Where this look-up is to be counted: not where a class asks the one that it inherits from."""
        if not patches.active or type(cache) is not kind or _looking.get() is cache:
            return None
        alias: str | None = cache.__dict__.get(_ALIAS)
        return alias

    if iscoroutinefunction(original):

        @wraps(original)
        async def look_up_async(self: Any, *args: Any, **more: Any) -> Any:
            alias = alias_of(self)
            if alias is None:
                return await original(self, *args, **more)
            token = _looking.set(self)
            try:
                found = await original(self, *args, **more)
            finally:
                _looking.reset(token)
            with _measuring:
                count(alias, args, more, found)
            return found

        return look_up_async

    @wraps(original)
    def look_up(self: Any, *args: Any, **more: Any) -> Any:
        alias = alias_of(self)
        if alias is None:
            return original(self, *args, **more)
        token = _looking.set(self)
        try:
            found = original(self, *args, **more)
        finally:
            _looking.reset(token)
        with _measuring:
            count(alias, args, more, found)
        return found

    return look_up


def _count_one(alias: str, args: tuple[Any, ...], more: Mapping[str, Any], found: Any) -> None:
    default = args[1] if len(args) > 1 else more.get("default")
    requests.inc(alias, "miss" if found is default else "hit")


def _count_many(alias: str, args: tuple[Any, ...], more: Mapping[str, Any], found: Any) -> None:
    asked = args[0] if args else more["keys"]
    if found:
        requests.inc(alias, "hit", amount=len(found))
    # Of keys that come from an iterator nobody knows how many there were.
    missing = len(asked) - len(found) if hasattr(asked, "__len__") else 0
    if missing > 0:
        requests.inc(alias, "miss", amount=missing)


_COUNTED = {"get": _count_one, "get_many": _count_many, "aget": _count_one, "aget_many": _count_many}
