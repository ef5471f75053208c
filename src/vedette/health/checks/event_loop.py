"""The event loop of the application: whether something blocks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.health.check import Check
from vedette.health.checks.settings import above, in_order
from vedette.instruments import clock

if TYPE_CHECKING:
    from typing import Unpack

    from vedette.health.checks.settings import Settings
    from vedette.health.outcome import Reading

__all__ = ["event_loop"]

_PAUSE = 0.01


def event_loop(
    *, degraded: float = 0.1, failed: float = 1.0, name: str = "event-loop", **settings: Unpack[Settings]
) -> Check:
    """How late the loop calls what is due: a sleep of 10 ms is measured on it. A warning if not said otherwise.

    Args:
        degraded: seconds of delay that are degraded.
        failed: seconds of delay that have failed.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")
    settings.setdefault("timeout", failed + 1)

    async def ask() -> Reading:
        import asyncio  # noqa: PLC0415 - loaded by who has a loop

        before = clock.perf()
        await asyncio.sleep(_PAUSE)
        late = max(0.0, clock.perf() - before - _PAUSE)
        return above("its delay", round(late, 4), "s", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)
