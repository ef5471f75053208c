"""Servers that answer what a test wants: from a table of paths, or bytes as they are, however wrong."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

JSON = "application/json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; version=0.0.4"


class Serving:
    """A server that runs, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, str]] = []
        """Path and body of each request."""
        self.tokens: list[str] = []


@contextmanager
def answering(answer: Callable[[str], tuple[int, str, bytes]]) -> Iterator[Serving]:
    """A server whose answers are status, content type and body, by path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            serving.asked.append((self.path, body.decode()))
            serving.tokens.append(self.headers.get("authorization", ""))
            status, kind, found = answer(path)
            self.send_response(status)
            self.send_header("content-type", kind)
            if status in (301, 302):
                self.send_header("location", found.decode())
            self.send_header("content-length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        do_POST = do_GET  # noqa: N815 - as the standard library calls it

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever asked has heard enough, and hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    serving = Serving(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def prometheus(answers: Mapping[str, object]) -> Iterator[Serving]:
    """A server that gives these data below ``/api/v1/``, and 404 for everything else."""

    def answer(path: str) -> tuple[int, str, bytes]:
        name = path.removeprefix("/api/v1/")
        if name not in answers:
            return 404, TEXT, b"404 page not found\n"
        return 200, JSON, json.dumps({"status": "success", "data": answers[name]}).encode()

    with answering(answer) as serving:
        yield serving


@contextmanager
def saying(pieces: list[bytes], *, hold: bool = False) -> Iterator[str]:
    """A server that sends these bytes to whoever connects, and then hangs up; with ``hold`` it does not."""
    done = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65_536)
                for piece in pieces:
                    connection.sendall(piece)
                if hold:
                    done.wait(30)
            except OSError:
                return  # whoever asked has heard enough

    def accept() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        listener.close()
