"""Whether an application answers a path itself, as far as its framework lets that be seen, without importing any."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["has_route"]


def has_route(app: Any, path: str) -> bool:
    """Whether the application has a route for exactly this path, or mounts something that has all below it.

    Routes with parameters do not count: one that takes every path, such as that of a page, was not meant for this one.
    An application without a framework has no routes that could be seen.
    """
    if type(app).__module__.startswith("django."):
        return _django_has(path)
    rules = getattr(app, "url_map", None)
    if rules is not None:  # of Flask and Quart
        return any(rule.rule == path for rule in rules.iter_rules())
    return any(_is_at(route, path) for route in _flat(getattr(app, "routes", ())))


def _is_at(route: Any, path: str) -> bool:
    own = getattr(route, "path", None)
    if not isinstance(own, str) or not own.strip("/"):
        return False
    return own == path or (hasattr(route, "routes") and path.startswith(f"{own.rstrip('/')}/"))


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes, those of FastAPI's included routers with their prefixes."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            yield from contexts()


def _django_has(path: str) -> bool:
    urls: Any = sys.modules.get("django.urls")
    if urls is None:
        return False
    try:
        found = urls.resolve(path)
    except urls.Resolver404:
        return False
    return bool(f"/{found.route}" == path)
