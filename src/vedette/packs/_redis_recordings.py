"""What the redis pack records: the shares and rates that its alerts and panels read."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["SERVER", "recordings"]

SERVER = "job, instance"
"""An exporter that watches one server is an instance."""

_LOOKUPS = "job_instance:redis_keyspace_lookups:rate5m"


def recordings() -> list[catalog.Recording]:
    return [
        catalog.Recording(
            "job_instance:redis_memory:used_ratio",
            f"max by ({SERVER}) (redis_memory_used_bytes / (redis_memory_max_bytes > 0))",
            description="Share of maxmemory that is used; absent where there is no such limit.",
        ),
        catalog.Recording(
            "job_instance:redis_evicted_keys:rate5m",
            f"sum by ({SERVER}) (rate(redis_evicted_keys_total[5m]))",
            description="Keys that are thrown out in a second to make room.",
        ),
        catalog.Recording(
            "job_instance:redis_clients:used_ratio",
            f"max by ({SERVER}) (redis_connected_clients / (redis_config_maxclients > 0))",
            description="Share of the connections that the server allows.",
        ),
        catalog.Recording(
            "job_instance:redis_commands_processed:rate5m",
            f"sum by ({SERVER}) (rate(redis_commands_processed_total[5m]))",
            description="Commands in a second.",
        ),
        catalog.Recording(
            _LOOKUPS,
            f"sum by ({SERVER}) (rate(redis_keyspace_hits_total[5m]) + rate(redis_keyspace_misses_total[5m]))",
            description="Keys that are looked up in a second.",
        ),
        catalog.Recording(
            "job_instance:redis_keyspace_hits:ratio_rate5m",
            f"sum by ({SERVER}) (rate(redis_keyspace_hits_total[5m])) / ({_LOOKUPS} > 0)",
            description="Share of the keys looked up that were there; absent where none is.",
        ),
        catalog.Recording(
            "job_instance:redis_main_thread:busy_ratio",
            f"sum by ({SERVER}) (rate(redis_cpu_user_main_thread_seconds_total[5m]) "
            "+ rate(redis_cpu_sys_main_thread_seconds_total[5m]))",
            description="Share of a processor that the one thread uses which runs all commands.",
        ),
    ]
