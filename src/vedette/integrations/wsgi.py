"""WSGI applications: requests measured as the http pack declares it, and ``/metrics`` served. Plain PEP 3333.

A request lasts until the server has the last byte of the response: as many as it announces, or the last chunk, or what
there is when it closes it. What the application does in ``close()`` is not part of it, as a background task of ASGI is
not. A response that is a list is whole when it is
returned, and is handed on as it is, because servers look at its length. So is a file for ``wsgi.file_wrapper``, which
they send by themselves; its size is what the response announces.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics import OVERFLOW
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.routes import ERROR, MEASURED, ROUTE
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
# More series than any of the metrics may have by default; reached only where requests overflow them.
_REMEMBERED = 10_000
_NOWHERE = "\0"  # no path begins so
_measuring = guard.shield("measuring a request")
_NOTHING: dict[str, Any] = {}


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
        self.routes = WsgiRoutes(app)
        # The series of requests by what tells them apart, so that a request looks each up but once.
        self._active: dict[str, GaugeSeries] = {}
        self._observers: dict[tuple[str, str, str], tuple[HistogramSeries, HistogramSeries, HistogramSeries]] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(self._health) and self._probes is not None and self._probes.owns(path):
            return self._probes.wsgi(environ, start_response)
        if path == self._path:
            from vedette.instruments.metrics.serving.wsgi import WsgiPage  # noqa: PLC0415 - the first scrape pays

            return WsgiPage(token=self._token)(environ, start_response)
        if MEASURED in environ:
            return self.app(environ, start_response)
        scope = environ.get("asgi.scope")
        if scope is not None and MEASURED in scope:
            return self._within(scope, environ, start_response)
        environ[MEASURED] = True
        exchange = _Exchange(self, environ, start_response)
        try:
            body = self.app(environ, exchange.start_response)
        except BaseException as error:
            exchange.fail(error)
            raise
        if isinstance(body, (list, tuple)) and not hasattr(body, "close"):
            exchange.finish_whole(body)
            return body
        wrapper = environ.get("wsgi.file_wrapper")
        if wrapper is not None and _is_file(body, wrapper):
            exchange.finish_when_closed(body)
            return body
        exchange.body = body
        return _Sized(exchange, body) if hasattr(body, "__len__") else exchange

    def _within(self, scope: Environ, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request that an ASGI application measures in which this one is mounted; it is told the route."""

        def telling(*said: Any) -> Any:
            with _measuring:
                note(environ)
                if ROUTE in environ:
                    scope[ROUTE] = environ[ROUTE]
            return start_response(*said)

        return self.app(environ, telling)

    def active(self, method: str) -> GaugeSeries:
        """The series of the requests of a method that are being answered."""
        found = self._active.get(method)
        if found is None:
            found = self._active[method] = active_requests.labels(method)
        return found

    def observers(self, key: tuple[str, str, str]) -> tuple[HistogramSeries, HistogramSeries, HistogramSeries]:
        """What takes the duration of a request, its size, and that of its response; of (method, route, status)."""
        found = self._observers.get(key)
        if found is None:
            if len(self._observers) >= _REMEMBERED:
                self._observers.clear()
            method, route, status = key
            found = self._observers[key] = (
                request_duration.labels(method, route, status),
                request_body_size.labels(method, route),
                response_body_size.labels(method, route),
            )
        return found


class _Exchange:
    """One request while it is measured, and the response that the server is given."""

    __slots__ = (
        "_active",
        "_announced",
        "_door",
        "_environ",
        "_finished",
        "_method",
        "_next",
        "_read",
        "_route",
        "_script_name",
        "_sent",
        "_start",
        "_started",
        "_status",
        "_write",
        "body",
    )

    body: Any
    """What the application has returned."""

    def __init__(self, door: MetricsMiddleware, environ: Environ, start_response: Callable[..., Any]) -> None:
        self._door = door
        self._environ = environ
        self._start = start_response
        self._finished = False
        self._status = self._route = ""
        self._sent = self._read = self._announced = 0
        self._next: Any = None
        self._active: Any = None
        self._started = 0.0
        try:
            self._script_name = environ.get("SCRIPT_NAME", "")
            method = environ["REQUEST_METHOD"]
            self._method = method = _METHODS.get(method, OVERFLOW)
            length = environ.get("CONTENT_LENGTH")
            if length:
                self._read = _number(length)
            elif method in _WITH_BODY and "HTTP_TRANSFER_ENCODING" in environ:
                environ["wsgi.input"] = _Counted(self, environ["wsgi.input"])
            self._active = active = door.active(method)
            active.inc()
        except Exception as error:  # noqa: BLE001 - the application goes on
            _broken(error)
        self._started = clock.perf()

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        """The application says how its response begins."""
        if exc_info is None:
            self._write = self._start(status, headers)
        else:
            self._write = self._start(status, headers, exc_info)
        self._status = status
        try:
            self._announced = _content_length(headers)
            note(self._environ)
        except Exception as error:  # noqa: BLE001 - the application goes on
            _broken(error)
        return self.write

    def write(self, data: bytes) -> None:
        """The application sends a part of its response the old way."""
        self._write(data)
        self._sent += len(data)

    def add_read(self, size: int) -> None:
        """So many bytes of the request have been read."""
        self._read += size

    def __iter__(self) -> Iterator[bytes]:
        try:
            self._next = iter(self.body).__next__
        except BaseException as error:
            self.fail(error)
            raise
        return self

    def __next__(self) -> bytes:
        if self._next is None:
            self.__iter__()
        try:
            chunk: bytes = self._next()
        except StopIteration:
            self.finish("500")
            raise
        except BaseException as error:
            self.fail(error)
            raise
        if isinstance(chunk, bytes):  # the server refuses all else
            self._sent += len(chunk)
            if self._sent >= self._announced > 0:  # some servers ask no more, and some not even close
                self.finish("500")
        return chunk

    def close(self) -> None:
        """The server has done with the response, or has given it up, because its client did or it is being stopped."""
        self.finish("499")
        close = getattr(self.body, "close", None)
        if close is not None:
            try:
                close()
            except Exception as error:
                self._count(error)
                raise

    def __del__(self) -> None:
        """Some servers do not close a response, and not all take it to its end."""
        if not self._finished:
            self.finish("499")

    def finish_whole(self, body: Iterable[bytes]) -> None:
        """Count the request, whose response is there in whole."""
        with suppress(TypeError):  # the server refuses it
            self._sent += sum(map(len, body))
        self.finish("500")

    def finish_when_closed(self, file: Any) -> None:
        """Count the request when the server closes a file that it sends by itself."""
        close = getattr(file, "close", None)

        def finish_and_close() -> None:
            self._sent = self._announced
            self.finish("499")
            if close is not None:
                close()

        try:
            file.close = finish_and_close
        except (AttributeError, TypeError):  # of a type of the server's own
            self._sent = self._announced
            self.finish("500")

    def finish(self, fallback: str) -> None:
        """Count the request, with the status ``fallback`` if it was not answered; once."""
        if self._finished:
            return
        self._finished = True
        try:
            seconds = clock.perf() - self._started
            door, environ = self._door, self._environ
            self._environ = _NOTHING  # which may hold on to this
            if self._active is not None:
                self._active.dec()
            self._route = route = door.routes.template(environ, self._script_name)
            kind = environ.get(ERROR)
            if kind is not None:
                exceptions.inc(route, kind)
            status = self._status[:3]
            if not status and environ.get("HTTP_UPGRADE", "").lower() == "websocket":
                return  # the application has taken the connection: it is no request any more
            durations, request_sizes, response_sizes = door.observers(
                (self._method, route, status if status.isdecimal() else fallback)
            )
            durations.observe(seconds if seconds > 0 else 0.0)
            request_sizes.observe(self._read)
            response_sizes.observe(self._sent)
        except Exception as error:  # noqa: BLE001 - the application goes on
            _broken(error)

    def fail(self, error: BaseException) -> None:
        """Count the request that this error ends."""
        if not self._sent:  # what the application has said of its response so far, nobody has been told
            self._status = ""
        if not isinstance(error, Exception):
            # The server gave the request up: it is being stopped, or has waited too long. nginx counts that as 499.
            self.finish("499")
        elif self._finished:
            self._count(error)
        else:
            with _measuring:
                self._environ.setdefault(ERROR, error_type(error))
            self.finish("500")

    def _count(self, error: Exception) -> None:
        """Count an exception after the end of the request."""
        with _measuring:
            exceptions.inc(self._route, error_type(error))


class _Sized:
    """A response that knows how many chunks it has, of which some servers make use."""

    __slots__ = ("_body", "_exchange", "close")

    def __init__(self, exchange: _Exchange, body: Any) -> None:
        self._exchange = exchange
        self._body = body
        self.close = exchange.close

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._exchange)


class _Counted:
    """The body of a request, which counts what is read of it; for a request whose size is not announced."""

    def __init__(self, exchange: _Exchange, stream: Any) -> None:
        self._exchange = exchange
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
        self._exchange.add_read(len(data))
        return data


def _is_file(body: object, wrapper: Any) -> bool:
    """Whether this is what ``wsgi.file_wrapper`` gives: an instance of it, or where that is a function a file."""
    return isinstance(body, wrapper) if isinstance(wrapper, type) else hasattr(body, "read")


def _content_length(headers: Iterable[tuple[str, str]]) -> int:
    """What the response announces; 0 where it does not."""
    for name, value in headers:
        if len(name) == 14 and name.lower() == "content-length":
            return _number(value)
    return 0


def _number(text: str) -> int:
    """A size as a header says it; 0 where that is none."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _broken(error: BaseException) -> None:
    with _measuring:
        raise error
