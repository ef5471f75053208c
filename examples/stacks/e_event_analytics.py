"""Event analytics: an API and a worker in TypeScript with a queue between them, PostgreSQL and Redis.

The services name their metrics themselves (prom-client); ``names=`` says what each is in our packs. The team's own
counter of events has no counterpart and keeps its name, in the pack ``events``.

What the team had, and what is it here. Where the team has left no number or name, ours is in brackets.

| the team's alert | severity | here | when | for |
|---|---|---|---|---|
| [API errors] | warning | HttpErrorRateHigh | over 5 % fail | 2m |
| [API errors] | critical | HttpErrorRateCritical | over 10 % fail | 1m |
| [API latency] | warning | HttpLatencyHigh | p95 over 1 s | 5m |
| [API down] | critical | ServiceDown | no instance answers | [1m] |
| [queue] | warning | WorkerQueueDepthHigh | over 1,000 wait | 5m |
| [queue] | critical | WorkerQueueDepthCritical | over 5,000 wait | 2m |
| [queue] | critical | WorkerQueueNearlyFull | over 9,000 of 10,000 | [1m] |
| [worker errors] | warning | WorkerErrorRateHigh | [over 5 %] fail | [5m] |
| [worker stalled] | critical | WorkerStalled | something waits, nothing is done | [5m] |
| [many connections] | warning | DatabaseConnectionsHigh | over 80 | 5m |
| [slow queries] | warning | DatabaseSlowQueries | p95 over 1 s | 5m |
| [database down] | critical | PostgresqlDown | its exporter cannot ask it | [1m] |
| [memory] | warning | ProcessMemoryHigh | over 400 MB | 5m |
| [memory] | critical | ProcessMemoryCritical | over 450 MB | 2m |
| [stale data] | warning | DataStale | [an hour] old | [5m] |

The packs bring more alerts than these. The limits of the containers (Prometheus 1 CPU and 1 GB, Grafana 1 and 512 MB,
Alertmanager 0.5 and 256 MB) and the 30 days that data is kept are none of these files' concern: they stand where the
containers are declared. Dashboards show the last hour and are drawn again every 10 seconds, as all of ours are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import (
    Dashboard,
    Email,
    Environment,
    Metric,
    Pack,
    Panel,
    Renamed,
    Route,
    Service,
    Slack,
    Smtp,
    Stack,
    Timing,
    env,
)
from vedette.packs import cache, database, freshness, http, postgresql, process, redis, worker

if TYPE_CHECKING:
    from vedette.catalog import Receiver

__all__ = ["API_NAMES", "stack"]

_POOL = {"db_client_connection_pool_name": "main"}
API_NAMES: dict[str, str | Renamed] = {
    "http_request_duration_seconds": Renamed(
        "http_server_request_duration_seconds",
        labels={"method": "http_request_method", "route": "http_route", "status_code": "http_response_status_code"},
    ),
    "http_requests_in_flight": Renamed("http_server_active_requests", labels={"method": "http_request_method"}),
    "db_query_duration_seconds": Renamed(
        "db_client_operation_duration_seconds",
        labels={"operation": "db_operation_name", "table": "db_collection_name"},
        fixed={"db_system_name": "postgresql"},
    ),
    "db_connections_active": Renamed("db_client_connections", fixed={**_POOL, "db_client_connection_state": "used"}),
    "db_connections_idle": Renamed("db_client_connections", fixed={**_POOL, "db_client_connection_state": "idle"}),
    "db_connections_max": Renamed("db_client_connections_max", fixed=_POOL),
    "cache_hits_total": Renamed("cache_requests_total", fixed={"cache": "redis", "result": "hit"}),
    "cache_misses_total": Renamed("cache_requests_total", fixed={"cache": "redis", "result": "miss"}),
}
"""What the API calls its metrics, and what they are."""

_QUEUE = {"messaging_system": "redis", "messaging_destination_name": "events"}
WORKER_NAMES: dict[str, str | Renamed] = {
    "events_processed_total": Renamed(
        "worker_tasks_total",
        labels={"status": "state"},
        values={"state": {"success": "succeeded", "error": "failed"}},
        fixed={**_QUEUE, "task": "aggregate"},
    ),
    "event_processing_duration_seconds": Renamed(
        "messaging_process_duration_seconds", fixed={**_QUEUE, "task": "aggregate"}
    ),
    "worker_errors_total": Renamed(
        "worker_task_errors_total",
        labels={"class": "error_type"},
        fixed={"messaging_system": "redis", "task": "aggregate"},
    ),
    "queue_depth": Renamed("worker_queue_depth", fixed=_QUEUE),
    "queue_capacity": Renamed("worker_queue_capacity", fixed=_QUEUE),
    "queue_enqueued_total": Renamed("worker_enqueued_messages_total", fixed=_QUEUE),
    "queue_dequeued_total": Renamed("worker_dequeued_messages_total", fixed=_QUEUE),
    "worker_batch_events": Renamed("worker_batch_size", fixed=_QUEUE),
    "last_aggregation_timestamp_seconds": Renamed("data_last_update_timestamp_seconds", fixed={"dataset": "events"}),
    **{name: one for name, one in API_NAMES.items() if name.startswith("db_")},
}
"""What the worker calls its metrics, and what they are."""

events = Pack(
    "events",
    title="Events",
    metrics=[
        Metric.foreign(
            "counter", "events_received_total", exporter="api", labels=["type"], help="Events that clients have sent."
        ),
    ],
    panels=[
        Panel(
            "Events received",
            "sum by (job, type) (rate(events_received_total[5m]))",
            unit="events/s",
            legend="{{type}}",
            description="What clients send, by type. It follows the day; a step down is a client that has stopped.",
            minimum=0,
            stack=True,
            overview=True,
        ),
        Panel(
            "Events of 24 hours",
            "sum by (job) (increase(events_received_total[1d]))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="All that came within a day. Compare it with the same day of last week.",
        ),
    ],
    dashboard=Dashboard(description="What is sent to us?", tags=["events"]),
)


def _told(address: str, channel: str) -> list[Receiver]:
    return [
        Email(address, severities=["critical", "high", "medium", "low"]),
        Slack(env("SLACK_WEBHOOK"), channel=channel, severities=["critical", "high", "medium"]),
    ]


stack = Stack(
    name="event-analytics",
    title="Event analytics",
    services=[
        Service(
            "api",
            title="API",
            targets=["api:3000"],
            scrape_interval="10s",
            packs=[http(down_for="1m"), events, database, cache, process],
            names=API_NAMES,
        ),
        Service(
            "worker",
            title="Worker",
            targets=["worker:3001"],
            packs=[worker, freshness, database, process],
            names=WORKER_NAMES,
        ),
        Service("postgres", title="PostgreSQL", targets=["postgres-exporter:9187"], packs=[postgresql]),
        Service("redis", title="Redis", targets=["redis-exporter:9121"], packs=[redis]),
    ],
    notify=[
        *_told("oncall@analytics.example.com", "#analytics"),
        Route({"pack": "http"}, _told("api@analytics.example.com", "#analytics-api")),
        Route({"pack": "database"}, _told("database@analytics.example.com", "#analytics-database")),
        Route({"pack": "postgresql"}, _told("database@analytics.example.com", "#analytics-database")),
    ],
    timings={
        "critical": Timing("10s", "1m", "30m"),
        "high": Timing("30s", "5m", "4h"),
        "medium": Timing("30s", "5m", "4h"),
    },
    environments=[
        Environment(
            "production",
            external_url="https://vedette.analytics.example.com",
            external_labels={"cluster": "analytics"},
            secrets="/etc/vedette/secrets",
            smtp=Smtp("mail.analytics.example.com", username="vedette", password=env("SMTP_PASSWORD")),
        ),
    ],
)
