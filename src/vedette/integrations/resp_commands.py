"""Commands of Redis and Valkey: which names are told, and what their answers say of a cache. Never a key or a value."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics import OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMMANDS", "LOOKUPS", "name_of"]

# What Redis 7.0 answers to COMMAND LIST, without subcommands and what only servers say to each other, what Redis 7.4
# to 8.4 and Valkey 8 to 9 have added, and PIPELINE, as OpenTelemetry calls a batch:
# https://redis.io/docs/latest/commands/, https://valkey.io/commands/
COMMANDS = frozenset(
    # ruff: noqa: SIM905 - 300 names are read as text
    """
    ACL APPEND ASKING AUTH BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS BLMOVE BLMPOP BLPOP BRPOP
    BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER CLUSTERSCAN COMMAND COMMANDLOG CONFIG COPY DBSIZE DEBUG DECR
    DECRBY DEL DELEX DELIFEQ DIGEST DISCARD DUMP ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT
    EXPIRETIME FAILOVER FCALL FCALL_RO FLUSHALL FLUSHDB FUNCTION GEOADD GEODIST GEOHASH GEOPOS GEORADIUS
    GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX GETRANGE
    GETSET HDEL HELLO HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS
    HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN
    HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LASTSAVE LATENCY LCS LINDEX LINSERT LLEN LMOVE LMPOP LOLWUT LPOP
    LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET MSETEX MSETNX MULTI OBJECT
    PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFDEBUG PFMERGE PING PIPELINE PSETEX PSUBSCRIBE PTTL PUBLISH
    PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX REPLICAOF RESET RESTORE ROLE RPOP
    RPOPLPUSH RPUSH RPUSHX SADD SAVE SCAN SCARD SCRIPT SDIFF SDIFFSTORE SELECT SENTINEL SET SETBIT SETEX SETNX
    SETRANGE SHUTDOWN SINTER SINTERCARD SINTERSTORE SISMEMBER SLAVEOF SLOWLOG SMEMBERS SMISMEMBER SMOVE SORT SORT_RO
    SPOP SPUBLISH SRANDMEMBER SREM SSCAN SSUBSCRIBE STRLEN SUBSCRIBE SUBSTR SUNION SUNIONSTORE SUNSUBSCRIBE SWAPDB
    TIME TOUCH TTL TYPE UNLINK UNSUBSCRIBE UNWATCH VADD VCARD VDIM VEMB VGETATTR VINFO VISMEMBER VLINKS VRANDMEMBER
    VRANGE VREM VSETATTR VSIM WAIT WAITAOF WATCH XACK XACKDEL XADD XAUTOCLAIM XCFGSET XCLAIM XDEL XDELEX XGROUP
    XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY
    ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX
    ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX
    ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE
    """.split()
)
"""The names that are told; every other is `OVERFLOW`."""

# Of modules: JSON.GET, FT.SEARCH. Their commands are too many to list, and no key is written like this.
_MODULES = frozenset({"BF", "CF", "CMS", "FT", "JSON", "TDIGEST", "TOPK", "TS"})
_LONGEST = 32


@lru_cache(maxsize=1000)
def name_of(first: str | bytes) -> str:
    """The name of a command by what was sent first, such as ``get``, ``b"GET"`` or ``CLIENT SETNAME``: its first word.

    Example:
        >>> name_of("client setname"), name_of("customer:4711")
        ('CLIENT', '_OTHER')
    """
    text = first if isinstance(first, str) else first.decode("ascii", "replace")
    words = text[:_LONGEST].split(None, 1)
    word = words[0].upper() if words else ""
    if word in COMMANDS:
        return word
    module, dot, command = word.partition(".")
    return word if dot and module in _MODULES and command.isascii() and command.isalpha() else OVERFLOW


def _one(_arguments: Sequence[Any], answer: Any) -> tuple[int, int]:
    return (0, 1) if answer is None else (1, 0)


def _any(_arguments: Sequence[Any], answer: Any) -> tuple[int, int]:
    return (1, 0) if answer else (0, 1)


def _each(_arguments: Sequence[Any], answer: Any) -> tuple[int, int]:
    if not answer:  # no such hash
        return 0, 1
    missing = sum(one is None for one in answer)
    return len(answer) - missing, missing


def _so_many(arguments: Sequence[Any], answer: Any) -> tuple[int, int]:
    return int(answer), len(arguments) - 1 - int(answer)


LOOKUPS: dict[str, Callable[[Sequence[Any], Any], tuple[int, int]]] = {
    "EXISTS": _so_many,
    "GET": _one,
    "GETDEL": _one,
    "GETEX": _one,
    "HEXISTS": _any,
    "HGET": _one,
    "HGETALL": _any,
    "HGETDEL": _each,
    "HGETEX": _each,
    "HMGET": _each,
    "JSON.GET": _one,
    "JSON.MGET": _each,
    "MGET": _each,
}
"""Command → hits and misses by what was sent and answered."""
