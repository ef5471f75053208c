"""The panels of the cache pack: from whether caches hit down to which command is slow and which pool is short."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_SYSTEM = 'db_system_name=~"redis|valkey"'
# These wait for something to happen, as long as they are told to: that is no latency.
_BLOCKING = "BLMOVE|BLMPOP|BLPOP|BRPOP|BRPOPLPUSH|BZMPOP|BZPOPMAX|BZPOPMIN|WAIT|WAITAOF|XREAD|XREADGROUP"
_COMMAND = f'{{{_SYSTEM},db_operation_name=~"$command"}}'
_TIMED = f'{{{_SYSTEM},db_operation_name=~"$command",db_operation_name!~"{_BLOCKING}"}}'
_POOL = "job, db_client_connection_pool_name"
_OF_CACHE = '{cache=~"$cache"}'
_HITS = "job_cache:cache_hits:ratio_rate5m"
_COMMANDS = "job_system:cache_commands:rate5m"
_REFUSED = "job_system:cache_refused_commands:ratio_rate5m"
_LOST = "job_system:cache_connection_errors:increase5m"
_P95 = "job_system:cache_command_duration_seconds:p95_5m"
_ERRORS = "db_client_operation_errors_total"


def panels(
    *, hit_ratio_low: float, connection_errors: float, slow: float, refused_ratio_high: float, full: str
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    few: dict[float, catalog.Severity] = {hit_ratio_low: "medium"}
    lost: dict[float, catalog.Severity] = {connection_errors: "critical"}
    late: dict[float, catalog.Severity] = {slow: "high"}
    return [
        catalog.Panel(
            "Hits now",
            f"min by (job) ({_HITS})",
            kind="gauge",
            unit="ratio",
            legend="{{job}}",
            description="Share of the look-ups that were answered, of the cache that answers least. Green is right.",
            thresholds=few,
            below=True,
            overview=True,
            minimum=0,
            maximum=1,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Commands",
            f"sum by (job) ({_COMMANDS})",
            kind="stat",
            unit="operations/s",
            legend="{{job}}",
            description="Commands per second, those that failed too; a pipeline is one. It goes with the traffic.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Command p95",
            _P95,
            kind="stat",
            unit="seconds",
            legend="{{job}} {{db_system_name}}",
            description="95 % of the commands are faster. A millisecond or two is right, ten are not.",
            thresholds=late,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Failed connections",
            _LOST,
            kind="stat",
            unit="count",
            legend="{{job}} {{db_system_name}}",
            description="Commands of five minutes that did not reach the server. Zero, but for its restarts.",
            thresholds=lost,
            width=6,
            height=4,
        ),
        catalog.Row("Hits and misses"),
        catalog.Panel(
            "Hit ratio",
            f"{_HITS}{_OF_CACHE}",
            unit="ratio",
            legend="{{job}} {{cache}}",
            description="Share of the keys looked up that were there. One that falls sends its load to the database.",
            thresholds=few,
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Lookups",
            f"sum by (job, cache, result) (rate(cache_requests_total{_OF_CACHE}[5m]))",
            unit="operations/s",
            legend="{{job}} {{cache}} {{result}}",
            description="Keys looked up per second. More misses with as many hits: new keys, or a shorter life of old.",
            minimum=0,
            stack=True,
        ),
        catalog.Row("Commands"),
        catalog.Panel(
            "Latency p95",
            [
                catalog.Query(_P95, "{{job}} {{db_system_name}} of all"),
                catalog.Query(
                    "histogram_quantile(0.95, sum by (job, db_operation_name, le)"
                    f" (rate(db_client_operation_duration_seconds_bucket{_TIMED}[5m]))) >= 0",
                    "{{job}} {{db_operation_name}}",
                ),
            ],
            unit="seconds",
            description="Of all commands (the line is for it) and by command, waiting for a connection included. One"
            " alone that is slow works on too much at once; all together are the server or the way to it.",
            thresholds=late,
            minimum=0,
        ),
        catalog.Panel(
            "Commands by name",
            "sum by (job, db_system_name, db_operation_name)"
            f" (rate(db_client_operation_duration_seconds_count{_COMMAND}[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_operation_name}}",
            description="Commands per second; a pipeline is one, PIPELINE or MULTI. A leap of one is a loop.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Refused commands",
            _REFUSED,
            unit="ratio",
            legend="{{job}} {{db_system_name}}",
            description="Share of the commands that the server answered with an error. Zero where all is well.",
            thresholds={refused_ratio_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, db_operation_name, error_type) (rate({_ERRORS}{_COMMAND}[5m]))",
            unit="operations/s",
            legend="{{job}} {{db_operation_name}} {{error_type}}",
            description="Failed commands per second. A ConnectionError of every command: the server is gone.",
            minimum=0,
        ),
        catalog.Panel(
            "Refused for want of memory",
            f'sum by (job, db_system_name) (increase({_ERRORS}{{{_SYSTEM},error_type=~"{full}"}}[5m]))',
            unit="count",
            legend="{{job}} {{db_system_name}}",
            description="Commands of five minutes. Any at all: the server is at its limit and evicts nothing.",
            thresholds={0: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Commands in pipelines",
            "sum by (job, db_system_name, db_operation_name) (rate(cache_pipelined_commands_total"
            '{db_operation_name=~"$command"}[5m]))',
            unit="operations/s",
            legend="{{job}} {{db_operation_name}}",
            description="Commands per second that were sent within a pipeline; they come on top of the others.",
            minimum=0,
            stack=True,
        ),
        catalog.Row("Connections"),
        catalog.Panel(
            "Connection errors",
            _LOST,
            unit="count",
            legend="{{job}} {{db_system_name}}",
            description="Commands of five minutes that got no connection or no answer. A short peak is a restart, a"
            " plateau means that the server is gone, full of clients, or lets nobody in.",
            thresholds=lost,
            minimum=0,
        ),
        catalog.Panel(
            "Connections in use",
            [
                catalog.Query(
                    f'sum by ({_POOL}) (db_client_connections{{db_client_connection_state="used"}})',
                    "{{job}} {{db_client_connection_pool_name}}",
                ),
                catalog.Query(
                    f"sum by ({_POOL}) (db_client_connections_max) < +Inf",
                    "{{job}} {{db_client_connection_pool_name}} may have",
                ),
            ],
            unit="count",
            description="Connections that are out of each pool, and how many it may open. One that only rises leaks.",
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
            description="Who waits for a connection now, and who has got none. Zero where the pool is large enough.",
            minimum=0,
        ),
        catalog.Panel(
            "Messages of subscribers",
            "sum by (job, db_system_name) (rate(cache_pubsub_messages_total[5m]))",
            unit="messages/s",
            legend="{{job}} {{db_system_name}}",
            description="Messages per second that subscribers have received. None, with publishers at work: they are"
            " not subscribed any more.",
            minimum=0,
        ),
    ]
