"""Which route template answered a request of a WSGI application, by what the framework leaves in the environ.

Flask leaves its request, which has the rule, until it has answered: `note` keeps it under `ROUTE`, where the
integration of Django leaves the template itself. A prefix that a dispatcher has moved to ``SCRIPT_NAME`` belongs to the
template where it is a mount's own text; one with values of the request in it, such as a dispatcher by tenant makes, is
left out: better no prefix than a series for each value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.integrations.routes import ROUTE, UNMATCHED

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["WsgiRoutes", "note"]

# Of each: more than any real application has; reached only by one that mounts as it runs.
_REMEMBERED = 1000
_NESTED = 50


class WsgiRoutes:
    """The route templates of one application."""

    def __init__(self, app: object) -> None:
        self._app = app
        self._prefixes: dict[str, str] = {}

    def template(self, environ: MutableMapping[str, Any], script_name: str) -> str:
        """The full template of the route that answered, or `UNMATCHED`; call it when the application has returned.

        Args:
            environ: of the request.
            script_name: what its ``SCRIPT_NAME`` was when it came.
        """
        route: str | None = environ.get(ROUTE)
        now = environ.get("SCRIPT_NAME", "")
        if now == script_name or route == UNMATCHED:
            return UNMATCHED if route is None else route
        prefix = self._prefix(now.removeprefix(script_name))
        if route is not None:
            return prefix + route
        return prefix + "/{path}" if prefix else UNMATCHED

    def _prefix(self, moved: str) -> str:
        known = self._prefixes.get(moved)
        if known is None:
            if len(self._prefixes) >= _REMEMBERED:
                self._prefixes.clear()
            known = self._prefixes[moved] = moved if _is_mount(moved, self._app) else ""
        return known


def note(environ: MutableMapping[str, Any]) -> None:
    """Keep the rule of a request of Flask; call it when the application says how its response begins."""
    request = environ.get("werkzeug.request")
    if request is not None and hasattr(request, "url_rule"):
        rule = request.url_rule
        environ[ROUTE] = UNMATCHED if rule is None else str(rule.rule)


def _is_mount(prefix: str, app: Any) -> bool:
    """Whether dispatchers along the chain of middleware have been told this prefix as it stands."""
    for _ in range(_NESTED):
        mounts = getattr(app, "mounts", None)
        if isinstance(mounts, dict):
            if prefix in mounts:
                return True
            for at, inner in mounts.items():
                if at and prefix.startswith(f"{at}/") and _is_mount(prefix[len(at) :], inner):
                    return True
        app = next((getattr(app, name) for name in ("app", "wsgi_app", "application") if hasattr(app, name)), None)
        if app is None:
            return False
    return False
