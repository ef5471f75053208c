"""A Redis or Valkey server, by the names of redis_exporter: memory, clients, commands, persistence, replication.

The service is the exporter, one beside each server: ``Service("sessions", ["cache1:9121"], packs=[redis])``. What
clients see of a cache is the pack `cache`. Names are those of version 1.45, as in Debian 12, which those of 1.86 still
are: docs/how-to/watch-postgresql-and-redis.md.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics.metric import Metric
from vedette.packs._redis_alerts import alerts
from vedette.packs._redis_panels import panels
from vedette.packs._redis_recordings import recordings

__all__ = ["METRICS", "redis"]

_EXPORTER = "redis_exporter"
_COMMAND = ["cmd"]
_PRIMARY = ["master_host", "master_port"]
_INFO = ["role", "redis_version", "redis_mode", "redis_build_id", "os", "maxmemory_policy"]
_PROCESS = ["tcp_port", "process_id", "run_id"]
_REPLICA = ["slave_ip", "slave_port", "slave_state"]


def _gauge(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("gauge", name, exporter=_EXPORTER, help=text, labels=labels, unit=unit)


def _counter(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("counter", name, exporter=_EXPORTER, help=text, labels=labels, unit=unit)


METRICS: tuple[Metric, ...] = (
    _gauge("redis_up", "1 if Redis answered the exporter, 0 if not."),
    _gauge("redis_uptime_in_seconds", "Time since the server was started.", unit="seconds"),
    _gauge(
        "redis_instance_info",
        "1, with what the server is.",
        [*_INFO, *_PROCESS],
    ),
    _gauge("redis_memory_used_bytes", "Memory that the data and the server's own work take."),
    _gauge("redis_memory_max_bytes", "Memory that they may take; 0: no limit."),
    _gauge("redis_memory_used_rss_bytes", "Memory that the process takes from the system."),
    _gauge("redis_memory_used_peak_bytes", "The most that was ever used."),
    _gauge("redis_mem_fragmentation_ratio", "What the system gave, as a multiple of what is used."),
    _counter("redis_evicted_keys_total", "Keys that were thrown out to make room."),
    _counter("redis_expired_keys_total", "Keys whose time was over."),
    _gauge("redis_connected_clients", "Connections of clients."),
    _gauge("redis_blocked_clients", "Clients that wait for something to be put into a list or the like."),
    _gauge("redis_config_maxclients", "Connections that the server allows."),
    _counter("redis_connections_received_total", "Connections that were made."),
    _counter("redis_rejected_connections_total", "Connections that were refused because there were too many."),
    _counter("redis_commands_processed_total", "Commands that were run."),
    _counter("redis_commands_total", "Commands that were run, by name.", _COMMAND),
    _counter("redis_commands_duration_seconds_total", "Time that they took, all together.", _COMMAND),
    _counter("redis_commands_failed_calls_total", "Commands that failed while they ran.", _COMMAND),
    _counter("redis_commands_rejected_calls_total", "Commands that were refused before they ran.", _COMMAND),
    _counter("redis_errors_total", "Answers that were errors, by their first word.", ["err"]),
    _gauge("redis_slowlog_last_id", "Commands that were slower than the limit of the slow log, since the start."),
    _counter("redis_cpu_user_main_thread_seconds_total", "Processor time of the thread that runs the commands."),
    _counter("redis_cpu_sys_main_thread_seconds_total", "The same, within the kernel."),
    _counter("redis_keyspace_hits_total", "Keys that were looked up and there."),
    _counter("redis_keyspace_misses_total", "Keys that were looked up and not there."),
    _counter("redis_net_input_bytes_total", "Bytes that came in."),
    _counter("redis_net_output_bytes_total", "Bytes that went out."),
    _gauge("redis_db_keys", "Keys of a database.", ["db"]),
    _gauge("redis_db_keys_expiring", "Those that have an end.", ["db"]),
    _gauge("redis_rdb_last_bgsave_status", "1 if the last save of all data went well, 0 if not."),
    _gauge("redis_rdb_last_save_timestamp_seconds", "When it last did, in seconds since the epoch."),
    _gauge("redis_rdb_changes_since_last_save", "Changes that would be lost without an append-only file."),
    _gauge("redis_aof_enabled", "1 if every change is written to a file."),
    _gauge("redis_aof_last_write_status", "1 if the last write to it went well, 0 if not."),
    _gauge("redis_aof_last_bgrewrite_status", "1 if it could be shortened the last time, 0 if not."),
    _gauge("redis_latest_fork_seconds", "Time that the server stood still to begin its last save."),
    _gauge("redis_master_link_up", "1 for a replica that is connected to its primary, 0 if it is not.", _PRIMARY),
    _gauge("redis_connected_slaves", "Replicas that are connected."),
    _gauge("redis_connected_slave_lag_seconds", "Time since a replica last said how far it is.", _REPLICA),
)
"""What redis_exporter exposes of it that the pack uses."""


@catalog.parametric
def redis(
    *,
    down_for: str = "1m",
    memory_high: float = 0.9,
    memory_for: str = "5m",
    evicted_high: float = 10,
    evicted_for: str = "10m",
    clients_high: float = 0.8,
    clients_for: str = "5m",
    hit_ratio_low: float = 0.5,
    hit_ratio_for: str = "15m",
    min_lookups: float = 10,
    busy_high: float = 0.8,
    lag_seconds: float = 10,
) -> catalog.Pack:
    """A Redis or Valkey server: memory, clients, commands, persistence, replication; by redis_exporter.

    Args:
        down_for: how long Redis may be silent before it pages.
        memory_high: share of maxmemory that is too much, unless any key may be thrown out (``allkeys-…``).
        memory_for: how long it must hold.
        evicted_high: keys thrown out in a second that are many.
        evicted_for: how long it must hold.
        clients_high: share of maxclients that is high.
        clients_for: how long it must hold.
        hit_ratio_low: share of the keys looked up that are there which is low.
        hit_ratio_for: how long it must hold.
        min_lookups: look-ups per second below which that share says nothing.
        busy_high: share of the time in which the main thread works that is too much.
        lag_seconds: how long a replica may say nothing.
    """
    check_ratio(memory_high=memory_high, clients_high=clients_high, hit_ratio_low=hit_ratio_low, busy_high=busy_high)
    check_above_zero(evicted_high=evicted_high, min_lookups=min_lookups, lag_seconds=lag_seconds)
    limits = {
        "memory": memory_high,
        "evicted": evicted_high,
        "clients": clients_high,
        "hits": hit_ratio_low,
        "lookups": min_lookups,
        "busy": busy_high,
        "lag": lag_seconds,
    }
    holds = {
        "down": down_for,
        "memory": memory_for,
        "evicted": evicted_for,
        "clients": clients_for,
        "hits": hit_ratio_for,
    }
    return catalog.Pack(
        "redis",
        title="Redis",
        metrics=METRICS,
        recordings=recordings(),
        alerts=alerts(limits, holds),
        panels=panels(limits),
        dashboard=catalog.Dashboard(
            description="Does Redis answer, has it room, and does it keep what it was given?",
            range="6h",
            tags=["redis"],
        ),
    )
