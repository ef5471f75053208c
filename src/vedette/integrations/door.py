"""What stands between a server and an application: one middleware for ASGI, one for WSGI, with the same settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.health.probes import Probes
    from vedette.integrations.asgi import MetricsMiddleware
    from vedette.integrations.routes import Routes
    from vedette.integrations.wsgi import MetricsMiddleware as WsgiMiddleware

__all__ = ["Door"]


class Door:
    """What is to stand before an application.

    Args:
        path: where metrics are served, None for nowhere.
        token: what a reader of them must send.
        probes: answers health probes, where it is to.
    """

    __slots__ = ("_path", "_probes", "_token", "found", "serve")

    def __init__(self, *, path: str | None, token: str | None, probes: Probes | None = None) -> None:
        self._path = path
        self._token = token
        self._probes = probes
        self.found = False
        """Whether the application had a door already."""
        self.serve: Callable[..., object] | None = None
        """Serves the page on a port where that is for other processes than this one to do."""

    def asgi(self, app: Any, routes: Routes | None = None) -> MetricsMiddleware:
        """The application, measured; one that is measured already as it is."""
        from vedette.integrations.asgi import MetricsMiddleware  # noqa: PLC0415 - for those who need it

        if isinstance(app, MetricsMiddleware):
            self.found = True
            return app
        return MetricsMiddleware(app, path=self._path, token=self._token, routes=routes, probes=self._probes)

    def wsgi(self, app: Any) -> WsgiMiddleware:
        """The application, measured; one that is measured already as it is."""
        from vedette.integrations.wsgi import MetricsMiddleware  # noqa: PLC0415 - for those who need it

        if isinstance(app, MetricsMiddleware):
            self.found = True
            return app
        return MetricsMiddleware(app, path=self._path, token=self._token, probes=self._probes)
