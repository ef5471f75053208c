"""Quart: the rule that a request is matched to, and the exceptions that Quart answers before they reach the door.

Requests are measured by ``vedette.instrument``, with ``http_route`` as the rule has it: ``/items/<int:item>``.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from vedette.instruments import guard
from vedette.integrations.answered import tell
from vedette.integrations.routes import ROUTE, UNMATCHED

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_measuring = guard.shield("finding the route of a request of Quart")


def patch(patches: Patches) -> None:
    """Have each request leave its rule where the door looks for it."""
    from quart import Quart, request  # noqa: PLC0415 - the application has imported it
    from quart.ctx import RequestContext, WebsocketContext  # noqa: PLC0415

    def matching(original: Any) -> Any:
        @wraps(original)
        def match_request(self: Any) -> None:
            original(self)
            if patches.active:
                with _measuring:
                    asked = self.request_websocket
                    asked.scope[ROUTE] = UNMATCHED if asked.url_rule is None else str(asked.url_rule.rule)

        return match_request

    def handling(original: Any) -> Any:
        @wraps(original)
        async def handle_exception(self: Any, error: Exception) -> Any:
            if patches.active:
                with _measuring:
                    tell(cast("Any", request.scope), error)
            return await original(self, error)

        return handle_exception

    patches.replace(RequestContext, "match_request", matching)
    patches.replace(WebsocketContext, "match_request", matching)
    patches.replace(Quart, "handle_exception", handling)
