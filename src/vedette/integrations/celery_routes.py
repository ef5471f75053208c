"""Which queue a message of Celery goes to or comes from, as it is told."""

from __future__ import annotations

from typing import Any

__all__ = ["queue_for", "queue_of"]

_MOST_ROUTES = 1000

_routes: dict[tuple[str, str | None], str] = {}


def queue_for(amqp: Any, exchange: Any = None, routing_key: str | None = None, queue: Any = None, **_: Any) -> str:
    """The queue that a message is put into with these options."""
    if exchange and routing_key:
        return _queue(amqp.app, getattr(exchange, "name", exchange), routing_key)
    if queue is None and exchange is None:
        queue = amqp.default_queue
    found: str = getattr(queue or exchange, "name", queue or exchange)
    return found


def queue_of(task: Any, delivery: Any) -> str:
    """The queue that a message of a task came from, as it says itself; empty for what came from none."""
    if not delivery:
        return ""
    exchange = delivery.get("exchange")
    key: str | None = delivery.get("routing_key")
    return _queue(task.app, exchange, key) if exchange else key or ""


def _queue(app: Any, exchange: str, routing_key: str | None) -> str:
    """The queue that a message is routed to; the exchange for one that may go to several."""
    route = exchange, routing_key
    known = _routes.get(route)
    if known is None:
        queues = app.amqp.queues.values()
        known = next((one.name for one in queues if (one.exchange.name, one.routing_key) == route), exchange)
        if len(_routes) < _MOST_ROUTES:
            _routes[route] = known
    return known
