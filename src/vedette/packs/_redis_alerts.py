"""The alerts of the redis pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made
from vedette.packs._redis_recordings import SERVER

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["alerts"]

_HERE = "{{ $labels.instance }} of {{ $labels.job }}"
_SHARE = "{{ $value | humanizePercentage }}"


def alerts(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        *_there(holds),
        *_memory(limits, holds),
        *_clients(limits, holds),
        *_work(limits, holds),
        *_kept(),
        *_replication(limits),
    ]


def _there(holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "RedisDown",
            f"max by ({SERVER}) (redis_up) == 0",
            for_=holds["down"],
            severity="critical",
            summary=f"Redis behind {_HERE} does not answer its exporter",
            description="Whatever needs it fails, or is slow without its cache. The exporter itself runs.",
            runbook="runbooks/redis-down.md",
            panel="Answers",
        ),
        catalog.Alert(
            "RedisUnwatched",
            f"max by ({SERVER}) (up) == 0",
            for_="5m",
            severity="high",
            summary=f"The exporter {_HERE} does not answer",
            description="Nobody knows how its Redis is: no other alert about it can fire.",
            runbook="runbooks/redis-unwatched.md",
            panel="Exporter answers",
        ),
    ]


def _memory(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "RedisMemoryHigh",
            # a cache that may throw out any key is full on its best days
            f"job_instance:redis_memory:used_ratio > {limits['memory']:g} "
            f'unless on ({SERVER}) redis_instance_info{{maxmemory_policy=~"allkeys-.*"}}',
            for_=holds["memory"],
            severity="high",
            summary=f"{_SHARE} of the memory that {_HERE} may use are used",
            description="At the limit it refuses to write, or throws out what was meant to stay until it expires.",
            runbook="runbooks/redis-memory.md",
            panel="Memory in use",
        ),
        catalog.Alert(
            "RedisEvicting",
            f"job_instance:redis_evicted_keys:rate5m > {limits['evicted']:g}",
            for_=holds["evicted"],
            severity="medium",
            summary=f"{_HERE} throws out {{{{ $value | humanize }}}} keys in a second",
            description="More is put in than there is room for; what was thrown out has to be made or read again.",
            runbook="runbooks/redis-evictions.md",
            panel="Evicted keys",
        ),
    ]


def _clients(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "RedisConnectionsRejected",
            f"sum by ({SERVER}) (increase(redis_rejected_connections_total[5m])) > 0",
            severity="critical",
            summary=f"{_HERE} refuses connections",
            description="{{ $value | humanize }} clients were turned away within 5 minutes: maxclients is reached.",
            runbook="runbooks/redis-clients.md",
            panel="Refused connections",
        ),
        catalog.Alert(
            "RedisClientsHigh",
            f"job_instance:redis_clients:used_ratio > {limits['clients']:g}",
            for_=holds["clients"],
            severity="high",
            summary=f"{_SHARE} of the connections that {_HERE} allows are taken",
            description="When all are, the next client is refused.",
            runbook="runbooks/redis-clients.md",
            panel="Clients in use",
        ),
    ]


def _work(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "RedisHitRatioLow",
            f"job_instance:redis_keyspace_hits:ratio_rate5m < {limits['hits']:g} and "
            f"job_instance:redis_keyspace_lookups:rate5m > {limits['lookups']:g}",
            for_=holds["hits"],
            severity="medium",
            summary=f"Only {_SHARE} of the keys looked up in {_HERE} are there",
            description="Each of the others costs a look-up here and the work behind it as well.",
            runbook="runbooks/redis-hits.md",
            panel="Found",
        ),
        catalog.Alert(
            "RedisBusy",
            f"job_instance:redis_main_thread:busy_ratio > {limits['busy']:g}",
            for_="10m",
            severity="high",
            summary=f"{_HERE} is busy {_SHARE} of the time",
            description="One thread runs all commands, one after another: every client waits for all the others.",
            runbook="runbooks/redis-busy.md",
            panel="Main thread",
        ),
    ]


def _kept() -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "RedisSaveFailing",
            f"max by ({SERVER}) (redis_rdb_last_bgsave_status) == 0",
            for_="1m",
            severity="critical",
            summary=f"{_HERE} could not save its data",
            description="Unless it is told otherwise it refuses all writes until a save goes well.",
            runbook="runbooks/redis-persistence.md",
            panel="Last save",
        ),
        catalog.Alert(
            "RedisAofWriteFailing",
            f"max by ({SERVER}) (redis_aof_last_write_status) == 0",
            for_="1m",
            severity="critical",
            summary=f"{_HERE} cannot write its append-only file",
            description="It refuses all writes meanwhile; what it has taken lately may be lost with the process.",
            runbook="runbooks/redis-persistence.md",
            panel="Append-only file",
        ),
        catalog.Alert(
            "RedisAofRewriteFailing",
            f"max by ({SERVER}) (redis_aof_last_bgrewrite_status) == 0",
            for_="5m",
            severity="medium",
            summary=f"{_HERE} could not shorten its append-only file",
            description="The file grows with every write, and a restart takes longer with every hour.",
            runbook="runbooks/redis-persistence.md",
            panel="Append-only file rewritten",
        ),
    ]


def _replication(limits: Mapping[str, float]) -> list[catalog.Alert]:
    return [
        catalog.Alert(
            "RedisReplicaLinkDown",
            f"max by ({SERVER}) (redis_master_link_up) == 0",
            for_="2m",
            severity="high",
            summary=f"The replica {_HERE} has lost its primary",
            description="It answers with what it had. A failover to it would lose all that came since.",
            runbook="runbooks/redis-replication.md",
            panel="Link to the primary",
        ),
        catalog.Alert(
            "RedisReplicaBehind",
            f"max by ({SERVER}, slave_ip, slave_port) (redis_connected_slave_lag_seconds) > {limits['lag']:g}",
            for_="2m",
            severity="medium",
            summary="A replica of {{ $labels.instance }} of {{ $labels.job }} has been silent for "
            "{{ $value | humanizeDuration }}",
            description="{{ $labels.slave_ip }}:{{ $labels.slave_port }} is connected, and tells of nothing that it "
            "has taken. Usual is every second.",
            runbook="runbooks/redis-replication.md",
            panel="Replicas behind",
        ),
    ]
