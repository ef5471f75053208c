"""An HTTP server of the standard library that asks little of whoever connects and grants little.

Each connection has a thread, so that one who says nothing keeps nobody waiting; a request must have come within a time
and within a size; of too many connections the oldest is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.instruments.metrics.serving.address import SERVER, Address, is_local_name
from vedette.instruments.metrics.serving.answer import Answer, Asked, answer, refusal

if TYPE_CHECKING:
    import socket
    from socketserver import ThreadingTCPServer
    from ssl import SSLContext

    from vedette.instruments.metrics.registry import Registry
    from vedette.instruments.metrics.serving.answer import Pages

__all__ = ["listen"]

_PATIENCE = 30.0  # seconds from the start of a connection, or its last answer, until the next request is there
_HEAD = 64 << 10  # bytes of a request
_MOST = 100  # connections
_writing = guard.shield("writing the page of metrics")


def listen(
    there: Address,
    *,
    path: str,
    token: str | None,
    context: SSLContext | None,
    registry: Registry,
    pages: Pages | None = None,
) -> ThreadingTCPServer:
    """A server that listens; it answers whenever it is asked to handle a request.

    Raises:
        OSError: it cannot listen there.
    """
    import os  # noqa: PLC0415 - a server is for those who ask for one
    import sys  # noqa: PLC0415
    from http.client import LineTooLong  # noqa: PLC0415
    from http.server import BaseHTTPRequestHandler  # noqa: PLC0415
    from io import BufferedReader, RawIOBase  # noqa: PLC0415
    from socketserver import ThreadingTCPServer  # noqa: PLC0415
    from threading import Lock  # noqa: PLC0415
    from time import monotonic  # noqa: PLC0415

    class Requests(RawIOBase):
        """What comes through a connection, as far as patience and room go."""

        def __init__(self, connection: socket.socket) -> None:
            self._connection = connection
            self.begin()

        def begin(self) -> None:
            """A request begins."""
            self._until = monotonic() + _PATIENCE
            self._room = _HEAD

        def readable(self) -> bool:
            return True

        def readinto(self, room: Any) -> int:
            left = self._until - monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            size = self._connection.recv_into(room)
            self._room -= size
            if self._room < 0:
                raise LineTooLong("request")
            return size

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        error_content_type = "text/plain; charset=utf-8"
        error_message_format = "%(message)s.\n"
        disable_nagle_algorithm = True
        timeout = _PATIENCE

        def setup(self) -> None:
            super().setup()
            self.rfile.close()
            self._requests = Requests(self.connection)
            self.rfile = BufferedReader(self._requests)

        def handle_one_request(self) -> None:
            self._requests.begin()
            super().handle_one_request()

        def do_GET(self) -> None:
            self.connection.settimeout(_PATIENCE)
            asked, _, query = self.path.partition("?")
            found = self._answer(query) if asked == path else self._page(asked, query)
            self.send_response(found.status)
            for name, value in found.headers:
                self.send_header(name, value)
            if self.command not in ("GET", "HEAD"):
                self.send_header("connection", "close")  # what follows may be its body
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found.body)

        def _answer(self, query: str) -> Answer:
            with _writing:
                return answer(
                    method=self.command,
                    query=query,
                    accept=self._header("accept"),
                    accept_encoding=self._header("accept-encoding"),
                    authorization=self._header("authorization"),
                    token=token,
                    registry=registry,
                )
            return refusal(500, "The metrics could not be written; the log of the process says why.\n")

        def _page(self, asked: str, query: str) -> Answer:
            found = None
            with _writing:
                if pages is not None:
                    # A name that is not this machine's was made up to have a browser on it ask.
                    is_local = there.is_local and is_local_name(self._header("host"))
                    found = pages(Asked(self.command, asked, query, self._header("authorization"), is_local))
            return found or refusal(404, f"Metrics are at {path}.\n")

        def _header(self, name: str) -> str:
            return ",".join(self.headers.get_all(name, []))

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - the base class's names

        def version_string(self) -> str:
            return SERVER

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing: a line at every scrape is noise."""

    class Server(ThreadingTCPServer):
        allow_reuse_address = os.name == "posix"  # elsewhere it would let others take the port
        daemon_threads = True
        request_queue_size = _MOST
        address_family = there.family
        timeout = 0.5  # seconds after which it is looked whether the server was stopped

        def __init__(self) -> None:
            self._lock = Lock()
            self._open: dict[Any, None] = {}
            super().__init__(there.place, Handler)
            self.socket.settimeout(self.timeout)  # who is gone again must not keep others waiting

        def get_request(self) -> tuple[Any, Any]:
            connection, client = super().get_request()
            if context is not None:
                # The handshake is part of the first read, in the connection's own thread.
                connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            return connection, client

        def process_request(self, request: Any, client_address: Any) -> None:
            with self._lock:
                self._open[request] = None
                oldest = next(iter(self._open)) if len(self._open) > _MOST else None
            if oldest is not None:
                self.shutdown_request(oldest)
            super().process_request(request, client_address)

        def shutdown_request(self, request: Any) -> None:
            with self._lock:
                self._open.pop(request, None)
            super().shutdown_request(request)

        def handle_error(self, request: Any, client_address: Any) -> None:
            if not isinstance(sys.exception(), OSError | LineTooLong):  # that is the client's affair
                super().handle_error(request, client_address)

    return Server()
