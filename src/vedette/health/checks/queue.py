"""A queue: whether what waits in it is worked off."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from vedette.health.check import Check
from vedette.health.checks.settings import above, in_order

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Unpack

    from vedette.health.checks.settings import Settings
    from vedette.health.outcome import Reading

__all__ = ["queue"]


def queue(
    name: str,
    depth: Callable[[], float | Awaitable[float]],
    *,
    degraded: float,
    failed: float,
    **settings: Unpack[Settings],
) -> Check:
    """Whether a queue is not too long. A warning if not said otherwise.

    Args:
        name: of the check.
        depth: how much waits, such as ``lambda: redis.llen("mail")``; sync or async.
        degraded: how much is degraded.
        failed: how much has failed.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")

    def judge(waiting: float) -> Reading:
        return above("what waits", waiting, "messages", degraded=degraded, failed=failed)

    async def awaited(answer: Any) -> Reading:
        return judge(float(await answer))

    def ask() -> Any:
        answer: Any = depth()
        return awaited(answer) if inspect.isawaitable(answer) else judge(float(answer))

    return Check(name, ask, **settings)
