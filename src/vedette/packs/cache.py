"""Caches, Redis and Valkey as their clients see them: hits and misses, commands, pub/sub and connection pools.

Commands and pools are told by the metrics of the database pack, as OpenTelemetry's conventions have it, with
``db_system_name`` ``redis`` or ``valkey``: https://opentelemetry.io/docs/specs/semconv/db/redis/
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
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

_SYSTEM = 'db_system_name=~"redis|valkey"'
_BY_SYSTEM = "job, db_system_name"
# These wait for something to happen, as long as they are told to: that is no latency.
_BLOCKING = "BLMOVE|BLMPOP|BLPOP|BRPOP|BRPOPLPUSH|BZMPOP|BZPOPMAX|BZPOPMIN|WAIT|WAITAOF|XREAD|XREADGROUP"
# What the libraries raise where the server was not reached, or did not let anybody in: BusyLoadingError,
# AuthenticationError and MaxConnectionsError are kinds of ConnectionError there.
_UNREACHED = "(.*[.])?(Authentication|Authorization|BusyLoading|Connection|MaxConnections|Timeout)Error"
_FULL = "(.*[.])?OutOfMemoryError"

_LOOKUPS = "job_cache:cache_lookups:rate5m"
_HITS = "job_cache:cache_hits:ratio_rate5m"
_COMMANDS = "job_system:cache_commands:rate5m"
_REFUSED = "job_system:cache_refused_commands:ratio_rate5m"
_LOST = "job_system:cache_connection_errors:increase5m"
_P95 = "job_system:cache_command_duration_seconds:p95_5m"


@catalog.parametric
def cache(
    *,
    hit_ratio_low: float = 0.5,
    hit_ratio_for: str = "15m",
    min_lookups: float = 0.2,
    connection_errors: float = 5,
    connection_errors_for: str = "1m",
    slow: float = 0.05,
    slow_for: str = "5m",
    refused_ratio_high: float = 0.05,
    refused_for: str = "5m",
    min_rate: float = 0.05,
) -> catalog.Pack:
    """Caches, Redis and Valkey as their clients see them: hits and misses, commands, pub/sub and connection pools.

    Whether the pools are large enough is told by the alerts of the database pack, for all pools of a service.

    Args:
        hit_ratio_low: share of the look-ups that a cache answers under which it is of little use.
        hit_ratio_for: how long it must hold; a cache that was emptied fills up meanwhile.
        min_lookups: look-ups per second below which the share says nothing.
        connection_errors: commands within five minutes that may fail for want of a connection; some do at every
            restart of the server.
        connection_errors_for: how long there must be more before it pages.
        slow: 95th percentile of the commands in seconds that is slow; those that wait on purpose are left out.
        slow_for: how long it must hold.
        refused_ratio_high: share of the commands that the server answers with an error which is high.
        refused_for: how long it must hold.
        min_rate: commands per second below which a share or percentile says nothing.
    """
    check_ratio(hit_ratio_low=hit_ratio_low, refused_ratio_high=refused_ratio_high)
    check_above_zero(min_lookups=min_lookups, connection_errors=connection_errors, slow=slow, min_rate=min_rate)
    system = "{{ $labels.db_system_name }}"
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
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "CacheConnectionErrors",
                f"{_LOST} > {connection_errors:g}",
                for_=connection_errors_for,
                severity="critical",
                summary=f"{{{{ $value | humanize }}}} commands of {{{{ $labels.job }}}} did not reach {system}",
                description="Within five minutes they found no connection, or got no answer in time.",
                runbook="runbooks/cache-connection-errors.md",
                panel="Connection errors",
            ),
            catalog.Alert(
                "CacheMemoryFull",
                f'sum by ({_BY_SYSTEM}) (increase(db_client_operation_errors_total{{{_SYSTEM},error_type=~"{_FULL}"}}'
                "[5m])) > 0",
                severity="high",
                summary=f"{system} of {{{{ $labels.job }}}} has no memory left: it refuses to write",
                description="{{ $value | humanize }} commands were refused for it within five minutes.",
                runbook="runbooks/cache-memory-full.md",
                panel="Refused for want of memory",
            ),
            catalog.Alert(
                "CacheCommandsRefused",
                f"{_REFUSED} > {refused_ratio_high:g} and {_COMMANDS} > {min_rate:g}",
                for_=refused_for,
                severity="high",
                summary=f"{system} answers {{{{ $value | humanizePercentage }}}} of the commands with an error",
                description="It is reached by {{ $labels.job }} and does not do what it is asked.",
                runbook="runbooks/cache-refused.md",
                panel="Refused commands",
            ),
            catalog.Alert(
                "CacheSlow",
                f"{_P95} > {slow:g} and {_COMMANDS} > {min_rate:g}",
                for_=slow_for,
                severity="high",
                summary=f"{system} is slow for {{{{ $labels.job }}}}: p95 is {{{{ $value | humanizeDuration }}}}",
                description=f"One of 20 commands takes longer than {slow:g} s, where most take a thousandth.",
                runbook="runbooks/cache-slow.md",
                panel="Latency p95",
            ),
            catalog.Alert(
                "CacheHitsLow",
                f"{_HITS} < {hit_ratio_low:g} and {_LOOKUPS} > {min_lookups:g}",
                for_=hit_ratio_for,
                severity="medium",
                summary="The cache {{ $labels.cache }} answers only {{ $value | humanizePercentage }}",
                description="Whatever it does not have {{ $labels.job }} must fetch from where it comes from.",
                runbook="runbooks/cache-hits-low.md",
                panel="Hit ratio",
            ),
        ],
        panels=panels(
            hit_ratio_low=hit_ratio_low,
            connection_errors=connection_errors,
            slow=slow,
            refused_ratio_high=refused_ratio_high,
            full=_FULL,
        ),
        dashboard=catalog.Dashboard(
            description="Does the cache answer, fast, and with what was asked for?",
            variables=[
                catalog.Variable("cache", "cache_requests_total", "cache", "Cache"),
                catalog.Variable(
                    "command", "db_client_operation_duration_seconds_count", "db_operation_name", "Command"
                ),
            ],
            tags=["cache"],
        ),
    )


def _recordings() -> list[catalog.Recording]:
    count = f"db_client_operation_duration_seconds_count{{{_SYSTEM}}}"
    bucket = f'db_client_operation_duration_seconds_bucket{{{_SYSTEM},db_operation_name!~"{_BLOCKING}"}}'
    errors = "db_client_operation_errors_total"
    refused = f'sum by ({_BY_SYSTEM}) (rate({errors}{{error_type!~"{_UNREACHED}"}}[5m]))'
    hits = 'sum by (job, cache) (rate(cache_requests_total{result="hit"}[5m]))'
    return [
        catalog.Recording(
            _LOOKUPS,
            "sum by (job, cache) (rate(cache_requests_total[5m]))",
            description="Keys looked up per second.",
        ),
        catalog.Recording(
            _HITS,
            # no hit yet is no hit, and no look-up is no share
            f"({hits} or 0 * {_LOOKUPS}) / ({_LOOKUPS} > 0)",
            description="Share of the keys looked up that were there; absent without look-ups.",
        ),
        catalog.Recording(_COMMANDS, f"sum by ({_BY_SYSTEM}) (rate({count}[5m]))", description="Commands per second."),
        catalog.Recording(
            _REFUSED,
            f"({refused} or 0 * {_COMMANDS}) / ({_COMMANDS} > 0)",
            description="Share of commands that were answered with an error; absent without commands.",
        ),
        catalog.Recording(
            _LOST,
            f'sum by ({_BY_SYSTEM}) (increase({errors}{{{_SYSTEM},error_type=~"{_UNREACHED}"}}[5m]))',
            description="Commands of five minutes that failed for want of a connection, or of an answer in time.",
        ),
        catalog.Recording(
            _P95,
            f"histogram_quantile(0.95, sum by ({_BY_SYSTEM}, le) (rate({bucket}[5m]))) >= 0",
            description="95th percentile of the commands in seconds; absent without commands.",
        ),
    ]
