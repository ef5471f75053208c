"""aiohttp: requests of its client, in every session, also in those that were there before.

See `vedette.integrations.outbound` for what is counted. A redirect that is followed is counted with the server it came
from, and what it leads to as another request; requests in progress are told of the first server alone. What the client
sends again because a connection that it had kept was closed is counted as a retry. WebSockets begin with a request,
which is counted, too.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.outbound import broken, read, target, target_of_origin
from vedette.integrations.rate_limits import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.outbound import Target
    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Call:
    """A call of the client, which is one exchange or several of them."""

    __slots__ = ("answer", "began", "broken", "to")

    def __init__(self, to: Target, began: float) -> None:
        self.to = to
        """Of the exchange that goes on, if it is the first."""
        self.began = began
        """When the exchange that goes on was begun."""
        self.answer: Any = None
        """Of the last exchange, once there is one."""
        self.broken: BaseException | None = None
        """What the exchange before has ended with."""


_marks: list[str] = []
_calling: ContextVar[_Call | None] = ContextVar("vedette_aiohttp_calling", default=None)


def patch(patches: Patches) -> None:
    """Measure every request of a session."""
    _marks[:] = map(import_module("multidict").istr, MARKS)
    patches.replace(import_module("aiohttp.client").ClientSession, "_request", lambda made: _request(patches, made))
    patches.replace(import_module("aiohttp.client_reqrep").ClientResponse, "start", _start)


def _request(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def request(self: Any, method: str, str_or_url: Any, **options: Any) -> Any:
        call = _begin(self, method, str_or_url) if patches.active else None
        if call is None:
            return await original(self, method, str_or_url, **options)
        token = _calling.set(call)
        try:
            return await original(self, method, str_or_url, **options)
        except BaseException as error:
            try:
                _failed(call, error, follows=options.get("allow_redirects", True))
            except Exception as problem:  # noqa: BLE001 - the error of the request is told
                broken(problem)
            raise
        finally:
            _calling.reset(token)

    return request


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def start(self: Any, connection: Any) -> Any:
        call = _calling.get()
        if call is None or self.method == "CONNECT":  # to a proxy
            return await original(self, connection)
        try:
            response = await original(self, connection)
        except BaseException as error:
            call.broken = error
            raise
        try:
            _answered(call, response)
        except Exception as problem:  # noqa: BLE001 - the answer is there
            broken(problem)
        return response

    return start


def _begin(session: Any, method: str, str_or_url: Any) -> _Call | None:
    try:
        if isinstance(str_or_url, str) and "://" in str_or_url:
            to = target_of_origin(method.upper(), str_or_url)
        else:
            to = _target(method.upper(), session._build_url(str_or_url))  # noqa: SLF001 - as the session does
        to.active.inc()
        return _Call(to, clock.perf())
    except (ValueError, TypeError):  # no URL, which it will say itself
        return None
    except Exception as problem:  # noqa: BLE001 - the request is made
        broken(problem)
        return None


def _answered(call: _Call, response: Any) -> None:
    now = clock.perf()
    if call.answer is not None:
        call.to = _target(response.method, response.url)
        call.to.active.inc()
    if call.broken is not None:
        call.to.retried(error_type(call.broken))
        call.broken = None
    call.answer = response
    seconds, call.began = now - call.began, now
    call.to.answered(seconds, response.status, response.headers.get("Content-Length"), _limits(response))
    if response.method in _WITH_BODY:
        call.to.sent(response.request_info.headers.get("Content-Length"))


def _limits(response: Any) -> dict[str, str] | None:
    """What is said of rate limits. To look for a few headers is cheaper than to look at all that there are."""
    headers = response.headers
    for mark in _marks:
        if mark in headers:
            return read(response.raw_headers)[1]
    return None


def _failed(call: _Call, error: BaseException, *, follows: bool) -> None:
    last = call.answer
    if last is not None:
        if not follows or last.status not in _REDIRECTS or _is_of_answer(error):
            return  # it is counted, and the client or the application does not like it
        location = last.headers.get("Location") or last.headers.get("URI", "")
        is_get = last.status == 303 or (last.status in (301, 302) and last.method == "POST")
        method = "GET" if is_get and last.method != "HEAD" else last.method
        call.to = _target(method, last.url.join(type(last.url)(location)))
        call.to.active.inc()
    call.to.failed(clock.perf() - call.began, error)


def _is_of_answer(error: BaseException) -> bool:
    """Whether an error says that an answer is not accepted, rather than that there is none."""
    from aiohttp import ClientPayloadError, ClientResponseError, InvalidURL  # noqa: PLC0415 - it is loaded

    return isinstance(error, ClientPayloadError | ClientResponseError | InvalidURL)


def _target(method: str, url: Any) -> Target:
    return target(method, url.host or "", url.port, url.scheme)
