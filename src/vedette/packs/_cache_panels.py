"""The panels of the cache pack: from whether caches hit down to which command is slow and which pool is short."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_SYSTEM = 'db_system_name=~"redis|valkey"'
# These wait for something to happen, as long as they are told to: that is no latency.
_BLOCKING = "BLMOVE|BLMPOP|BLPOP|BRPOP|BRPOPLPUSH|BZMPOP|BZPOPMAX|BZPOPMIN|WAIT|WAITAOF|XREAD|XREADGROUP"
_TIMED = f'{{{_SYSTEM},db_operation_name!~"{_BLOCKING}"}}'
_POOL = "job, db_client_connection_pool_name"


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    lookups = 'sum by (job, cache) (rate(cache_requests_total{cache=~"$cache"}[5m]))'
    return [
        catalog.Panel(
            "Hit ratio",
            f'sum by (job, cache) (rate(cache_requests_total{{cache=~"$cache",result="hit"}}[5m])) / ({lookups} > 0)',
            unit="ratio",
            legend="{{job}} {{cache}}",
            description="Share of the keys looked up that were there. One that falls sends its load to the database.",
            overview=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Lookups",
            'sum by (job, cache, result) (rate(cache_requests_total{cache=~"$cache"}[5m]))',
            unit="operations/s",
            legend="{{job}} {{cache}} {{result}}",
            description="Keys looked up per second, by whether they were there.",
            minimum=0,
        ),
        catalog.Row("Commands"),
        catalog.Panel(
            "Commands by name",
            "sum by (job, db_system_name, db_operation_name)"
            f" (rate(db_client_operation_duration_seconds_count{{{_SYSTEM}}}[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_operation_name}}",
            description="Commands per second; a pipeline is one, PIPELINE or MULTI.",
            minimum=0,
        ),
        catalog.Panel(
            "Latency p95 by command",
            "histogram_quantile(0.95, sum by (job, db_operation_name, le)"
            f" (rate(db_client_operation_duration_seconds_bucket{_TIMED}[5m])))",
            unit="seconds",
            legend="{{job}} {{db_operation_name}}",
            description="95 % are faster, waiting for a connection included. Commands that block are left out.",
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, db_operation_name, error_type) (rate(db_client_operation_errors_total{{{_SYSTEM}}}[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_operation_name}} {{error_type}}",
            description="Failed commands per second. A ConnectionError of every command: the server is gone.",
            overview=True,
            minimum=0,
        ),
        catalog.Panel(
            "Commands in pipelines",
            "sum by (job, db_system_name, db_operation_name) (rate(cache_pipelined_commands_total[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_operation_name}}",
            description="Commands per second that were sent within a pipeline.",
            minimum=0,
        ),
        catalog.Panel(
            "Messages of subscribers",
            "sum by (job, db_system_name) (rate(cache_pubsub_messages_total[5m]))",
            unit="messages/s",
            legend="{{job}} {{db_system_name}}",
            description="Messages per second that subscribers have received.",
            minimum=0,
        ),
        catalog.Row("Connections"),
        catalog.Panel(
            "Connections in use",
            [
                catalog.Query(
                    f"sum by ({_POOL}, db_client_connection_state) (db_client_connections)",
                    "{{job}} {{db_client_connection_pool_name}} {{db_client_connection_state}}",
                ),
                catalog.Query(
                    f"sum by ({_POOL}) (db_client_connections_max) < +Inf",
                    "{{job}} {{db_client_connection_pool_name}} may have",
                ),
            ],
            unit="count",
            description="Connections of the pools by state, and how many they may open.",
            minimum=0,
        ),
        catalog.Panel(
            "Waiting for a connection",
            [
                catalog.Query(
                    f"sum by ({_POOL}) (db_client_connections_pending_requests)",
                    "{{job}} {{db_client_connection_pool_name}} waiting",
                ),
                catalog.Query(
                    f"sum by ({_POOL}) (increase(db_client_connection_timeouts_total[5m]))",
                    "{{job}} {{db_client_connection_pool_name}} in vain in 5 m",
                ),
            ],
            unit="count",
            description="Who waits for a connection now, and who has got none.",
            minimum=0,
        ),
    ]
