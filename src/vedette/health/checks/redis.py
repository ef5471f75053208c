"""Redis and Valkey: ``PING`` through the application's own client."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from vedette.health.check import Check
from vedette.health.outcome import Failed

if TYPE_CHECKING:
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["redis"]


def redis(client: Any, *, name: str = "redis", **settings: Unpack[Settings]) -> Check:
    """Whether the server answers ``PING``.

    Args:
        client: of redis-py or valkey-py, sync or async, a cluster's too.
        name: of the check.
        **settings: see `Check`.
    """

    def ask() -> Any:
        answer = client.ping()
        return _awaited(answer) if inspect.isawaitable(answer) else _take(answer)

    return Check(name, ask, **settings)


async def _awaited(answer: Any) -> None:
    _take(await answer)


def _take(answer: object) -> None:
    if not answer:
        raise Failed("no answer to PING")
