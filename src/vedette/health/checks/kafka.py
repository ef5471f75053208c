"""Kafka: whether the brokers answer, through a client that the application has."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from vedette.errors import DeclarationError
from vedette.health.check import Check, seconds
from vedette.health.outcome import Failed, Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["kafka"]


def kafka(client: Any, *, name: str = "kafka", **settings: Unpack[Settings]) -> Check:
    """Whether the cluster tells its brokers; the reading is how many.

    Args:
        client: a producer, consumer or admin client of confluent-kafka, or a producer or consumer of aiokafka.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: it is no such client.
    """
    settings.setdefault("timeout", "2s")
    limit = seconds(settings["timeout"])
    return Check(name, _asking(client, limit), **settings)


def _asking(client: Any, limit: float) -> Callable[[], Any]:
    if hasattr(client, "list_topics") and not inspect.iscoroutinefunction(client.list_topics):
        return lambda: _count(len(client.list_topics(timeout=limit).brokers))
    # a producer of aiokafka has a client, a consumer hides it
    inner: Any = getattr(client, "client", None) or getattr(client, "_client", None)
    if not hasattr(inner, "fetch_all_metadata"):
        raise DeclarationError(f"kafka({client!r}): give a client of confluent-kafka or aiokafka")

    async def ask() -> Reading:
        return _count(len((await inner.fetch_all_metadata()).brokers()))

    return ask


def _count(brokers: int) -> Reading:
    if not brokers:
        raise Failed("no broker is known")
    return Reading(brokers, "brokers")
