"""A real HTTP server for the tests of clients: it answers as the path says, and waits until it is told to go on."""

from __future__ import annotations

import contextlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from tests.instruments.metrics.certificate import CERTIFICATE, KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["WebServer", "web_server"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is what the tests want."""


class _Handler(BaseHTTPRequestHandler):
    """Answers by path.

    ``/status/404?x-name=value``: that status and these headers. ``/wait``: as soon as `WebServer.go_on` is set.
    ``/redirect?to=…``, ``/echo``: the body, ``/stream``: in chunks, with a wait in the middle. ``/close``: no answer.
    ``/flaky/…``: closes, or answers 503, the first time that this path is asked for, then 200.
    """

    protocol_version = "HTTP/1.1"
    server: WebServer

    def do_GET(self) -> None:
        """Answer any method."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, _, rest = parts.path.strip("/").partition("/")
        given = dict(parse_qsl(parts.query))
        self.server.seen.append(f"{self.command} {self.path}")
        if kind == "wait":
            self.server.go_on.wait(60)
            self._answer(200, b"at last")
        elif kind == "status":
            self._answer(int(rest), f"status {rest}".encode(), given)
        elif kind == "redirect":
            self._answer(int(given.get("status", 302)), b"", {"Location": given["to"]})
        elif kind == "echo":
            self._answer(200, body)
        elif kind == "stream":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n")
            self.server.go_on.wait(60)
            self.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")
        elif kind == "close" or (kind == "flaky" and self.server.seen.count(f"{self.command} {self.path}") == 1):
            if rest == "503":
                self._answer(503, b"later")
                return
            self.close_connection = True
        else:
            self._answer(200, b"here you are")

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_PURGE = do_GET  # noqa: N815 - as above

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status >= 200 and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class WebServer(_Server):
    """A server of this process on a port that was free."""

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.go_on = threading.Event()
        self.seen: list[str] = []
        self.scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def port(self) -> str:
        """As a label has it."""
        return str(self.server_port)

    def url(self, path: str = "/") -> str:
        """Of a path here."""
        return f"{self.scheme}://localhost:{self.port}{path}"


@contextlib.contextmanager
def web_server(folder: Path | None = None) -> Iterator[WebServer]:
    """Run one; with a folder, over TLS with a certificate that nobody has signed."""
    certificate = None
    if folder is not None:
        certificate = folder / "localhost.pem"
        certificate.write_text(CERTIFICATE + KEY)
    server = WebServer(certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
