"""Flask: the exceptions of views that no handler takes, which Flask answers with 500 before they reach the door.

What a handler takes is the answer that it gives, a 5xx if it says so. Requests are measured by ``vedette.instrument``,
with ``http_route`` as the rule has it: ``/items/<int:item>``, that of a blueprint with its prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.integrations.answered import tell_of

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch"]


def patch(patches: Patches) -> None:
    """Have Flask tell of each exception by its own signal."""
    from flask import got_request_exception, request  # noqa: PLC0415 - the application has imported it

    def told(_app: object, *, exception: BaseException, **_more: Any) -> None:
        tell_of(request.environ, exception)

    got_request_exception.connect(told, weak=False)
    patches.also_undo(lambda: got_request_exception.disconnect(told))
