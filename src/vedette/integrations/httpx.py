"""httpx: requests of its clients, sync and async, whichever transport or proxy they go through.

See `vedette.integrations.outbound` for what is counted. Attempts to connect that a transport makes again
(``HTTPTransport(retries=…)``) are counted as retries.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.outbound import broken, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.integrations.outbound import Target
    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# The request that is being sent, for httpcore to tell that it connects again.
_sending: ContextVar[Target | None] = ContextVar("vedette_httpx_sending", default=None)


def patch(patches: Patches) -> None:
    """Measure every request that a client sends."""
    client = import_module("httpx._client")
    patches.replace(client.Client, "_send_single_request", lambda original: _sync(patches, original))
    patches.replace(client.AsyncClient, "_send_single_request", lambda original: _async(patches, original))
    for name in ("httpcore._sync.connection", "httpcore._async.connection"):
        patches.when_imported(name, lambda name=name: _patch_core(patches, name))  # type: ignore[misc]


def _sync(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def send_single_request(self: Any, request: Any) -> Any:
        to, began = (_begin(request), clock.perf()) if patches.active else (None, 0.0)
        if to is None:
            return original(self, request)
        token = _sending.set(to)
        try:
            response = original(self, request)
        except BaseException as error:
            to.failed(clock.perf() - began, error)
            raise
        finally:
            _sending.reset(token)
        try:
            to.answered(clock.perf() - began, response.status_code, response.headers.raw)
        except Exception as error:  # noqa: BLE001 - the answer is there
            broken(error)
        return response

    return send_single_request


def _async(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def send_single_request(self: Any, request: Any) -> Any:
        to, began = (_begin(request), clock.perf()) if patches.active else (None, 0.0)
        if to is None:
            return await original(self, request)
        token = _sending.set(to)
        try:
            response = await original(self, request)
        except BaseException as error:
            to.failed(clock.perf() - began, error)
            raise
        finally:
            _sending.reset(token)
        try:
            to.answered(clock.perf() - began, response.status_code, response.headers.raw)
        except Exception as error:  # noqa: BLE001 - the answer is there
            broken(error)
        return response

    return send_single_request


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


def _patch_core(patches: Patches, name: str) -> None:
    """Count how often httpcore connects again: each time it asks how long to wait before that."""

    def make(original: Callable[..., Iterator[float]]) -> Callable[..., Iterator[float]]:
        @wraps(original)
        def exponential_backoff(factor: float) -> Iterator[float]:
            to = _sending.get()
            for delay in original(factor):
                if to is not None and patches.active:
                    to.retried(error_type(sys.exception() or TimeoutError()))
                yield delay

        return exponential_backoff

    module = import_module(name)
    if hasattr(module, "exponential_backoff"):  # else only the retries are not told
        patches.replace(module, "exponential_backoff", make)
