"""Database clients: duration and errors of operations, and the pool of connections."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge, Histogram, Summary
from vedette.packs._database_panels import panels

__all__ = [
    "connections",
    "connections_lost",
    "connections_max",
    "connections_overdue",
    "create_time",
    "database",
    "operation_duration",
    "operation_errors",
    "pending_requests",
    "statement_duration",
    "timeouts",
    "transactions",
    "use_time",
    "wait_time",
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
statement_duration = Summary(
    "db_client_statement_duration_seconds",
    help="Time that the operations of a statement took, by its text without values; the rarer ones are told together.",
    labels=["db_system_name", "db_query_text"],
    max_series=500,
)
transactions = Counter(
    "db_client_transactions_total",
    help="Transactions that have ended, by how.",
    labels={"db_system_name": None, "outcome": ["committed", "rolled_back"]},
)
# https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#connection-pools
wait_time = Histogram(
    "db_client_connection_wait_time_seconds",
    help="Time until a connection of the pool was obtained.",
    labels=["db_client_connection_pool_name"],
    buckets=_SECONDS,
)
use_time = Histogram(
    "db_client_connection_use_time_seconds",
    help="Time between borrowing a connection of the pool and returning it.",
    labels=["db_client_connection_pool_name"],
    buckets=(*_SECONDS, 60.0, 300.0),
)
create_time = Histogram(
    "db_client_connection_create_time_seconds",
    help="Time that making a new connection of the pool took.",
    labels=["db_client_connection_pool_name"],
    buckets=_SECONDS,
)
connections_overdue = Gauge(
    "db_client_connections_overdue",
    help="Connections of the pool that are out for so long that they are taken for leaked; five minutes by default.",
    labels=["db_client_connection_pool_name"],
)
connections_lost = Counter(
    "db_client_connections_lost_total",
    help="Connections of the pool that were garbage-collected without having been returned.",
    labels=["db_client_connection_pool_name"],
)

_POOL = "job, instance, db_client_connection_pool_name"
_USED = "job_instance_pool:db_client_connections:used_ratio"
_RATE = "job:db_client_operations:rate5m"
_P95 = "job:db_client_operation_duration_seconds:p95_5m"
_ERRORS = "job:db_client_operation_errors:ratio_rate5m"
_TABLE = "job, db_operation_name, db_collection_name"


@catalog.parametric
def database(
    *,
    pool_warn: float = 0.9,
    pool_for: str = "2m",
    pending_for: str = "1m",
    leaked: float = 1,
    leaked_for: str = "1m",
    connections_high: float = 80,
    connections_for: str = "5m",
    slow: float = 1.0,
    slow_for: str = "5m",
    error_ratio_high: float = 0.05,
    error_for: str = "5m",
    min_rate: float = 0.05,
) -> catalog.Pack:
    """Database clients: the pool of connections, how long operations take and how many fail.

    Args:
        pool_warn: share of a pool's connections in use that is high.
        pool_for: how long it must hold.
        pending_for: how long requests may wait for a connection before it pages.
        leaked: connections of a pool from which it pages that they are out for too long, taken for leaked.
        leaked_for: how long it must hold.
        connections_high: open connections of a service that are too many for the server.
        connections_for: how long it must hold.
        slow: 95th percentile of the operations in seconds that is slow.
        slow_for: how long it must hold.
        error_ratio_high: share of failed operations that is high.
        error_for: how long it must hold.
        min_rate: operations per second below which a ratio or percentile says nothing.
    """
    check_ratio(pool_warn=pool_warn, error_ratio_high=error_ratio_high)
    check_above_zero(leaked=leaked, connections_high=connections_high, slow=slow, min_rate=min_rate)
    pool = "{{ $labels.db_client_connection_pool_name }}"
    return catalog.Pack(
        "database",
        title="Database",
        metrics=[
            operation_duration,
            operation_errors,
            connections,
            connections_max,
            pending_requests,
            timeouts,
            statement_duration,
            transactions,
            wait_time,
            use_time,
            create_time,
            connections_overdue,
            connections_lost,
        ],
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "DatabasePoolNearExhaustion",
                f"{_USED} > {pool_warn}",
                for_=pool_for,
                severity="high",
                summary=f"{{{{ $value | humanizePercentage }}}} of the connections in pool {pool} are in use",
                description="{{ $labels.instance }} of {{ $labels.job }}: when all are, requests wait, then fail.",
                runbook="runbooks/database-pool.md",
                panel="Pool usage",
            ),
            catalog.Alert(
                "DatabasePoolExhausted",
                f"sum by ({_POOL}) (db_client_connections_pending_requests) > 0",
                for_=pending_for,
                severity="critical",
                summary=f"{{{{ $value }}}} requests wait for a connection of pool {pool}",
                description="Every request to {{ $labels.job }} that needs the database is slow, and then fails.",
                runbook="runbooks/database-pool.md",
                panel="Waiting for a connection",
            ),
            catalog.Alert(
                "DatabaseConnectionTimeouts",
                f"sum by ({_POOL}) (increase(db_client_connection_timeouts_total[5m])) > 0",
                severity="critical",
                summary=f"Requests got no connection of pool {pool} in time",
                description="{{ $value | humanize }} requests to {{ $labels.job }} have failed so lately.",
                runbook="runbooks/database-pool.md",
                panel="Connection timeouts",
            ),
            catalog.Alert(
                "DatabaseConnectionsLeaked",
                f"sum by ({_POOL}) (db_client_connections_overdue) >= {leaked}",
                for_=leaked_for,
                severity="critical",
                summary=f"{{{{ $value }}}} connections of pool {pool} do not come back",
                description="Code of {{ $labels.job }} on {{ $labels.instance }} keeps them; soon none is left.",
                runbook="runbooks/database-leaks.md",
                panel="Leaked connections",
            ),
            catalog.Alert(
                "DatabaseConnectionsHigh",
                # by pool, whose name is the server: those of a cache do not count towards a database's limit
                f"sum by (job, db_client_connection_pool_name) (db_client_connections) > {connections_high}",
                for_=connections_for,
                severity="medium",
                summary="{{ $labels.job }} holds {{ $value }} connections of pool "
                "{{ $labels.db_client_connection_pool_name }}",
                description="Every connection costs the server memory; at its own limit it refuses everybody.",
                runbook="runbooks/database-connections.md",
                panel="Connections",
            ),
            catalog.Alert(
                "DatabaseSlowQueries",
                f"{_P95} > {slow} and {_RATE} > {min_rate}",
                for_=slow_for,
                severity="high",
                summary="5 % of the database operations of {{ $labels.job }} take over {{ $value | humanizeDuration }}",
                description=f"The 95th percentile is above {slow:g} s.",
                runbook="runbooks/database-slow.md",
                panel="Operation time",
            ),
            catalog.Alert(
                "DatabaseErrorRateHigh",
                f"{_ERRORS} > {error_ratio_high} and {_RATE} > {min_rate}",
                for_=error_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the database operations of {{ $labels.job }} fail",
                description=f"More than {100 * error_ratio_high:g} % of the operations fail.",
                runbook="runbooks/database-errors.md",
                panel="Failed operations",
            ),
        ],
        panels=panels(pool_warn, leaked, connections_high, slow, error_ratio_high),
        dashboard=catalog.Dashboard(
            description="Is the pool large enough, and which operation is slow or fails?",
            variables=[
                catalog.Variable("pool", "db_client_connections_max", "db_client_connection_pool_name", "Pool"),
                catalog.Variable(
                    "operation", "db_client_operation_duration_seconds_count", "db_operation_name", "Operation"
                ),
            ],
            tags=["database"],
        ),
    )


def _recordings() -> list[catalog.Recording]:
    # Caches have a pack: they would outnumber every slow statement, and some of their commands wait on purpose.
    kept = '{db_system_name!~"redis|valkey"}'
    count = f"db_client_operation_duration_seconds_count{kept}"
    bucket = f"db_client_operation_duration_seconds_bucket{kept}"
    used = f'sum by ({_POOL}) (db_client_connections{{db_client_connection_state="used"}})'
    errors = f"sum by (job) (rate(db_client_operation_errors_total{kept}[5m]))"
    return [
        catalog.Recording(
            _USED,
            f"{used} / (sum by ({_POOL}) (db_client_connections_max) > 0)",
            description="Share of a pool's connections in use.",
        ),
        catalog.Recording(_RATE, f"sum by (job) (rate({count}[5m]))", description="Operations per second."),
        catalog.Recording(
            _ERRORS,
            # no error yet is no error, and no operation is no ratio
            f"({errors} or 0 * {_RATE}) / ({_RATE} > 0)",
            description="Share of operations that failed; absent without operations.",
        ),
        catalog.Recording(
            _P95,
            f"histogram_quantile(0.95, sum by (job, le) (rate({bucket}[5m]))) >= 0",
            description="95th percentile of the operations in seconds; absent without operations.",
        ),
        catalog.Recording(
            "job_operation_collection:db_client_operation_duration_seconds:p95_5m",
            f"histogram_quantile(0.95, sum by ({_TABLE}, le) (rate({bucket}[5m]))) >= 0",
            description="95th percentile by operation and table; absent without operations.",
        ),
    ]
