"""What HTTP clients have in common: a request to another service, measured as the http_client pack declares it.

A request is one exchange of messages: each redirect that is followed is another one, to whichever server it leads. What
a client tries again by itself is counted in ``http_client_request_retries_total``; where it happens below the exchange
(urllib3, httpcore) it belongs to its duration. That ends with the headers of the answer, also where the body is
streamed. ``server_address`` is who was asked, also through a proxy. Once 100 names and 20 addresses have been asked,
all others are counted as ``_OTHER``. ``error_type`` is the class of the error, or the status from 400 on.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT, OVERFLOW
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.rate_limits import KINDS
from vedette.integrations.rate_limits import read as read_limits
from vedette.packs.http import METHODS
from vedette.packs.http_client import (
    active_requests,
    rate_limit_limit,
    rate_limit_remaining,
    rate_limit_reset,
    rate_limited,
    request_body_size,
    request_duration,
    response_body_size,
    retries,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from types import CodeType

    from vedette.instruments.metrics.core import HistogramSeries

__all__ = ["LENGTH", "Target", "broken", "forget", "kinds", "pass_time", "read", "sender", "target", "target_of_origin"]

_measuring = guard.shield("measuring a request to another service")

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
# Metrics of hosts are for services that are called by name; a crawler or a mesh has too many.
_NAMES, _ADDRESSES = 100, 20
_RESOURCES = 10  # limits of one service
_REMEMBERED = 1000
_TOO_MANY = 429
_FORBIDDEN = 403  # GitHub's answer to too many requests
_NO_BODY = (204, 304)
LENGTH = "content-length"


class _Kinds(dict[bytes | str, str]):
    """Header as it is sent → its name if it is read, else nothing."""

    def __missing__(self, name: bytes | str) -> str:
        text = (name if isinstance(name, str) else name.decode("latin-1")).lower()
        kind = LENGTH if text == LENGTH else text if text in KINDS else ""
        if len(self) < _REMEMBERED:
            self[name] = kind
        return kind


kinds = _Kinds()
_names: set[tuple[str, int]] = set()
_addresses: set[tuple[str, int]] = set()
_targets: dict[tuple[str, str, int], Target] = {}
_origins: dict[tuple[str, str], Target] = {}
_resources: dict[str, set[str]] = {}
"""Server → what it limits."""
_windows: dict[tuple[str, str], float] = {}
"""Server and what is limited → when it counts anew."""


class Target:
    """A method and a server: where its requests are counted."""

    __slots__ = ("_address", "_labels", "_observers", "_sizes", "active", "has_body")

    def __init__(self, method: str, address: str, port: str) -> None:
        self._address = address
        self._labels = (method, address, port)
        self._observers: dict[int, HistogramSeries] = {}
        self._sizes = response_body_size.family.later((method, address, port))
        self.active = active_requests.labels(method, address, port)
        self.has_body = method != "HEAD"

    def answered(self, seconds: float, status: int, length: Any, said: dict[str, str] | None) -> None:
        """The headers of an answer have come; what `read` found in them."""
        self.active.dec()
        observer = self._observers.get(status)
        if observer is None:
            observer = self._observer(status)
        observer.observe(seconds if seconds > 0 else 0.0)
        if length is not None and self.has_body and status not in _NO_BODY and length.isdigit():
            self._sizes.observe(float(length))
        if said is not None or status == _TOO_MANY:
            self._limits(status, said or {})

    def failed(self, seconds: float, error: BaseException) -> None:
        """There will be no answer."""
        with _measuring:
            self.active.dec()
            request_duration.observe(max(0.0, seconds), *self._labels, "", error_type(error))

    def sent(self, length: str | None) -> None:
        """A body goes with the request, and what its header says of its length."""
        if length is not None and length.isdigit():
            request_body_size.observe(float(length), *self._labels)

    def retried(self, cause: str) -> None:
        """The client has sent it again by itself."""
        with _measuring:
            retries.inc(self._address, cause)

    def _observer(self, status: int) -> HistogramSeries:
        text = str(status)
        made = request_duration.labels(*self._labels, text, text if status >= 400 else "")
        if len(self._observers) < _REMEMBERED:
            self._observers[status] = made
        return made

    def _told(self, resource: str) -> str:
        """What is limited, if it is one of the first that this server has told."""
        known = _resources.setdefault(self._address, set())
        if resource not in known and len(known) < _RESOURCES:
            known.add(resource)
        return resource if resource in known else OVERFLOW

    def _limits(self, status: int, said: dict[str, str]) -> None:
        refused = status == _TOO_MANY
        if not refused and status != _FORBIDDEN:
            said.pop("retry-after", None)
        now = clock.now()
        for limit in read_limits(said, now):
            refused = refused or (status == _FORBIDDEN and limit.remaining == 0)
            resource = self._told(limit.resource)
            if limit.limit is not None:
                rate_limit_limit.set(limit.limit, self._address, resource)
            if limit.remaining is not None:
                rate_limit_remaining.set(limit.remaining, self._address, resource)
            if limit.reset is not None:
                rate_limit_reset.set(limit.reset, self._address, resource)
                _windows[self._address, resource] = now + limit.reset
                DEFAULT.before_scrape(pass_time)
        if refused:
            rate_limited.inc(self._address)


def read(headers: Iterable[tuple[Any, Any]]) -> tuple[Any, dict[str, str] | None]:
    """The length of the body as announced, and by name what is said of rate limits; None for what is not there."""
    length = said = None
    for name, value in headers:
        kind = kinds[name]
        if kind is LENGTH:
            length = value
        elif kind:
            said = said or {}
            said[kind] = value if isinstance(value, str) else value.decode("latin-1")
    return length, said


def target(method: str, host: str, port: int | None, scheme: str) -> Target:
    """Where requests of this method to this server are counted."""
    if port is None:
        port = _PORTS.get(scheme, 0)
    found = _targets.get((method, host, port))
    return _make(method, host, port) if found is None else found


def target_of_origin(method: str, url: str) -> Target:
    """The same by a URL, of which only the beginning is read."""
    end = url.find("/", 8)  # behind those of https://
    origin = url if end < 0 else url[:end]
    found = _origins.get((method, origin))
    if found is not None:
        return found
    from urllib.parse import urlsplit  # noqa: PLC0415 - who makes requests has loaded it

    parts = urlsplit(url)
    found = target(method, parts.hostname or "", parts.port, parts.scheme)
    # Not one that has a password or a query in it.
    if len(_origins) < _REMEMBERED and not {"@", "?", "#"} & set(origin):
        _origins[method, origin] = found
    return found


def _make(method: str, host: str, port: int) -> Target:
    known = METHODS if method in METHODS else ()
    label = method if known else OVERFLOW
    server = (host.lower().rstrip("."), port)
    if not _is_told(server):
        guard.warn(
            ("servers", "http_client"),
            f"more than {_NAMES} names or {_ADDRESSES} addresses were asked by HTTP; all others are counted as "
            f"{OVERFLOW!r}",
        )
        server = (OVERFLOW, 0)
    found = _targets.get((label, *server))
    if found is None:
        found = _targets[(label, *server)] = Target(label, server[0], str(server[1]) if server[1] else "")
    if len(_targets) < _REMEMBERED:
        _targets[method, host, port] = found
    return found


def _is_told(server: tuple[str, int]) -> bool:
    """Whether a server is one of the first that were asked, so that it is told by itself."""
    host = server[0]
    is_address = ":" in host or host.replace(".", "").isdigit()
    known, most = (_addresses, _ADDRESSES) if is_address else (_names, _NAMES)
    if server not in known and len(known) < most:
        known.add(server)
    return server in known


def pass_time() -> None:
    """Before a scrape: windows of rate limits go on and end."""
    now = clock.now()
    for key, ends in tuple(_windows.items()):
        if ends > now:
            rate_limit_reset.set(ends - now, *key)
        else:
            _windows.pop(key, None)
            # Only what this process says: another one may have had a newer answer.
            for gauge in (rate_limit_reset, rate_limit_remaining):
                handle: Any = gauge.labels(*key)
                handle.unset()


def sender(codes: Container[CodeType]) -> Target | None:
    """Where the request is counted that one of these wrappers is sending, from below it, by its variable ``to``.

    A variable of the thread or the context would cost every request; this is asked when something is tried again.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - there is no public way
    while frame is not None and frame.f_code not in codes:
        frame = frame.f_back  # type: ignore[assignment]
    found: Target | None = None if frame is None else frame.f_locals.get("to")
    return found


def broken(error: Exception) -> None:
    """Measuring has failed: it is counted and logged. A block around what is measured would cost as much as that."""
    with _measuring:
        raise error


def forget() -> None:
    """Forget which servers were asked, so that others may be told."""
    for known in (_names, _addresses, _targets, _origins, _resources, _windows):
        known.clear()
