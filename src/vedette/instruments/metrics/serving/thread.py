"""The page from a thread of its own, for what is no web application or keeps it off its public port.

Where several processes of a service ask for one port, one of them serves the metrics of all, and another does so once
that one has ended.
"""

from __future__ import annotations

import errno
import os
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from vedette.errors import ConfigError
from vedette.instruments import guard
from vedette.instruments.metrics.registry import DEFAULT, Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from socketserver import ThreadingTCPServer

    from vedette.instruments.metrics.serving.answer import Pages

__all__ = ["MetricsServer", "serve"]

_ADVICE = {
    errno.EADDRINUSE: "give another port=, or stop what uses it",
    errno.EADDRNOTAVAIL: "give an address of this machine as host=",
    errno.EACCES: "give a port= above 1023",
}
_AGAIN = 2.0  # seconds between two attempts to take over a port

_running: weakref.WeakSet[MetricsServer] = weakref.WeakSet()


def serve(
    port: int,
    *,
    host: str = "127.0.0.1",
    path: str = "/metrics",
    token: str | None = None,
    certfile: str | None = None,
    keyfile: str | None = None,
    registry: Registry = DEFAULT,
    pages: Pages | None = None,
) -> MetricsServer:
    """Serve the metrics from a daemon thread.

    Args:
        port: 0 takes any that is free.
        host: the address to listen on, ``"0.0.0.0"`` or ``"::"`` for all; beyond this machine give a token, too.
        path: where the metrics are.
        token: whoever reads them must send it as ``Authorization: Bearer <token>``.
        certfile: the certificate in PEM, with its chain: then it is HTTPS.
        keyfile: the key of the certificate, where it does not stand in ``certfile``.
        registry: another registry than that of the process.
        pages: answers requests for other paths; those it has no answer to are told where the metrics are.

    Raises:
        ConfigError: the port is taken, the host is no address of this machine, or the certificate is none.
    """
    from vedette.instruments.metrics.serving.address import address, is_one_of_ours  # noqa: PLC0415 - see listener
    from vedette.instruments.metrics.serving.listener import listen  # noqa: PLC0415 - for those who ask for a server
    from vedette.instruments.metrics.serving.tls import tls_context  # noqa: PLC0415

    context = tls_context(certfile, keyfile)
    there = address(host, port)

    def again() -> ThreadingTCPServer:
        return listen(there, path=path, token=token, context=context, registry=registry, pages=pages)

    try:
        listener = again()
    except OSError as problem:
        if not (_is_worker(registry) and is_one_of_ours(there, context)):
            advice = _ADVICE.get(problem.errno or 0, "give another port=")
            raise ConfigError(f"metrics cannot be served on {host}:{port}: {problem.strerror}; {advice}") from problem
        listener = None
    if token is None and not there.is_local:
        guard.warn(
            ("serve", host, port),
            f"the metrics on {host}:{port} can be read by whoever reaches that address; give a token=, or leave out "
            "host= to serve them on this machine alone",
        )
    return MetricsServer(again, listener, port)


class MetricsServer:
    """A running server; made by `serve`."""

    def __init__(
        self, listen: Callable[[], ThreadingTCPServer], listener: ThreadingTCPServer | None, port: int
    ) -> None:
        import threading  # noqa: PLC0415 - for those who ask for a server

        self._listen = listen
        self._listener = listener
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vedette-metrics", daemon=True)
        self._thread.start()
        _running.add(self)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port if self._listener is None else int(self._listener.server_address[1])

    def close(self) -> None:
        """Stop serving and free the port."""
        self._stop.set()
        if self._listener is not None:
            with suppress(OSError):  # it wakes up at once where the system allows that
                self._listener.socket.shutdown(0)
        self._thread.join()

    def _run(self) -> None:
        while self._listener is None:
            if self._stop.wait(_AGAIN):
                return
            with suppress(OSError):  # another process has the port still
                self._listener = self._listen()
        with self._listener as listener:
            while not self._stop.is_set():
                listener.handle_request()

    def _forked(self) -> None:
        """In the child of a fork there is no thread to answer what comes to the port."""
        if self._listener is not None:
            self._listener.socket.close()


def _is_worker(registry: Registry) -> bool:
    """Whether another process may serve the same metrics."""
    path = registry.store().path
    if path is None:
        return False
    from vedette.instruments.metrics.shared import is_worker_of  # noqa: PLC0415 - loaded with the shared store

    return is_worker_of(path)


def _forked() -> None:
    for server in tuple(_running):
        server._forked()  # noqa: SLF001 - our own


if hasattr(os, "register_at_fork"):  # there is none on Windows
    os.register_at_fork(after_in_child=_forked)
