"""ASGI applications: requests measured as the http pack declares it, and ``/metrics`` served. Plain ASGI, no framework.

The middleware stands outside of everything else in the application, so that it sees what leaves it: the status of an
error handler, the last byte of a stream, and not the background tasks that run after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW, core
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.routes import ERROR, MEASURED, Routes
from vedette.packs.http import (
    METHODS,
    active_requests,
    exceptions,
    request_body_size,
    request_duration,
    response_body_size,
    websocket_connections,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from vedette.health.probes import Probes
    from vedette.instruments.metrics.core import HistogramSeries

__all__ = ["MetricsMiddleware"]

if TYPE_CHECKING:
    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

_METHODS = {method: method for method in METHODS}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", OVERFLOW})
_NOWHERE = "\0"  # no path begins so
_measuring = guard.shield("measuring a request")


class MetricsMiddleware:
    """Measures what goes through it. ``vedette.instrument`` puts it in its place.

    Args:
        app: what is measured.
        path: where metrics are served, None for nowhere.
        token: what a reader of them must send.
        routes: the templates to count requests by; those of ``app`` if not given.
        probes: answers health probes, where it is to; they are not counted.
    """

    def __init__(
        self,
        app: App,
        *,
        path: str | None = "/metrics",
        token: str | None = None,
        routes: Routes | None = None,
        probes: Probes | None = None,
    ) -> None:
        self.app = app
        self._path = path
        self._token = token
        self._probes = probes
        self._health = _NOWHERE if probes is None else probes.path
        self._routes = Routes(app) if routes is None else routes
        self._measured = core.Requests(
            app,
            methods=_METHODS,
            other=OVERFLOW,
            with_body=_WITH_BODY,
            template=self._routes.template,
            fixed=self._routes.fixed,
            active=active_requests.labels,
            observers=_observers,
            failed=self._failed,
            broken=_broken,
            counted=_counted,
        )

    def _failed(self, scope: Scope, error: BaseException) -> None:
        """Count an exception that leaves the application, unless its framework has told of it already."""
        if ERROR in scope:
            return
        exceptions.inc(self._routes.template(scope), error_type(error))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        kind = scope["type"]
        if kind == "http":
            path = scope["path"]
            if path == self._path or path.startswith(self._health) or scope.get("root_path"):
                respond = self._own(scope)
                if respond is not None:
                    await respond(scope, receive, send)
                    return
            if MEASURED not in scope:
                scope[MEASURED] = self._routes
                await self._measured(scope, receive, send)
                return
        elif kind == "websocket" and MEASURED not in scope:
            scope[MEASURED] = self._routes
            await self._websocket(scope, receive, send)
            return
        elif kind == "lifespan" and self._probes is not None:
            self._probes.application_starts()
        await self.app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened: list[str] = []

        async def measured_send(message: Message) -> None:
            if message["type"] == "websocket.accept" and not opened:
                with _measuring:
                    opened.append(self._routes.template(scope))
                    websocket_connections.inc(opened[0])
            await send(message)

        try:
            await self.app(scope, receive, measured_send)
        except Exception as error:
            with _measuring:
                exceptions.inc(self._routes.template(scope), error_type(error))
            raise
        finally:
            if opened:
                with _measuring:
                    websocket_connections.dec(opened[0])

    def _own(self, scope: Scope) -> Callable[[Scope, Receive, Send], Awaitable[None]] | None:
        """What answers a request for a page of ours, below the ``root_path`` that a server or proxy adds, too."""
        path, root, probes = scope["path"], scope.get("root_path", "").rstrip("/"), self._probes
        for own in (path, path.removeprefix(root)) if root else (path,):
            if own == self._path:
                return self._metrics
            if probes is not None and probes.owns(own):
                return probes.respond
        return None

    async def _metrics(self, scope: Scope, _receive: Receive, send: Send) -> None:
        from vedette.instruments.metrics.serving.asgi import respond  # noqa: PLC0415 - the first scrape pays

        await respond(scope, send, token=self._token)


def _observers(method: str, route: str, status: int) -> tuple[HistogramSeries, HistogramSeries, HistogramSeries]:
    """What takes the duration of a request, its size, and that of its response."""
    return (
        request_duration.labels(method, route, str(status)),
        request_body_size.labels(method, route),
        response_body_size.labels(method, route),
    )


def _counted(exchange: core.Exchange, receive: Receive) -> Receive:
    """A ``receive`` that tells how much it reads, for a request whose size is not announced."""

    async def counted() -> Message:
        message = await receive()
        exchange.add_read(len(message.get("body", b"")))
        return message

    return counted


def _broken(error: BaseException) -> None:
    with _measuring:
        raise error
