"""redis-py and valkey-py side by side, for tests that hold for both."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from vedette.integrations import attached

__all__ = ["Library", "load", "parts"]


class Library(NamedTuple):
    """One of the two."""

    name: str
    sync: Any
    asyncio: Any
    client: Any
    async_client: Any
    name_cache: Any
    name_pool: Any

    def error(self, name: str) -> str:
        """How an error of the library is told."""
        return f"{self.name}.exceptions.{name}"


def load(name: str) -> Library:
    """The library, instrumented."""
    sync, asyncio = import_module(name), import_module(f"{name}.asyncio")
    attached.attach(name)
    assert attached.states()[name].attached, attached.states()[name]
    client = {"redis": "Redis", "valkey": "Valkey"}[name]
    ours = import_module(f"vedette.integrations.{name}")
    return Library(
        name, sync, asyncio, getattr(sync, client), getattr(asyncio, client), ours.name_cache, ours.name_pool
    )


def parts(name: str) -> dict[str, dict[str, Any]]:
    """Everything in the classes and modules of the library that could be replaced."""
    found = {}
    for module in ("client", "connection", "cluster", "asyncio.client", "asyncio.connection", "asyncio.cluster"):
        loaded = import_module(f"{name}.{module}")
        found[module] = dict(vars(loaded))
        for attribute, value in vars(loaded).items():
            if isinstance(value, type) and value.__module__.startswith(name):
                found[f"{module}.{attribute}"] = dict(vars(value))
    return found
