"""The panels of the database pack: the pool of connections first, then the operations."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_POOL = "job, instance, db_client_connection_pool_name"
_USED = "job_instance_pool:db_client_connections:used_ratio"
_RATE = "job:db_client_operations:rate5m"
_P95 = "job:db_client_operation_duration_seconds:p95_5m"
_ERRORS = "job:db_client_operation_errors:ratio_rate5m"


def panels(
    pool_warn: float, leaked: float, connections_high: float, slow: float, error_ratio_high: float
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
            [
                catalog.Query(
                    f"sum by (job, db_client_connection_pool_name) (db_client_connections{pool})",
                    "{{job}} {{db_client_connection_pool_name}} open",
                ),
                catalog.Query(
                    "sum by (job, db_client_connection_pool_name) "
                    f'(db_client_connections{{db_client_connection_state="used", {pool[1:]})',
                    "{{job}} {{db_client_connection_pool_name}} used",
                ),
            ],
            unit="count",
            description="Connections of each pool that are open, and those in use; the line is for the open ones.",
            thresholds={connections_high: "medium"},
            minimum=0,
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
        catalog.Panel(
            "Time to get a connection",
            "histogram_quantile(0.95, sum by (job, db_client_connection_pool_name, le) "
            f"(rate(db_client_connection_wait_time_seconds_bucket{pool}[5m]))) >= 0",
            unit="seconds",
            legend="{{job}} {{db_client_connection_pool_name}}",
            description="95th percentile. A free connection takes microseconds; more is waiting, or making a new one.",
            minimum=0,
        ),
        catalog.Panel(
            "Time connections are out",
            "histogram_quantile(0.95, sum by (job, db_client_connection_pool_name, le) "
            f"(rate(db_client_connection_use_time_seconds_bucket{pool}[5m]))) >= 0",
            unit="seconds",
            legend="{{job}} {{db_client_connection_pool_name}}",
            description="95th percentile. The longer each is out, the more connections the same requests need.",
            minimum=0,
        ),
        catalog.Panel(
            "New connections",
            "sum by (job, db_client_connection_pool_name) "
            f"(rate(db_client_connection_create_time_seconds_count{pool}[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_client_connection_pool_name}}",
            description="Connections made per second. Many mean that the pool is too small to keep what is needed.",
            minimum=0,
        ),
        catalog.Panel(
            "Leaked connections",
            [
                catalog.Query(
                    f"sum by ({_POOL}) (db_client_connections_overdue{pool})",
                    "{{instance}} {{db_client_connection_pool_name}} overdue",
                ),
                catalog.Query(
                    f"sum by ({_POOL}) (increase(db_client_connections_lost_total{pool}[1h]))",
                    "{{instance}} {{db_client_connection_pool_name}} lost within an hour",
                ),
            ],
            unit="count",
            description="Out for longer than five minutes, or garbage-collected without having been returned.",
            thresholds={leaked: "critical"},
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
            "Durations",
            f"sum by (le) (rate(db_client_operation_duration_seconds_bucket{operation}[5m]))",
            kind="heatmap",
            unit="seconds",
            description="How many operations took how long. A band that moves up is a table that grows without an"
            " index; a cloud far above it is what waits for locks.",
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
            height=6,
        ),
        catalog.Panel(
            "Statements by time",
            catalog.Query(
                "topk by (job) (10, sum by (job, db_query_text) (rate(db_client_statement_duration_seconds_sum[5m])))",
                "share of the time",
                unit="ratio",
            ),
            kind="table",
            description="The ten statements that take most of the time, now: slow ones and frequent ones.",
            height=6,
        ),
        catalog.Panel(
            "Transactions",
            "sum by (job, outcome) (rate(db_client_transactions_total[5m]))",
            unit="operations/s",
            legend="{{job}} {{outcome}}",
            description="Ended per second. A library that only reads often rolls back, which costs nothing.",
            minimum=0,
            width=24,
        ),
    ]
