"""The page as an ASGI application, and as the answer of one that has a path for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics import core
from vedette.instruments.metrics.registry import DEFAULT, Registry
from vedette.instruments.metrics.serving.answer import Answer, answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["AsgiPage", "respond"]

# From here on a page may take longer than 10 ms to write and compress (half of it histograms, of eight processes where
# those are merged), and is written beside the event loop.
_MANY_SERIES = 5000 if core.IN_C else 100


class AsgiPage:
    """The metrics as an ASGI application of its own, whatever the path it is asked under.

    Args:
        token: whoever reads them must send it as ``Authorization: Bearer <token>``.
        registry: another registry than that of the process.

    Example:
        >>> page = AsgiPage()  # app.add_route("/metrics", page), app.mount("/metrics", page)
    """

    def __init__(self, *, token: str | None = None, registry: Registry = DEFAULT) -> None:
        self._token = token
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        """Answer one request.

        Raises:
            ValueError: the connection is none for requests; the protocol wants that said so.
        """
        if scope["type"] != "http":
            raise ValueError(f"metrics are read by HTTP requests, not through {scope['type']!r}")
        await respond(scope, send, token=self._token, registry=self._registry)


async def respond(scope: Scope, send: Send, *, token: str | None, registry: Registry = DEFAULT) -> None:
    """Answer a request with the page of a registry, or say why not."""
    headers = _headers(scope)

    def write() -> Answer:
        return answer(
            method=scope["method"],
            query=scope.get("query_string", b"").decode("latin-1"),
            accept=headers.get(b"accept", ""),
            accept_encoding=headers.get(b"accept-encoding", ""),
            authorization=headers.get(b"authorization", ""),
            token=token,
            registry=registry,
        )

    found = await _beside_the_loop(write) if _is_long(registry) else write()
    await send(
        {
            "type": "http.response.start",
            "status": found.status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found.headers],
        }
    )
    await send({"type": "http.response.body", "body": found.body})


def _headers(scope: Scope) -> dict[bytes, str]:
    """What a request says, the values of a name that comes twice as one."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        known, text = name.lower(), value.decode("latin-1")
        found[known] = f"{found[known]},{text}" if known in found else text
    return found


def _is_long(registry: Registry) -> bool:
    return sum(map(len, registry.families())) > _MANY_SERIES


async def _beside_the_loop(write: Callable[[], Answer]) -> Answer:
    """Run ``write`` in a thread where the loop is asyncio's, else here."""
    import asyncio  # noqa: PLC0415 - an application that serves has loaded it, one that imports us may never

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return write()
    return await asyncio.to_thread(write)
