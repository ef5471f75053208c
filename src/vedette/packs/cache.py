"""Caches, Redis and Valkey as their clients see them: hits and misses, commands, pub/sub and connection pools.

Commands and pools are told by the metrics of the database pack, as OpenTelemetry's conventions have it, with
``db_system_name`` ``redis`` or ``valkey``: https://opentelemetry.io/docs/specs/semconv/db/redis/
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter
from vedette.packs._cache_panels import panels
from vedette.packs.database import (
    connections,
    connections_max,
    operation_duration,
    operation_errors,
    pending_requests,
    timeouts,
)

__all__ = [
    "cache",
    "connections",
    "connections_max",
    "operation_duration",
    "operation_errors",
    "pending_requests",
    "pipelined_commands",
    "pubsub_messages",
    "requests",
    "timeouts",
]

requests = Counter(
    "cache_requests_total",
    help="Keys looked up in a cache, by whether they were there.",
    labels={"cache": None, "result": ["hit", "miss"]},
)
pipelined_commands = Counter(
    "cache_pipelined_commands_total",
    help="Commands that were sent within a pipeline, by name; the pipeline as a whole is timed as PIPELINE or MULTI.",
    labels=["db_system_name", "db_operation_name"],
)
pubsub_messages = Counter(
    "cache_pubsub_messages_total",
    help="Messages that subscribers have received.",
    labels=["db_system_name"],
)


@catalog.parametric
def cache() -> catalog.Pack:
    """Caches, Redis and Valkey as their clients see them: hits and misses, commands, pub/sub and connection pools."""
    return catalog.Pack(
        "cache",
        title="Cache",
        metrics=[
            requests,
            operation_duration,
            operation_errors,
            pipelined_commands,
            pubsub_messages,
            connections,
            connections_max,
            pending_requests,
            timeouts,
        ],
        panels=panels(),
        dashboard=catalog.Dashboard(
            description="Does the cache answer, fast, and with what was asked for?",
            variables=[catalog.Variable("cache", "cache_requests_total", "cache", "Cache")],
            tags=["cache"],
        ),
    )
