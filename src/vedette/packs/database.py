"""Database clients: duration and errors of operations, and the pool of connections."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge, Histogram

__all__ = [
    "connections",
    "connections_max",
    "database",
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
        connections_high: open connections of a service that are too many for the server.
        connections_for: how long it must hold.
        slow: 95th percentile of the operations in seconds that is slow.
        slow_for: how long it must hold.
        error_ratio_high: share of failed operations that is high.
        error_for: how long it must hold.
        min_rate: operations per second below which a ratio or percentile says nothing.
    """
    check_ratio(pool_warn=pool_warn, error_ratio_high=error_ratio_high)
    check_above_zero(connections_high=connections_high, slow=slow, min_rate=min_rate)
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
                "DatabaseConnectionsHigh",
                f"sum by (job) (db_client_connections) > {connections_high}",
                for_=connections_for,
                severity="medium",
                summary="{{ $labels.job }} holds {{ $value }} database connections",
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
        panels=_panels(pool_warn, connections_high, slow, error_ratio_high),
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
    count, bucket = "db_client_operation_duration_seconds_count", "db_client_operation_duration_seconds_bucket"
    used = f'sum by ({_POOL}) (db_client_connections{{db_client_connection_state="used"}})'
    errors = "sum by (job) (rate(db_client_operation_errors_total[5m]))"
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


def _panels(
    pool_warn: float, connections_high: float, slow: float, error_ratio_high: float
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    slow_line: dict[float, catalog.Severity] = {slow: "high"}
    pool = '{db_client_connection_pool_name=~"$pool"}'
    operation = '{db_operation_name=~"$operation"}'
    return [
        catalog.Panel(
            "Pool in use",
            f"max by (job) ({_USED})",
            kind="gauge",
            unit="ratio",
            legend="{{job}}",
            description="The fullest pool of the service.",
            thresholds={pool_warn: "high", 1.0: "critical"} if pool_warn < 1 else {1.0: "critical"},
            overview=True,
            minimum=0,
            maximum=1,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Operations",
            _RATE,
            kind="stat",
            unit="operations/s",
            legend="{{job}}",
            description="Database operations per second.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Operation p95",
            _P95,
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95 % of the operations are faster than this.",
            thresholds=slow_line,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Failed operations",
            _ERRORS,
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of operations that failed.",
            thresholds={error_ratio_high: "high"},
            width=6,
            height=4,
        ),
        catalog.Row("Pool"),
        catalog.Panel(
            "Pool usage",
            f"{_USED}{pool}",
            unit="ratio",
            legend="{{instance}} {{db_client_connection_pool_name}}",
            description="Share of each pool's connections in use. A flat line at 1 that never falls is a leak.",
            thresholds={pool_warn: "high"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Connections",
            f"sum by (job, db_client_connection_state) (db_client_connections{pool})",
            unit="count",
            legend="{{job}} {{db_client_connection_state}}",
            description="Open connections by state; the line is for both together.",
            thresholds={connections_high: "medium"},
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Waiting for a connection",
            f"sum by ({_POOL}) (db_client_connections_pending_requests{pool})",
            unit="count",
            legend="{{instance}} {{db_client_connection_pool_name}}",
            description="Requests that wait. Anything above zero for long is felt by users.",
            thresholds={1: "critical"},
            minimum=0,
        ),
        catalog.Panel(
            "Connection timeouts",
            f"sum by ({_POOL}) (increase(db_client_connection_timeouts_total{pool}[5m]))",
            unit="count",
            legend="{{instance}} {{db_client_connection_pool_name}}",
            description="Requests that waited in vain, within 5 minutes. Each is an error for somebody.",
            minimum=0,
        ),
        catalog.Row("Operations"),
        catalog.Panel(
            "Operations by kind",
            f"sum by (job, db_operation_name) (rate(db_client_operation_duration_seconds_count{operation}[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_operation_name}}",
            description="A rise without more requests is a loop of queries (N+1).",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Operation time",
            [
                catalog.Query(_P95, "{{job}} p95 of all"),
                catalog.Query(
                    f"job_operation_collection:db_client_operation_duration_seconds:p95_5m{operation}",
                    "{{db_operation_name}} {{db_collection_name}}",
                ),
            ],
            unit="seconds",
            description="95th percentile of all operations (the line is for it), and by operation and table.",
            thresholds=slow_line,
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, db_operation_name, error_type) (rate(db_client_operation_errors_total{operation}[5m]))",
            unit="operations/s",
            legend="{{db_operation_name}} {{error_type}}",
            description="Failed operations per second by class of error.",
            minimum=0,
        ),
        catalog.Panel(
            "Slowest operations",
            catalog.Query(
                f"topk by (job) (10, job_operation_collection:db_client_operation_duration_seconds:p95_5m{operation})",
                "p95",
                unit="seconds",
            ),
            kind="table",
            description="The ten slowest by operation and table, now.",
        ),
    ]
