"""What the services of the task platform call their metrics, and what each is in our packs."""

from __future__ import annotations

from vedette import Renamed

__all__ = ["AGENT", "DATABASE", "HTTP", "KAFKA", "REMINDERS", "TASKS", "WEBSOCKET"]

HTTP: dict[str, str | Renamed] = {
    "http_request_duration_seconds": Renamed(
        "http_server_request_duration_seconds",
        labels={"method": "http_request_method", "route": "http_route", "status": "http_response_status_code"},
    ),
}
_POOL = {"db_client_connection_pool_name": "main"}
DATABASE: dict[str, str | Renamed] = {
    "database_query_duration_seconds": Renamed(
        "db_client_operation_duration_seconds",
        labels={"operation": "db_operation_name", "table": "db_collection_name"},
        fixed={"db_system_name": "postgresql"},
    ),
    "database_connections_active": Renamed(
        "db_client_connections", fixed={**_POOL, "db_client_connection_state": "used"}
    ),
    "database_connections_idle": Renamed(
        "db_client_connections", fixed={**_POOL, "db_client_connection_state": "idle"}
    ),
    "database_connections_max": Renamed("db_client_connections_max", fixed=_POOL),
}
KAFKA: dict[str, str | Renamed] = {
    "kafka_consumer_lag": Renamed(
        "kafka_consumer_lag_messages",
        labels={
            "topic": "messaging_destination_name",
            "group": "messaging_consumer_group_name",
            "partition": "messaging_destination_partition_id",
        },
    ),
    "kafka_messages_consumed_total": Renamed(
        "messaging_client_consumed_messages_total",
        labels={"topic": "messaging_destination_name", "group": "messaging_consumer_group_name"},
        fixed={"messaging_system": "kafka"},
    ),
}
TASKS: dict[str, str | Renamed] = {
    "task_operations_total": Renamed(
        "business_operations_total",
        labels={"status": "outcome"},
        values={"outcome": {"error": "failure"}},
        fixed={"object": "task"},
    ),
}
AGENT: dict[str, str | Renamed] = {
    "agent_up": "agent_healthy",
    "agent_last_seen_timestamp_seconds": "agent_heartbeat_timestamp_seconds",
}
REMINDERS: dict[str, str | Renamed] = {
    "reminder_delivery_total": Renamed("reminder_deliveries_total", fixed={"outcome": "success"}),
    "reminder_delivery_failed_total": Renamed("reminder_deliveries_total", fixed={"outcome": "failure"}),
}
WEBSOCKET: dict[str, str | Renamed] = {
    "websocket_connections_active": Renamed("websocket_connections", fixed={"side": "server"}),
    "websocket_messages_sent_total": Renamed("websocket_messages_total", fixed={"side": "server", "direction": "sent"}),
    "websocket_messages_received_total": Renamed(
        "websocket_messages_total", fixed={"side": "server", "direction": "received"}
    ),
}
