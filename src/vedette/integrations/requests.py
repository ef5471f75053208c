"""requests: what its adapters send, in every session.

See `vedette.integrations.outbound` for what is counted. urllib3 is below: what it tries again (``Retry``) is counted as
retries, and its time, waits included, belongs to the request.
"""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.outbound import LENGTH, broken, read, sender, target_of_origin
from vedette.integrations.rate_limits import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from vedette.integrations.outbound import Target
    from vedette.integrations.patch import Patches

__all__ = ["patch"]


_MARKS = frozenset(MARKS)
_senders: set[CodeType] = set()


def patch(patches: Patches) -> None:
    """Measure every request that an adapter sends."""
    patches.replace(import_module("requests.adapters").HTTPAdapter, "send", lambda original: _send(patches, original))
    retry = import_module("urllib3.util.retry").Retry
    patches.replace(retry, "increment", lambda original: _increment(patches, original))


def _send(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        to, began = (_begin(request), clock.perf()) if patches.active else (None, 0.0)
        if to is None:
            return original(self, request, *args, **options)
        try:
            response = original(self, request, *args, **options)
        except BaseException as error:
            to.failed(clock.perf() - began, error)
            raise
        try:
            to.answered(clock.perf() - began, response.status_code, *_read(response.headers))
        except Exception as error:  # noqa: BLE001 - the answer is there
            broken(error)
        return response

    _senders.add(send.__code__)
    return wraps(original)(send)


def _begin(request: Any) -> Target | None:
    try:
        to = target_of_origin(request.method, request.url)
        if request.body is not None:
            to.sent(request.headers.get("Content-Length"))
        to.active.inc()
    except Exception as error:  # noqa: BLE001 - the request is made
        broken(error)
        return None
    return to


def _read(headers: Any) -> tuple[str | None, dict[str, str] | None]:
    """See `outbound.read`; the public ways to look for headers take ten times as long."""
    kept = getattr(headers, "_store", None)
    if kept is None:
        return read(headers.items())
    if not _MARKS.isdisjoint(kept):
        return read(kept.values())
    length = kept.get(LENGTH)
    return None if length is None else length[1], None


def _increment(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def increment(
        self: Any,
        method: Any = None,
        url: Any = None,
        response: Any = None,
        error: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        after = original(self, method, url, response, error, *args, **kwargs)
        # It did not raise: the request is made again.
        to = sender(_senders) if patches.active else None
        if to is not None:
            if error is not None:
                to.retried(error_type(error))
            elif response is not None and not response.get_redirect_location():
                to.retried(str(response.status))
        return after

    return increment
