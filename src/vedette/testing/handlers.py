"""Asks an application within its own process, as a server would: ASGI, WSGI."""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Asgi", "Handler", "Request", "Wsgi", "handler_of"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for. ``path`` may have a query: ``/orders?page=2``."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, text: str) -> Request:
        """From ``"/orders"`` or ``"POST /orders"``.

        Raises:
            ValueError: it is neither.
        """
        method, _, path = text.rpartition(" ")
        if not path.startswith("/") or (method and not method.isalpha()):
            raise ValueError(f"{text!r} is no request; write '/orders' or 'POST /orders'")
        return cls(path, method.upper() or "GET")

    @property
    def all_headers(self) -> dict[str, str]:
        """Those given, and those that every client sends; names in lower case."""
        given = {name.lower(): value for name, value in self.headers.items()}
        return {"host": "testserver", "content-length": str(len(self.body)), **given}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Handler(Protocol):
    """An application that can be asked."""

    async def ask(self, request: Request) -> int:
        """The status of its answer; 500 where an exception leaves it."""
        ...

    async def start(self) -> None:
        """What a server does before the first request."""
        ...

    async def stop(self) -> None:
        """What a server does after the last one."""
        ...


def handler_of(app: Any) -> Handler:
    """Whoever can ask this application.

    Raises:
        TypeError: it is neither an ASGI nor a WSGI application.
    """
    try:
        takes = len(inspect.signature(app).parameters)
    except (TypeError, ValueError):
        takes = 0
    if takes == 3:
        return Asgi(app)
    if takes == 2:
        return Wsgi(app)
    raise TypeError(
        f"{app!r} is no application; an ASGI application takes (scope, receive, send), a WSGI application "
        "(environ, start_response)"
    )


class Asgi:
    """An ASGI application, with its lifespan."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._lifespan: asyncio.Task[None] | None = None
        self._to_app: asyncio.Queue[dict[str, Any]] | None = None
        self._state: dict[str, Any] = {}

    async def ask(self, request: Request) -> int:
        """One request; an exception that leaves the application was answered by a server with 500."""
        status = 0
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]

        path, _, query = request.path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in request.all_headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("testserver", 80),
            "state": dict(self._state),
        }
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - a client sees that it failed, and no more
            status = status or 500
        return status or 500

    async def start(self) -> None:
        """Start the lifespan.

        Raises:
            RuntimeError: the application says that it cannot start.
        """
        self._to_app = asyncio.Queue()
        started: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def send(message: Any) -> None:
            if message["type"].startswith("lifespan.startup.") and not started.done():
                started.set_result(message.get("message", "") if message["type"].endswith("failed") else "")

        async def live() -> None:
            assert self._to_app is not None
            with suppress(Exception):  # an application without a lifespan raises, as a server expects it to
                scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
                await self._app(scope, self._to_app.get, send)
            if not started.done():
                started.set_result("")

        self._lifespan = asyncio.create_task(live())
        self._to_app.put_nowait({"type": "lifespan.startup"})
        failure = await started
        if failure:
            raise RuntimeError(f"the application does not start: {failure}")

    async def stop(self) -> None:
        """End the lifespan."""
        if self._lifespan is not None and self._to_app is not None:
            self._to_app.put_nowait({"type": "lifespan.shutdown"})
            await self._lifespan


class Wsgi:
    """A WSGI application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def ask(self, request: Request) -> int:
        """One request, in this thread."""
        status = 0

        def start_response(line: str, _headers: Any, _error: Any = None) -> Any:
            nonlocal status
            status = int(line[:3])
            return lambda _: None

        path, _, query = request.path.partition("?")
        headers = request.all_headers
        environ = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": headers.pop("content-length"),
            "CONTENT_TYPE": headers.pop("content-type", ""),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
        try:
            answer = self._app(environ, start_response)
            try:
                for _ in answer:
                    pass
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        except Exception:  # noqa: BLE001 - as above
            status = 500
        return status or 500

    async def start(self) -> None:
        """There is nothing to start."""

    async def stop(self) -> None:
        """There is nothing to stop."""
