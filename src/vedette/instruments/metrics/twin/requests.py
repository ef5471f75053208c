"""What stands between a server and an ASGI application, to measure each request; see vedette/integrations/asgi.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics.twin import scope as clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

__all__ = ["Exchange", "Requests"]

# More series than any of the metrics may have by default; reached only where requests overflow them.
_REMEMBERED = 10_000


class Requests:
    """Measures the HTTP requests of an ASGI application; called as it is."""

    def __init__(  # noqa: PLR0917 - given by name
        self,
        app: Any,
        methods: dict[str, str],
        other: str,
        with_body: frozenset[str],
        template: Callable[[Any], str],
        active: Callable[[str], Any],
        observers: Callable[[str, str, int], tuple[Any, Any, Any]],
        failed: Callable[[Any, BaseException], None],
        broken: Callable[[BaseException], None],
        counted: Callable[[Any, Any], Any],
        fixed: Callable[[Any], bool],  # noqa: ARG002 - it saves the extension in C a call that costs the same here
    ) -> None:
        self.app = app
        self.methods = methods
        self.other = other
        self.with_body = with_body
        self.template = template
        self.failed = failed
        self.broken = broken
        self.counted = counted
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

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        exchange = Exchange(self, scope, send)
        try:
            await self.app(scope, exchange.reading(receive), exchange)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            exchange.finish(500)


class Exchange:
    """One request while it is measured; called as ``send``."""

    __slots__ = (
        "_active",
        "_announced",
        "_finished",
        "_method",
        "_read",
        "_requests",
        "_scope",
        "_send",
        "_sent",
        "_series",
        "_started",
        "_status",
    )

    def __init__(self, requests: Requests, scope: Any, send: Any) -> None:
        self._requests = requests
        self._scope = scope
        self._send = send
        self._method = requests.methods.get(scope["method"], requests.other)
        self._status = self._sent = self._announced = self._read = 0
        self._finished = False
        self._active: Any = None
        self._series: Any = None
        try:
            self._active = active = requests.active(self._method)
            active.inc()
            self._series = active.entry, active.life
        except Exception as error:  # noqa: BLE001 - told by `broken`
            requests.broken(error)
        self._started = clock.perf()

    def reading(self, receive: Any) -> Any:
        """``receive``, which counts what it reads unless a request's size is announced: that costs nothing more."""
        length = _content_length(self._scope["headers"])
        self._read = length or 0
        if length is None and self._method in self._requests.with_body:
            return self._requests.counted(self, receive)
        return receive

    def add_read(self, size: int) -> None:
        """So many bytes of the request have been read."""
        self._read += size

    def __call__(self, message: Any) -> Awaitable[None]:
        """Pass a message on. It makes no coroutine of its own, because it is called for every message."""
        kind = message["type"]
        last = False
        if kind == "http.response.body":
            self._sent += len(message.get("body", b""))
            last = not message.get("more_body", False)
        elif kind == "http.response.start":
            self._status = message["status"]
            # Of a file that the server sends by itself (pathsend) there is no other sign of its size.
            if "http.response.pathsend" in self._scope.get("extensions", ()):
                self._announced = _content_length(message.get("headers", ())) or 0
        elif kind == "http.response.pathsend":
            self._sent += self._announced
            last = True
        sending: Awaitable[None] = self._send_last(message) if last and not self._finished else self._send(message)
        return sending

    async def _send_last(self, message: Any) -> None:
        try:
            await self._send(message)
        finally:
            self.finish(500)

    def finish(self, fallback: int) -> None:
        """Count the request, with the status ``fallback`` if it was not answered; once."""
        if self._finished:
            return
        self._finished = True
        seconds = clock.perf() - self._started
        requests, active = self._requests, self._active
        try:
            # What has been dropped meanwhile has begun anew, without this one.
            if active is not None and active.alive and self._series == (active.entry, active.life):
                active.dec()
            key = self._method, requests.template(self._scope), self._status or fallback
            durations, request_sizes, response_sizes = requests.observers(key)
            durations.observe(seconds if seconds > 0 else 0.0)
            request_sizes.observe(self._read)
            response_sizes.observe(self._sent)
        except Exception as error:  # noqa: BLE001 - told by `broken`
            requests.broken(error)

    def fail(self, error: BaseException) -> None:
        """Count an exception that leaves the application."""
        if isinstance(error, Exception):
            try:
                self._requests.failed(self._scope, error)
            except Exception as problem:  # noqa: BLE001 - told by `broken`
                self._requests.broken(problem)
        else:
            # The server gave the request up, because its client did or it is being stopped: nobody was answered.
            # nginx counts that as 499.
            self.finish(499)


def _content_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None
