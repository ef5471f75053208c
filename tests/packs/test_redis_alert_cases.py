"""When each alert of the redis pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import A, B, stack_of

from vedette.packs import redis
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(redis(evicted_for="5m", hit_ratio_for="5m"))

ON_A, ON_B = 'instance="a:1"', 'instance="b:1"'
REPLICA = 'slave_ip="10.0.0.2",slave_port="6379",slave_state="online"'
OTHER = 'slave_ip="10.0.0.3",slave_port="6379",slave_state="online"'
PRIMARY = 'master_host="db1",master_port="6379"'
INFO = (
    'role="master",redis_version="7.0.15",redis_mode="standalone",redis_build_id="1",os="Linux",'
    'tcp_port="6379",process_id="1",run_id="c0ffee"'
)


def server(name: str, values: str, of: str = ON_A, labels: str = "") -> dict[str, str]:
    """A metric of the server or of its exporter."""
    return {f"{name}{{{','.join(filter(None, (of, labels)))}}}": values}


def memory(used: str, most: str = "1000x120", of: str = ON_A, policy: str = "noeviction") -> dict[str, str]:
    """What is used of what is allowed, and what happens at the limit."""
    return {
        **server("redis_memory_used_bytes", used, of),
        **server("redis_memory_max_bytes", most, of),
        **server("redis_instance_info", "1x120", of, f'{INFO},maxmemory_policy="{policy}"'),
    }


def clients(connected: str, most: str = "1000x120", of: str = ON_A) -> dict[str, str]:
    """Clients that are connected, of those that may be."""
    return {**server("redis_connected_clients", connected, of), **server("redis_config_maxclients", most, of)}


def lookups(hits: str, misses: str, of: str = ON_A) -> dict[str, str]:
    """Keys that were there, and that were not."""
    return {**server("redis_keyspace_hits_total", hits, of), **server("redis_keyspace_misses_total", misses, of)}


def thread(user: str, kernel: str, of: str = ON_A) -> dict[str, str]:
    """Processor time of the main thread; 15 in 15 s is all of it."""
    return {
        **server("redis_cpu_user_main_thread_seconds_total", user, of),
        **server("redis_cpu_sys_main_thread_seconds_total", kernel, of),
    }


CASES = [
    alert_case(
        "RedisDown",
        "it stops and is started again",
        server("redis_up", "1x8 0x40 1x40"),
        at("3m", "pending"),
        at("3m15s", "fires", {**A, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("RedisDown", "it is up", server("redis_up", "1x60"), at("14m", "silent")),
    alert_case(
        "RedisDown",
        "the other server",
        {**server("redis_up", "1x60"), **server("redis_up", "0x60", ON_B)},
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "RedisUnwatched",
        "the exporter is gone and comes back",
        server("up", "1x8 0x40 1x40"),
        at("7m", "pending"),
        at("7m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("RedisUnwatched", "it answers", server("up", "1x60"), at("14m", "silent")),
    alert_case(
        "RedisUnwatched",
        "the exporter of the other server",
        {**server("up", "1x60"), **server("up", "0x60", ON_B)},
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "RedisMemoryHigh",
        "95 %, then half",
        memory("950x40 500x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("RedisMemoryHigh", "exactly nine tenths", memory("900x120"), at("20m", "silent")),
    alert_case(
        "RedisMemoryHigh",
        "a cache that may throw out any key",
        memory("999x120", policy="allkeys-lru"),
        at("20m", "silent"),
    ),
    alert_case("RedisMemoryHigh", "there is no limit", memory("999x120", most="0x120"), at("20m", "silent")),
    alert_case(
        "RedisMemoryHigh",
        "the other server, whose keys with an end go first",
        {
            **memory("999x120", policy="allkeys-lfu"),
            **memory("950x120", of=ON_B, policy="volatile-lru"),
        },
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "RedisEvicting",
        "twenty in a second, then none",
        server("redis_evicted_keys_total", "0+300x80 24000x40"),
        at("7m", "pending"),
        at("8m", "fires", {**A, "severity": "medium"}, count=1),
        at("26m", "resolved"),
    ),
    alert_case("RedisEvicting", "exactly ten", server("redis_evicted_keys_total", "0+150x120"), at("25m", "silent")),
    alert_case(
        "RedisEvicting",
        "the other server",
        {
            **server("redis_evicted_keys_total", "0x120"),
            **server("redis_evicted_keys_total", "0+180x120", ON_B),
        },
        at("25m", "fires", B, count=1),
    ),
    alert_case(
        "RedisConnectionsRejected",
        "two are refused",
        server("redis_rejected_connections_total", "0x20 2x60"),
        at("5m", "silent"),
        at("5m30s", "fires", {**A, "severity": "critical"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case(
        "RedisConnectionsRejected",
        "some were, long ago",
        server("redis_rejected_connections_total", "7x80"),
        at("19m", "silent"),
    ),
    alert_case(
        "RedisConnectionsRejected",
        "by the other server",
        {
            **server("redis_rejected_connections_total", "0x80"),
            **server("redis_rejected_connections_total", "0x20 1x60", ON_B),
        },
        at("6m", "fires", B, count=1),
    ),
    alert_case(
        "RedisClientsHigh",
        "nine tenths, then half",
        clients("900x40 500x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}, count=1),
        at("10m15s", "resolved"),
    ),
    alert_case("RedisClientsHigh", "exactly four fifths", clients("800x120"), at("20m", "silent")),
    alert_case(
        "RedisClientsHigh",
        "the other server; here more are allowed",
        {**clients("900x120", most="10000x120"), **clients("900x120", of=ON_B)},
        at("20m", "fires", B, count=1),
    ),
    alert_case(
        "RedisHitRatioLow",
        "a quarter, then nearly all",
        lookups("0+100x60 6000+2000x60", "0+300x60 18000x60"),
        at("6m", "pending"),
        at("8m", "fires", {**A, "severity": "medium"}, count=1),
        at("22m", "resolved"),
    ),
    alert_case("RedisHitRatioLow", "exactly half", lookups("0+200x120", "0+200x120"), at("25m", "silent")),
    alert_case("RedisHitRatioLow", "ten in a second", lookups("0+50x120", "0+100x120"), at("25m", "silent")),
    alert_case("RedisHitRatioLow", "none at all", lookups("0x120", "0x120"), at("25m", "silent")),
    alert_case(
        "RedisHitRatioLow",
        "the other server",
        {**lookups("0+300x120", "0+200x120"), **lookups("0+100x120", "0+120x120", ON_B)},
        at("25m", "fires", B, count=1),
    ),
    alert_case(
        "RedisBusy",
        "nearly all of the time, then idle",
        thread("0+10x80 800x40", "0+4x80 320x40"),
        at("13m", "pending"),
        at("15m", "fires", {**A, "severity": "high"}, count=1),
        at("26m", "resolved"),
    ),
    alert_case("RedisBusy", "exactly four fifths", thread("0+9x120", "0+3x120"), at("25m", "silent")),
    alert_case(
        "RedisBusy",
        "the other server",
        {**thread("0+3x120", "0+8x120"), **thread("0+5x120", "0+9x120", ON_B)},
        at("25m", "fires", B, count=1),
    ),
    alert_case(
        "RedisSaveFailing",
        "one fails, the next goes well",
        server("redis_rdb_last_bgsave_status", "1x8 0x40 1x40"),
        at("3m", "pending"),
        at("3m15s", "fires", {**A, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("RedisSaveFailing", "all go well", server("redis_rdb_last_bgsave_status", "1x60"), at("14m", "silent")),
    alert_case(
        "RedisSaveFailing",
        "on the other server",
        {
            **server("redis_rdb_last_bgsave_status", "1x60"),
            **server("redis_rdb_last_bgsave_status", "0x60", ON_B),
        },
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "RedisAofWriteFailing",
        "the disk is full until somebody makes room",
        server("redis_aof_last_write_status", "1x8 0x40 1x40"),
        at("3m", "pending"),
        at("3m15s", "fires", {**A, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case(
        "RedisAofWriteFailing", "it is written", server("redis_aof_last_write_status", "1x60"), at("14m", "silent")
    ),
    alert_case(
        "RedisAofWriteFailing",
        "on the other server",
        {
            **server("redis_aof_last_write_status", "1x60"),
            **server("redis_aof_last_write_status", "0x60", ON_B),
        },
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "RedisAofRewriteFailing",
        "one fails, the next goes well",
        server("redis_aof_last_bgrewrite_status", "1x8 0x40 1x40"),
        at("7m", "pending"),
        at("7m15s", "fires", {**A, "severity": "medium"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case(
        "RedisAofRewriteFailing",
        "all go well",
        server("redis_aof_last_bgrewrite_status", "1x60"),
        at("14m", "silent"),
    ),
    alert_case(
        "RedisAofRewriteFailing",
        "on the other server",
        {
            **server("redis_aof_last_bgrewrite_status", "1x60"),
            **server("redis_aof_last_bgrewrite_status", "0x60", ON_B),
        },
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "RedisReplicaLinkDown",
        "it is cut off for ten minutes",
        server("redis_master_link_up", "1x8 0x40 1x40", labels=PRIMARY),
        at("4m", "pending"),
        at("4m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case(
        "RedisReplicaLinkDown",
        "it is connected",
        server("redis_master_link_up", "1x60", labels=PRIMARY),
        at("14m", "silent"),
    ),
    alert_case(
        "RedisReplicaLinkDown",
        "the other replica",
        {
            **server("redis_master_link_up", "1x60", labels=PRIMARY),
            **server("redis_master_link_up", "0x60", ON_B, PRIMARY),
        },
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "RedisReplicaBehind",
        "it says nothing for ten minutes",
        server("redis_connected_slave_lag_seconds", "1x4 0+15x40 1x40", labels=REPLICA),
        at("3m15s", "pending"),
        at("4m", "fires", {**A, "slave_ip": "10.0.0.2", "severity": "medium"}, count=1),
        at("11m45s", "resolved"),
    ),
    alert_case(
        "RedisReplicaBehind",
        "exactly ten seconds",
        server("redis_connected_slave_lag_seconds", "10x60", labels=REPLICA),
        at("14m", "silent"),
    ),
    alert_case(
        "RedisReplicaBehind",
        "two replicas of the other server",
        {
            **server("redis_connected_slave_lag_seconds", "1x60", labels=REPLICA),
            **server("redis_connected_slave_lag_seconds", "12x60", ON_B, REPLICA),
            **server("redis_connected_slave_lag_seconds", "15x60", ON_B, OTHER),
        },
        at("14m", "fires", B, count=2),
    ),
]
