"""WSGI applications: requests measured as the http pack declares it, and ``/metrics`` served. Plain PEP 3333.

A request lasts until the server has the last byte of the response: as many as it announces, or the last chunk, or what
there is when it closes it. What the application does in ``close()`` is not part of it, as a background task of ASGI is
not. A response that is a list is whole when it is
returned, and is handed on as it is, because servers look at its length. So is a file for ``wsgi.file_wrapper``, which
they send by themselves; its size is what the response announces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW, core
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.routes import ERROR, MEASURED, ROUTE, UNMATCHED
from vedette.integrations.wsgi_routes import WsgiRoutes, note
from vedette.packs.http import (
    METHODS,
    active_requests,
    exceptions,
    request_body_size,
    request_duration,
    response_body_size,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping

    from vedette.health.probes import Probes
    from vedette.instruments.metrics.core import GaugeSeries, HistogramSeries

    Environ = MutableMapping[str, Any]
    App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

__all__ = ["MetricsMiddleware"]

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
        probes: answers health probes, where it is to; they are not counted.
    """

    def __init__(
        self, app: App, *, path: str | None = "/metrics", token: str | None = None, probes: Probes | None = None
    ) -> None:
        self.app = app
        self._path = path
        self._token = token
        self._probes = probes
        self._health = _NOWHERE if probes is None else probes.path
        self._measured = core.Responses(
            app,
            methods=_METHODS,
            other=OVERFLOW,
            with_body=_WITH_BODY,
            unmatched=UNMATCHED,
            template=WsgiRoutes(app).template,
            note=note,
            active=_active,
            observers=_observers,
            failed=_failed,
            told=_told,
            broken=_broken,
            counted=_Counted,
            file=_finish_when_closed,
            sized=_Sized,
        )

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path == self._path or path.startswith(self._health):
            page = self._own(path)
            if page is not None:
                return page(environ, start_response)
        if MEASURED in environ:
            return self.app(environ, start_response)
        if "asgi.scope" in environ and MEASURED in environ["asgi.scope"]:
            return self._within(environ["asgi.scope"], environ, start_response)
        return self._measured(environ, start_response)

    def _own(self, path: str) -> Callable[[Environ, Callable[..., Any]], Iterable[bytes]] | None:
        """What answers a request for a page of ours."""
        if self._probes is not None and self._probes.owns(path):
            return self._probes.wsgi
        if path != self._path:
            return None
        from vedette.instruments.metrics.serving.wsgi import WsgiPage  # noqa: PLC0415 - the first scrape pays

        return WsgiPage(token=self._token)

    def _within(self, scope: Environ, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request that an ASGI application measures in which this one is mounted; it is told the route."""

        def telling(*said: Any, **more: Any) -> Any:
            with _measuring:
                note(environ)
                if ROUTE in environ:
                    scope[ROUTE] = environ[ROUTE]
            return start_response(*said, **more)

        return self.app(environ, telling)


def _active(method: str) -> GaugeSeries:
    """What tells how many requests are being answered."""
    return active_requests.labels(method)


def _observers(method: str, route: str, status: int) -> tuple[HistogramSeries, HistogramSeries, HistogramSeries]:
    """What takes the duration of a request, its size, and that of its response."""
    return (
        request_duration.labels(method, route, str(status)),
        request_body_size.labels(method, route),
        response_body_size.labels(method, route),
    )


def _failed(environ: Environ, error: BaseException) -> None:
    """An exception leaves the application, and its framework may have told of it already."""
    environ.setdefault(ERROR, error_type(error))


def _told(route: str, error: BaseException | str) -> None:
    """Count an exception, by its class or the name of that."""
    exceptions.inc(route, error if isinstance(error, str) else error_type(error))


def _finish_when_closed(response: core.Response, file: Any) -> None:
    """Count a request when the server closes the file that it sends by itself; at once where nobody can tell."""
    close = getattr(file, "close", None)

    def finish_and_close() -> None:
        response.sent_by_server()
        if close is not None:
            close()

    try:
        file.close = finish_and_close
    except (AttributeError, TypeError):  # of a type of the server's own
        response.sent_by_server()


class _Sized:
    """A response that knows how many chunks it has, of which some servers make use."""

    __slots__ = ("_body", "_response", "close")

    def __init__(self, response: core.Response, body: Any) -> None:
        self._response = response
        self._body = body
        self.close = response.close

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)


class _Counted:
    """The body of a request, which counts what is read of it; for a request whose size is not announced."""

    def __init__(self, response: core.Response, stream: Any) -> None:
        self._response = response
        self._stream = stream

    def read(self, *size: int) -> bytes:
        return self._add(self._stream.read(*size))

    def readline(self, *size: int) -> bytes:
        return self._add(self._stream.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        return [self._add(line) for line in self._stream.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            yield self._add(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _add(self, data: bytes) -> bytes:
        self._response.add_read(len(data))
        return data


def _broken(error: BaseException) -> None:
    with _measuring:
        raise error
