"""More panels of the redis pack: keys, what is kept on disk, replicas, the server and its exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._redis_recordings import SERVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["kept"]

_HERE = "{{job}} {{instance}}"


def kept(limits: Mapping[str, float]) -> Items:
    return [*_keys(), *_disk(), *_replication(limits), *_server()]


def _keys() -> Items:
    return [
        catalog.Row("What is in it"),
        catalog.Panel(
            "Keys",
            "sum by (job, instance, db) (redis_db_keys) > 0",
            unit="count",
            legend="{{instance}} {{db}}",
            description="A cache finds its level. One that only climbs is filled by keys without an end.",
            minimum=0,
        ),
        catalog.Panel(
            "Keys without an end",
            "sum by (job, instance, db) (redis_db_keys - redis_db_keys_expiring) "
            "/ (sum by (job, instance, db) (redis_db_keys) > 0)",
            unit="ratio",
            legend="{{instance}} {{db}}",
            description="They stay until somebody deletes them. Near zero in a cache; as it is meant in a store.",
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Expired keys",
            f"sum by ({SERVER}) (rate(redis_expired_keys_total[5m]))",
            unit="events/s",
            legend=_HERE,
            description="Their time was over, as it was meant. A wall: many were written with the same end.",
            minimum=0,
        ),
        catalog.Panel(
            "Slow commands",
            f"sum by ({SERVER}) (delta(redis_slowlog_last_id[1h]))",
            unit="count",
            legend=_HERE,
            description="Within an hour, slower than slowlog-log-slower-than. Few is well; SLOWLOG GET names them.",
            minimum=0,
        ),
    ]


def _disk() -> Items:
    return [
        catalog.Row("What is kept on disk"),
        catalog.Panel(
            "Last save",
            f"max by ({SERVER}) (redis_rdb_last_bgsave_status)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes where the last save of everything went well, or none was ever asked for.",
            thresholds={1: "critical"},
            below=True,
            width=8,
            height=5,
        ),
        catalog.Panel(
            "Append-only file",
            f"max by ({SERVER}) (redis_aof_last_write_status)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes where the last write to it went well, or there is none. No: Redis takes no writes.",
            thresholds={1: "critical"},
            below=True,
            width=8,
            height=5,
        ),
        catalog.Panel(
            "Append-only file rewritten",
            f"max by ({SERVER}) (redis_aof_last_bgrewrite_status)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes where it could be shortened the last time. No: it grows until the disk is full.",
            thresholds={1: "medium"},
            below=True,
            width=8,
            height=5,
        ),
        catalog.Panel(
            "Since the last save",
            f"time() - max by ({SERVER}) (redis_rdb_last_save_timestamp_seconds)",
            unit="seconds",
            legend=_HERE,
            description="A saw tooth as the rules for saving have it. Without such rules it climbs since the start.",
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Changes not saved",
            f"max by ({SERVER}) (redis_rdb_changes_since_last_save)",
            unit="count",
            legend=_HERE,
            description="They would be lost with the process, if there is no append-only file and no replica.",
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Standing still to save",
            f"max by ({SERVER}) (redis_latest_fork_seconds)",
            unit="seconds",
            legend=_HERE,
            description="Of the last save: the time to copy its page table. About 10 ms for each GiB; seconds where "
            "huge pages are on, or memory is short.",
            minimum=0,
            width=8,
        ),
    ]


def _replication(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Who follows"),
        catalog.Panel(
            "Link to the primary",
            f"max by ({SERVER}) (redis_master_link_up)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes for a replica that is connected. No for minutes: network, password, or a primary that is "
            "gone. Empty where there is no replica.",
            thresholds={1: "high"},
            below=True,
            width=8,
        ),
        catalog.Panel(
            "Replicas behind",
            f"max by ({SERVER}, slave_ip, slave_port) (redis_connected_slave_lag_seconds)",
            unit="seconds",
            legend="{{instance}} {{slave_ip}}:{{slave_port}}",
            description="Since a replica last said how far it is, as its primary sees it. 0 or 1 is well.",
            thresholds={limits["lag"]: "medium"},
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Replicas",
            f"max by ({SERVER}) (redis_connected_slaves)",
            unit="count",
            legend=_HERE,
            description="Connected to each server. A step downward is one that was lost.",
            minimum=0,
            width=8,
        ),
    ]


def _server() -> Items:
    of_info = "max by (job, instance, role, redis_version, maxmemory_policy) (redis_instance_info"
    beside = f"{of_info} * on ({SERVER}) group_left ()"
    return [
        catalog.Row("The server and its exporter"),
        catalog.Panel(
            "Since its start",
            f"max by ({SERVER}) (redis_uptime_in_seconds)",
            kind="stat",
            unit="seconds",
            legend=_HERE,
            description="A few minutes that nobody planned: it crashed, or the kernel killed it for its memory.",
            height=5,
        ),
        catalog.Panel(
            "Exporter answers",
            f"max by ({SERVER}) (up)",
            kind="stat",
            unit="boolean",
            legend=_HERE,
            description="Yes where the exporter itself can be asked. No: all else here is old or missing.",
            thresholds={1: "high"},
            below=True,
            height=5,
        ),
        catalog.Panel(
            "Servers",
            [
                catalog.Query(f"{of_info})", "answers", unit="boolean"),
                catalog.Query(f"{beside} redis_memory_max_bytes)", "may use", unit="bytes"),
                catalog.Query(f"{beside} redis_config_maxclients)", "clients allowed", unit="count"),
                catalog.Query(f"{beside} redis_aof_enabled)", "append-only", unit="boolean"),
            ],
            kind="table",
            description="What runs where. A cache throws out any key (allkeys-…); anything else says noeviction. "
            "0 bytes: no limit.",
            width=24,
            height=6,
        ),
    ]
