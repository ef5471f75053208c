"""An application of WSGI for real servers: below ``/bare`` as it is, else measured.

``python -m tests.integrations.served_wsgi PORT wsgiref`` serves it by the standard library, ``werkzeug`` by Werkzeug.
"""

from __future__ import annotations

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask, Response, request, stream_with_context

from vedette.integrations.instrument import instrument

__all__ = ["app"]

PLAIN = (("Content-Type", "text/plain"),)


def bare(environ, start_response):
    """Answers in each of the ways that the standard allows."""
    path = environ["PATH_INFO"]
    if path == "/list":
        start_response("200 OK", [*PLAIN])
        return [b"one chunk"]
    if path == "/several":
        start_response("200 OK", [*PLAIN])
        return [b"several ", b"chunks"]
    if path == "/write":
        start_response("200 OK", [*PLAIN, ("Content-Length", "7")])(b"old ")
        return [b"way"]
    if path == "/file":
        name = Path(__file__)
        size = name.stat().st_size
        start_response("200 OK", [*PLAIN, ("Content-Length", str(size))])
        return environ["wsgi.file_wrapper"](name.open("rb")) if "wsgi.file_wrapper" in environ else [name.read_bytes()]
    if path == "/empty":
        start_response("204 No Content", [])
        return []
    if path == "/late":
        return _late(start_response)
    if path == "/broken":
        raise LookupError("no such thing")
    return site(environ, start_response)


def _late(start_response):
    start_response("201 Created", [*PLAIN])
    yield b"said "
    yield b"late"


site = Flask("served")


@site.get("/items/<int:item>")
def one(item: int) -> str:
    return f"item {item}"


@site.post("/echo")
def echo() -> bytes:
    return request.get_data()


@site.get("/stream")
def stream() -> Response:
    return Response(stream_with_context(iter(["one ", "two ", "three"])))


@site.get("/endless")
def endless() -> Response:
    return Response(iter(lambda: "x" * 65536, None))


_measured = instrument(bare)


def app(environ, start_response):
    """The application, bare or measured."""
    path = environ["PATH_INFO"]
    if path.startswith("/bare/"):
        environ["PATH_INFO"] = path.removeprefix("/bare")
        return bare(environ, start_response)
    return _measured(environ, start_response)


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    port, kind = int(sys.argv[1]), sys.argv[2]
    if kind == "werkzeug":
        from werkzeug.serving import run_simple

        run_simple("127.0.0.1", port, app, threaded=True)
    else:
        server = _Threading(("127.0.0.1", port), _Silent)
        server.set_app(app)
        server.serve_forever()
