"""Which route template answered a request, by what the framework leaves in the scope: nothing is matched twice.

Litestar leaves the template itself (``path_template``). Django and Quart leave nothing, so their integrations leave it
under `ROUTE`. What Starlette and FastAPI leave differs by kind of route: a FastAPI route leaves itself (``route``), one
from an included router also its place there (``effective_route_context``, FastAPI 0.130 and later), a plain route in a
FastAPI application only its endpoint. Under a mount the prefix stands in ``root_path`` with its real values, so that
the template of a mount with parameters is looked up among the mounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableMapping

__all__ = ["ERROR", "MEASURED", "ROUTE", "UNMATCHED", "Routes"]

UNMATCHED = "_unmatched"
"""The one label value of all requests that no route answers."""

# What we leave in a scope or environ ourselves.
MEASURED = "vedette.measured"
"""That the request is measured; in a scope it is the `Routes` by which it is."""
ROUTE = "vedette.route"
"""The template, left by the integration of a framework that leaves none itself."""
ERROR = "vedette.error"
"""That an exception of this request has been told."""

# More endpoints than any real application has; reached only by one that makes endpoints as it runs.
_REMEMBERED = 10_000


class Routes:
    """The route templates of one application."""

    def __init__(self, app: object) -> None:
        self._app = app
        self._by_endpoint: dict[tuple[int, int], tuple[object, object, tuple[Any, ...]]] = {}
        self._literal_prefixes: set[str] = set()

    def template(self, scope: MutableMapping[str, Any]) -> str:
        """The full template of the route that this scope was handed to, or `UNMATCHED`; call it after routing."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return _told(scope) or UNMATCHED
        path = self._path(scope, endpoint)
        if path is None or path == UNMATCHED:
            return UNMATCHED
        if "app_root_path" not in scope:
            return path
        return self._prefix(scope) + path

    @staticmethod
    def fixed(scope: MutableMapping[str, Any]) -> bool:
        """Whether the template follows from route, endpoint and context alone, which a router leaves in the scope."""
        endpoint, route = scope.get("endpoint"), scope.get("route")
        if endpoint is None or route is None or "app_root_path" in scope:
            return False
        context = scope.get("fastapi", {}).get("effective_route_context")
        if context is not None:
            included = context.starlette_route
            if context.original_route is route or getattr(included, "endpoint", None) is endpoint:
                return True
        return getattr(route, "endpoint", None) is endpoint

    def _path(self, scope: MutableMapping[str, Any], endpoint: object) -> str | None:
        """The template within the application or mount that answered."""
        route = scope.get("route")
        fastapi = scope.get("fastapi")
        if fastapi is not None:
            context = fastapi.get("effective_route_context")
            if context is not None:
                if context.original_route is route:
                    return str(context.path_format)
                included = context.starlette_route
                if getattr(included, "endpoint", None) is endpoint:
                    return str(included.path_format)
        if route is not None and getattr(route, "endpoint", None) is endpoint:
            return str(route.path_format)
        return self._path_of_endpoint(scope, endpoint)

    def _path_of_endpoint(self, scope: MutableMapping[str, Any], endpoint: object) -> str | None:
        app = scope.get("app", self._app)
        key = (id(app), id(endpoint))
        known = self._by_endpoint.get(key)
        if known is None:
            if len(self._by_endpoint) >= _REMEMBERED:
                self._by_endpoint.clear()
            # The objects are kept, so that their identities stay theirs.
            known = (app, endpoint, tuple(_routes_to(endpoint, getattr(app, "routes", ()))))
            self._by_endpoint[key] = known
        candidates = known[2]
        if len(candidates) == 1:
            return str(candidates[0].path_format)
        path = _path_within(scope)
        for candidate in candidates:
            if candidate.path_regex.match(path):
                return str(candidate.path_format)
        told = _told(scope)
        if told is not None:
            return told
        return "/{path}" if _is_opaque(endpoint) and "app_root_path" in scope else None

    def _prefix(self, scope: MutableMapping[str, Any]) -> str:
        """The template of the mounts that the request went through."""
        prefix: str = scope["root_path"].removeprefix(scope["app_root_path"])
        if not prefix or prefix in self._literal_prefixes:
            return prefix
        template = _mounts(prefix, getattr(self._app, "routes", ()))
        if template is None:  # a mounted application that says its own root_path: better no prefix than real values
            return ""
        if template == prefix:
            self._literal_prefixes.add(prefix)
        return template


def _told(scope: MutableMapping[str, Any]) -> str | None:
    """The template as the framework or its integration says it."""
    route: str | None = scope.get(ROUTE)
    if route is None:
        route = scope.get("path_template")
    if route == "":  # an application that is mounted in one of Litestar
        handler = scope.get("route_handler")
        for mount in getattr(scope.get("litestar_app", scope.get("app")), "routes", ()):
            if getattr(mount, "route_handler", None) is handler:
                return str(mount.path_format).rstrip("/") + "/{path}"
    return route or None


def _mounts(prefix: str, routes: Iterable[Any]) -> str | None:
    """The template of a chain of mounts that matches the prefix to its end."""
    for route in _flat(routes):
        if hasattr(route, "host_format"):
            template = _mounts(prefix, route.routes)
            if template is not None:
                return template
        elif _is_mount(route):
            match = route.path_regex.match(prefix + "/")
            if match is None:
                continue
            own = str(route.path_format).removesuffix("/{path}")
            rest = match.group("path").removesuffix("/")
            if not rest:
                return own
            inner = _mounts("/" + rest, route.routes)
            if inner is not None:
                return own + inner
    return None


def _routes_to(endpoint: object, routes: Iterable[Any]) -> Iterator[Any]:
    for route in _flat(routes):
        if hasattr(route, "host_format"):
            yield from _routes_to(endpoint, route.routes)
        elif getattr(route, "endpoint", None) is endpoint:
            yield route


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes, those of included routers with their prefixes."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            yield from (context.starlette_route or context for context in contexts())


def _is_mount(route: object) -> bool:
    return hasattr(route, "routes") and hasattr(route, "path_format")


def _is_opaque(app: Any) -> bool:
    """Whether a mounted application has no routes that we could see, such as one that serves files."""
    while not hasattr(app, "routes"):
        if not hasattr(app, "app"):
            return True
        app = app.app
    return False


def _path_within(scope: MutableMapping[str, Any]) -> str:
    """The path less the prefix of the mounts, which routes are matched against."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if path == root:
        return ""
    return path.removeprefix(root) if path.startswith(root + "/") else path
