"""Litestar: the exceptions that no handler takes, which Litestar answers with 500 before they reach the door.

What a handler takes is the answer that it gives; an ``HTTPException`` is its status and no exception. Requests are
measured by ``vedette.instrument``, with ``http_route`` as Litestar has it: ``/items/{item}``.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.integrations.answered import tell

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_measuring = guard.shield("counting an exception")


def patch(patches: Patches) -> None:
    """Count what comes to the handler of last resort."""
    from litestar.exceptions import HTTPException  # noqa: PLC0415 - the application has imported it
    from litestar.middleware._internal.exceptions.middleware import ExceptionHandlerMiddleware  # noqa: PLC0415

    def answering(original: Any) -> Any:
        @wraps(original)
        def default_http_exception_handler(self: Any, request: Any, exc: Exception) -> Any:
            if patches.active:
                with _measuring:
                    if not isinstance(exc, HTTPException):
                        tell(request.scope, exc)
            return original(self, request, exc)

        return default_http_exception_handler

    patches.replace(ExceptionHandlerMiddleware, "default_http_exception_handler", answering)
