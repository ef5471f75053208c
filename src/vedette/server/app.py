"""One web application for the page and every API. It answers only requests addressed to this machine."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from vedette.instruments.metrics.serving.asgi import AsgiPage
from vedette.server import alertmanager_api, page_api, prometheus_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from vedette.server.watch import Watch

__all__ = ["application"]

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

# The page loads nothing from elsewhere and runs no inline script; e-mail bodies are shown in sandboxed frames.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def application(watch: Watch, clock: Callable[[], int], wake: Callable[[], None], *, notice: str = "") -> Starlette:
    """The application; ``wake`` is called when a request may have made something due; ``notice`` is on each page."""
    page = Path(str(files("vedette.server") / "ui"))

    async def index(_: Request) -> Response:
        return FileResponse(page / "index.html", headers={"cache-control": "no-cache"})

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("Vedette is healthy.\n")

    return Starlette(
        routes=[
            *prometheus_api.routes(watch, clock),
            *alertmanager_api.routes(watch.alerting, clock, wake),
            *page_api.routes(watch, clock, notice),
            Route("/-/healthy", healthy, methods=["GET", "HEAD"]),
            Route("/-/ready", healthy, methods=["GET", "HEAD"]),
            Route("/metrics", AsgiPage()),
            Mount("/ui", StaticFiles(directory=page)),
            Route("/api/{rest:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE"]),
            Route("/{rest:path}", index),
        ],
        middleware=[Middleware(LocalOnly), Middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)],
    )


async def _unknown(request: Request) -> Response:
    return PlainTextResponse(f"no such endpoint: {request.url.path}\n", status_code=404)


class LocalOnly:
    """Refuses requests whose Host names another machine (DNS rebinding), and sets the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 421 where its Host is not this machine's."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in LOCAL_NAMES:
            refusal = PlainTextResponse(
                f"this server answers only as 127.0.0.1 or localhost, not as {name[:80]!r}\n", status_code=421
            )
            await refusal(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"same-origin"),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)
