"""Serving the exposition from a thread of its own, for what is no web application or keeps it off its public port."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.errors import ConfigError
from vedette.instruments.metrics.exposition import page
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

__all__ = ["Answer", "MetricsServer", "answer", "serve"]


class Answer(NamedTuple):
    """What to send to whoever asks for metrics."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(
    *,
    method: str,
    query: str,
    accept: str,
    accept_encoding: str,
    authorization: str,
    token: str | None,
    registry: Registry = DEFAULT,
) -> Answer:
    """The answer to a request for metrics: the page, or 401 without the token, or 405 for what is no GET or HEAD."""
    if method not in ("GET", "HEAD"):
        return _refusal(405, "This page can only be read.\n", ("allow", "GET, HEAD"))
    if token is not None and not _may_read(authorization, token):
        return _refusal(401, "Send the token as 'Authorization: Bearer <token>'.\n", ("www-authenticate", "Bearer"))
    found = page(accept=accept, accept_encoding=accept_encoding, names=_names(query), registry=registry)
    headers = [("content-type", found.content_type), ("content-length", str(len(found.body)))]
    headers.append(("vary", "Accept, Accept-Encoding"))
    if found.gzipped:
        headers.append(("content-encoding", "gzip"))
    return Answer(200, tuple(headers), b"" if method == "HEAD" else found.body)


class MetricsServer:
    """A running server; made by `serve`."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()


def serve(
    port: int, *, path: str = "/metrics", token: str | None = None, registry: Registry = DEFAULT
) -> MetricsServer:
    """Serve ``path`` on 127.0.0.1 from a daemon thread; port 0 takes any that is free.

    Raises:
        ConfigError: the port is taken.
    """
    import threading  # noqa: PLC0415 - a server is for those who ask for one
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked, _, query = self.path.partition("?")
            headers = self.headers
            found = (
                answer(
                    method=self.command,
                    query=query,
                    accept=headers.get("accept", ""),
                    accept_encoding=headers.get("accept-encoding", ""),
                    authorization=headers.get("authorization", ""),
                    token=token,
                    registry=registry,
                )
                if asked == path
                else _refusal(404, f"Metrics are at {path}.\n")
            )
            self.send_response(found.status)
            for name, value in found.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body)

        do_HEAD = do_GET  # noqa: N815 - the name is the base class's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing: a line at every scrape is noise."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    try:
        server = Server(("127.0.0.1", port), Handler)
    except OSError as problem:
        raise ConfigError(
            f"metrics cannot be served on 127.0.0.1:{port}: {problem.strerror}; "
            "give another port=, or stop what uses it"
        ) from problem
    threading.Thread(target=server.serve_forever, name="vedette-metrics", daemon=True).start()
    return MetricsServer(server)


def _refusal(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    body = text.encode()
    plain = (("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body))))
    return Answer(status, (*plain, *headers), body)


def _may_read(authorization: str, token: str) -> bool:
    from hmac import compare_digest  # noqa: PLC0415 - only where there is a token

    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())


def _names(query: str) -> list[str]:
    if not query:
        return []
    from urllib.parse import parse_qsl  # noqa: PLC0415 - only where there is a query

    return [value for name, value in parse_qsl(query) if name == "name[]"]
