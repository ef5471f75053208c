"""The page as a WSGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics.registry import DEFAULT, Registry
from vedette.instruments.metrics.serving.answer import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["WsgiPage"]


class WsgiPage:
    """The metrics as a WSGI application of its own, whatever the path it is asked under.

    Args:
        token: whoever reads them must send it as ``Authorization: Bearer <token>``.
        registry: another registry than that of the process.

    Example:
        >>> page = WsgiPage()  # DispatcherMiddleware(app, {"/metrics": page})
    """

    def __init__(self, *, token: str | None = None, registry: Registry = DEFAULT) -> None:
        self._token = token
        self._registry = registry

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        """Answer one request."""
        from http import HTTPStatus  # noqa: PLC0415 - a server has loaded it

        found = answer(
            method=environ["REQUEST_METHOD"],
            query=environ.get("QUERY_STRING", ""),
            accept=environ.get("HTTP_ACCEPT", ""),
            accept_encoding=environ.get("HTTP_ACCEPT_ENCODING", ""),
            authorization=environ.get("HTTP_AUTHORIZATION", ""),
            token=self._token,
            registry=self._registry,
        )
        start_response(f"{found.status} {HTTPStatus(found.status).phrase}", list(found.headers))
        return [found.body]
