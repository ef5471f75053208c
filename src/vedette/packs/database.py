"""Database clients: duration and errors of operations, and the pool of connections."""

from __future__ import annotations

from vedette.instruments.metrics import Counter, Gauge, Histogram

__all__ = [
    "connections",
    "connections_max",
    "operation_duration",
    "operation_errors",
    "pending_requests",
    "timeouts",
]

# https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#metric-dbclientoperationduration
_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)

operation_duration = Histogram(
    "db_client_operation_duration_seconds",
    help="Time that a database operation took, as the client saw it.",
    labels=["db_system_name", "db_operation_name", "db_collection_name"],
    buckets=_SECONDS,
)
operation_errors = Counter(
    "db_client_operation_errors_total",
    help="Database operations that failed, by class of error.",
    labels=["db_system_name", "db_operation_name", "error_type"],
)
connections = Gauge(
    "db_client_connections",
    help="Connections of the pool by state.",
    labels={"db_client_connection_pool_name": None, "db_client_connection_state": ["idle", "used"]},
)
connections_max = Gauge(
    "db_client_connections_max",
    help="Connections that the pool may open.",
    labels=["db_client_connection_pool_name"],
)
pending_requests = Gauge(
    "db_client_connections_pending_requests",
    help="Requests that wait for a connection of the pool.",
    labels=["db_client_connection_pool_name"],
)
timeouts = Counter(
    "db_client_connection_timeouts_total",
    help="Requests that waited for a connection of the pool in vain.",
    labels=["db_client_connection_pool_name"],
)
