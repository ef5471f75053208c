"""A bare WSGI client, which does with a response what PEP 3333 says a server does, and small applications for it."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from typing import Any

__all__ = ["PLAIN", "Answer", "ask", "environ", "hello", "size", "streaming"]

PLAIN = [("Content-Type", "text/plain")]


@dataclass
class Answer:
    """What an application sent."""

    status: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: BaseException | None = None
    result: Any = None

    @property
    def code(self) -> int:
        return int(self.status[:3])


def environ(path: str, method: str = "GET", *, body: bytes = b"", **more: Any) -> dict[str, Any]:
    """A request, as a server makes it."""
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "SERVER_NAME": "shop",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "shop",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def ask(app: Any, path: str, method: str = "GET", *, chunks: int | None = None, **more: Any) -> Answer:
    """One request; an exception of the application is kept, not raised.

    Args:
        app: a WSGI application.
        path: with its query.
        method: of the request.
        chunks: how many the client takes before it is gone; by default all.
        more: of the environ; ``body`` is that of the request.
    """
    answer = Answer()

    def write(data: bytes) -> None:
        answer.body += data

    def start_response(status, headers, exc_info=None):
        if exc_info is not None and answer.body:
            raise exc_info[1].with_traceback(exc_info[2])
        answer.status, answer.headers = status, {name.lower(): value for name, value in headers}
        return write

    try:
        answer.result = result = app(environ(path, method, **more), start_response)
        try:
            for number, chunk in enumerate(result):
                if chunks is not None and number >= chunks:
                    break
                write(chunk)
        finally:
            if hasattr(result, "close"):
                result.close()
    except Exception as error:  # noqa: BLE001 - told to the test
        answer.error = error
    return answer


def hello(environ, start_response):
    """An application that answers in one chunk."""
    start_response("200 OK", PLAIN)
    return [b"hello"]


def streaming(chunks, *, status="200 OK"):
    """An application that is a generator: it says how its response begins when the first chunk is asked for."""

    def app(environ, start_response):
        start_response(status, PLAIN)
        yield from chunks

    return app


def size(metric, *labels: str) -> float:
    """The sum of what a histogram has observed."""
    return metric.labels(*labels).read()[1]
