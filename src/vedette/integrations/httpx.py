"""httpx: requests of its clients, sync and async, whichever transport or proxy they go through.

See `vedette.integrations.outbound` for what is counted. Attempts to connect that a transport makes again
(``HTTPTransport(retries=…)``) are counted as retries.
"""

from __future__ import annotations

import sys
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.outbound import LENGTH, broken, kinds, read, sender, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from vedette.integrations.outbound import Target
    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_senders: set[CodeType] = set()


def patch(patches: Patches) -> None:
    """Measure every request that a client sends."""
    client = import_module("httpx._client")
    patches.replace(client.Client, "_send_single_request", lambda original: _sync(patches, original))
    patches.replace(client.AsyncClient, "_send_single_request", lambda original: _async(patches, original))
    for name in ("httpcore._sync.connection", "httpcore._async.connection"):
        patches.when_imported(name, lambda name=name: _patch_core(patches, name))  # type: ignore[misc]


def _sync(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    def send_single_request(self: Any, request: Any) -> Any:
        to, began = (_begin(request), clock.perf()) if patches.active else (None, 0.0)
        if to is None:
            return original(self, request)
        try:
            response = original(self, request)
        except BaseException as error:
            to.failed(clock.perf() - began, error)
            raise
        try:
            to.answered(clock.perf() - began, response.status_code, *_read(response.headers))
        except Exception as error:  # noqa: BLE001 - the answer is there
            broken(error)
        return response

    _senders.add(send_single_request.__code__)
    return wraps(original)(send_single_request)


def _async(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send_single_request(self: Any, request: Any) -> Any:
        to, began = (_begin(request), clock.perf()) if patches.active else (None, 0.0)
        if to is None:
            return await original(self, request)
        try:
            response = await original(self, request)
        except BaseException as error:
            to.failed(clock.perf() - began, error)
            raise
        try:
            to.answered(clock.perf() - began, response.status_code, *_read(response.headers))
        except Exception as error:  # noqa: BLE001 - the answer is there
            broken(error)
        return response

    _senders.add(send_single_request.__code__)
    return wraps(original)(send_single_request)


def _begin(request: Any) -> Target | None:
    try:
        method, url = request.method, request.url
        to = target(method, url.host, url.port, url.scheme)
        if method in _WITH_BODY:
            to.sent(request.headers.get("content-length"))
        to.active.inc()
    except Exception as error:  # noqa: BLE001 - the request is made
        broken(error)
        return None
    return to


def _read(headers: Any) -> tuple[Any, dict[str, str] | None]:
    """See `outbound.read`; the public way makes a tuple of each header, which takes longer than all the rest."""
    kept = getattr(headers, "_list", None)
    if kept is None:
        return read(headers.raw)
    length = said = None
    for _, name, value in kept:
        kind = kinds[name]
        if kind is LENGTH:
            length = value
        elif kind:
            said = said or {}
            said[kind] = value.decode("latin-1")
    return length, said


def _patch_core(patches: Patches, name: str) -> None:
    """Count how often httpcore connects again: each time it asks how long to wait before that."""

    def make(original: Callable[..., Iterator[float]]) -> Callable[..., Iterator[float]]:
        @wraps(original)
        def exponential_backoff(factor: float) -> Iterator[float]:
            for delay in original(factor):
                to = sender(_senders) if patches.active else None
                if to is not None:
                    to.retried(error_type(sys.exception() or TimeoutError()))
                yield delay

        return exponential_backoff

    module = import_module(name)
    if hasattr(module, "exponential_backoff"):  # else only the retries are not told
        patches.replace(module, "exponential_backoff", make)
