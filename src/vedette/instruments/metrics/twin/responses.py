"""What stands between a server and a WSGI application, to measure each request; see vedette/integrations/wsgi.py."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics.twin import scope as clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Response", "Responses"]

# More series than any of the metrics may have by default; reached only where requests overflow them.
_REMEMBERED = 10_000
# As in vedette/integrations/routes.py.
_MEASURED, _ROUTE, _ERROR = "vedette.measured", "vedette.route", "vedette.error"
_NOTHING: dict[str, Any] = {}


class Responses:
    """Measures the requests of a WSGI application; called as it is."""

    def __init__(  # noqa: PLR0917 - given by name
        self,
        app: Any,
        methods: dict[str, str],
        other: str,
        with_body: frozenset[str],
        unmatched: str,
        template: Callable[[Any, str], str],
        note: Callable[[Any], None],
        active: Callable[[str], Any],
        observers: Callable[[str, str, int], tuple[Any, Any, Any]],
        failed: Callable[[Any, BaseException], None],
        told: Callable[[str, BaseException | str], None],
        broken: Callable[[BaseException], None],
        counted: Callable[[Any, Any], Any],
        file: Callable[[Any, Any], None],
        sized: Callable[[Any, Any], Any],
    ) -> None:
        self.app = app
        self.methods = methods
        self.other = other
        self.with_body = with_body
        self.unmatched = unmatched
        self.template = template
        self.note = note
        self.failed = failed
        self.told = told
        self.broken = broken
        self.counted = counted
        self._file = file
        self._sized = sized
        self._find_active = active
        self._find_observers = observers
        # The series of requests by what tells them apart, so that a request looks each up but once.
        self._active: dict[str, Any] = {}
        self._observers: dict[tuple[str, str, int], tuple[Any, Any, Any]] = {}

    def active(self, method: str) -> Any:
        """The series of the requests of a method that are being answered."""
        found = self._active.get(method)
        if found is None:
            found = self._active[method] = self._find_active(method)
        return found

    def observers(self, key: tuple[str, str, int]) -> tuple[Any, Any, Any]:
        """The series of duration, request size and response size, of (method, route, status)."""
        found = self._observers.get(key)
        if found is None:
            if len(self._observers) >= _REMEMBERED:
                self._observers.clear()
            found = self._observers[key] = self._find_observers(*key)
        return found

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        environ[_MEASURED] = True
        response = Response(self, environ, start_response)
        try:
            body: Any = self.app(environ, response)
        except BaseException as error:
            response.fail(error)
            raise
        given: Iterable[bytes] = body
        if isinstance(body, (list, tuple)) and not hasattr(body, "close"):
            response.finish_whole(body)
            return given
        try:
            if _is_file(environ, body):
                self._file(response, body)
            else:
                response.body = body
                given = self._sized(response, body) if hasattr(body, "__len__") else response
        except Exception as error:  # noqa: BLE001 - told by `broken`
            self.broken(error)
        return given


class Response:
    """One request while it is measured, and the response that the server is given; called as ``start_response``."""

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
        "_series",
        "_start",
        "_started",
        "_status",
        "_write",
        "body",
    )

    body: Any
    """What the application has returned."""

    def __init__(self, door: Responses, environ: Any, start_response: Any) -> None:
        self._door = door
        self._environ = environ
        self._start = start_response
        self._script_name = environ.get("SCRIPT_NAME", "")
        self._method = method = door.methods.get(environ.get("REQUEST_METHOD", ""), door.other)
        self._status = self._sent = self._read = self._announced = 0
        self._finished = False
        self._route = ""
        self._active: Any = None
        self._series: Any = None
        self._next: Any = None
        self.body = None
        try:
            self._active = active = door.active(method)
            active.inc()
            self._series = active.entry, active.life
            length = environ.get("CONTENT_LENGTH")
            if length:
                self._read = _number(length)
            elif method in door.with_body and "HTTP_TRANSFER_ENCODING" in environ:
                environ["wsgi.input"] = door.counted(self, environ["wsgi.input"])
        except Exception as error:  # noqa: BLE001 - told by `broken`
            door.broken(error)
        self._started = clock.perf()

    def __call__(self, *said: Any, **more: Any) -> Any:
        """The application says how its response begins."""
        write = self._write = self._start(*said, **more)
        try:
            if len(said) >= 2:
                self._status = _status(said[0])
                self._announced = _content_length(said[1])
            if "werkzeug.request" in self._environ:
                self._door.note(self._environ)
        except Exception as error:  # noqa: BLE001 - told by `broken`
            self._door.broken(error)
        return None if write is None else self.write

    def write(self, data: bytes) -> Any:
        """Send a part of the response the old way."""
        done = self._write(data)
        if isinstance(data, bytes):
            self._sent += len(data)
        return done

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
            self.finish(500)
            raise
        except BaseException as error:
            self.fail(error)
            raise
        if isinstance(chunk, bytes):  # the server refuses all else
            self._sent += len(chunk)
            if self._sent >= self._announced > 0:  # some servers ask no more, and some not even close
                self.finish(500)
        return chunk

    def close(self) -> None:
        """The server has done with the response, or has given it up, because its client did or it is being stopped."""
        self.finish(499)
        close = getattr(self.body, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                self.fail(error)
                raise

    def __del__(self) -> None:
        """Some servers do not close a response, and not all take it to its end.

        Where the interpreter ends, too, nothing that would be called is whole any more.
        """
        if not self._finished and not sys.is_finalizing():
            self.finish(499)

    def sent_by_server(self) -> None:
        """The server has sent it by itself, as it was announced."""
        if not self._finished:
            self._sent = self._announced
        self.finish(499)

    def finish_whole(self, body: Iterable[bytes]) -> None:
        """Count the request, whose response is there in whole."""
        self._sent += sum(len(chunk) for chunk in body if isinstance(chunk, bytes))  # the server refuses all else
        self.finish(500)

    def finish(self, fallback: int) -> None:
        """Count the request, with the status ``fallback`` if it was not answered; once."""
        if self._finished:
            return
        self._finished = True
        door, environ, active = self._door, self._environ, self._active
        self._environ = _NOTHING  # which may hold on to this
        try:
            seconds = clock.perf() - self._started
            # What has been dropped meanwhile has begun anew, without this one.
            if active is not None and active.alive and self._series == (active.entry, active.life):
                active.dec()
            self._route = route = self._find_route(environ)
            kind = environ.get(_ERROR)
            if kind is not None:
                door.told(route, kind)
            if not self._status and environ.get("HTTP_UPGRADE", "").lower() == "websocket":
                return  # the application has taken the connection: it is no request any more
            durations, request_sizes, response_sizes = door.observers((self._method, route, self._status or fallback))
            durations.observe(seconds if seconds > 0 else 0.0)
            request_sizes.observe(self._read)
            response_sizes.observe(self._sent)
        except Exception as error:  # noqa: BLE001 - told by `broken`
            door.broken(error)

    def _find_route(self, environ: Any) -> str:
        if environ.get("SCRIPT_NAME", "") != self._script_name:
            return self._door.template(environ, self._script_name)
        route: str | None = environ.get(_ROUTE)
        return self._door.unmatched if route is None else route

    def fail(self, error: BaseException) -> None:
        """Count the request that this error ends; or the error alone where the request has ended."""
        door = self._door
        if not self._sent:  # what the application has said of its response so far, nobody has been told
            self._status = 0
        if not isinstance(error, Exception):
            # The server gave the request up: it is being stopped, or has waited too long. nginx counts that as 499.
            self.finish(499)
            return
        try:
            if not self._finished:
                door.failed(self._environ, error)
            elif self._route:
                door.told(self._route, error)
        except Exception as problem:  # noqa: BLE001 - told by `broken`
            door.broken(problem)
        self.finish(500)


def _is_file(environ: Any, body: object) -> bool:
    """Whether this is what ``wsgi.file_wrapper`` gives: an instance of it, or where that is a function a file."""
    wrapper = environ.get("wsgi.file_wrapper")
    if wrapper is None:
        return False
    return isinstance(body, wrapper) if isinstance(wrapper, type) else hasattr(body, "read")


def _status(line: str) -> int:
    """The status as a number, 0 where it is none."""
    code = line[:3]
    return int(code) if len(code) == 3 and code.isascii() and code.isdigit() else 0


def _content_length(headers: Iterable[tuple[str, str]]) -> int:
    """What the response announces; 0 where it does not."""
    for name, value in headers:
        if len(name) == 14 and name.lower() == "content-length":
            return _number(value)
    return 0


def _number(text: str) -> int:
    """A size as a header says it; 0 where that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
