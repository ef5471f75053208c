"""How many messages wait in the queues of a broker, asked for when the metrics are scraped.

It is asked for by the processes that want it, and none that are forked from them. A broker is asked at most every
`KEPT` seconds, and less often while it does not answer, so that scraping neither loads it nor waits for it. What is
not known is left out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT
from vedette.packs.worker import queue_depth

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

__all__ = ["KEPT", "TIMEOUT", "RedisQueues", "UnansweredError", "forget", "watch"]

KEPT = 5.0
"""Seconds for which an answer is told."""
TIMEOUT = 0.5
"""Seconds after which a connection attempt or a question is given up."""
_PAUSE = 15.0  # seconds until one that did not answer is asked again

# Of the settings of a connection, those that say where it leads and who asks.
_REDIS = frozenset({"host", "port", "path", "db", "username", "password", "credential_provider"})

_measuring = guard.shield("asking for the depth of a queue")


class UnansweredError(Exception):
    """The broker does not answer now."""


class _Broker:
    """Queues of one broker, and how to ask it."""

    def __init__(
        self,
        system: str,
        queues: Callable[[], Iterable[str]],
        ask: Callable[[tuple[str, ...]], Mapping[str, float]],
    ) -> None:
        self.process = os.getpid()
        self._system = system
        self._queues = queues
        self._ask = ask
        self._next = 0.0
        self._told: set[str] = set()

    def tell(self) -> None:
        now = clock.perf()
        if now < self._next:
            return
        self._next = now + _PAUSE
        found: Mapping[str, float] = {}
        try:
            found = self._ask(tuple(self._queues()))
            self._next = now + KEPT
        except UnansweredError:
            pass
        finally:
            self._leave_out(self._told.difference(found))
        for queue, depth in found.items():
            queue_depth.set(depth, self._system, queue)
        self._told.update(found)

    def _leave_out(self, queues: Iterable[str]) -> None:
        for queue in tuple(queues):
            queue_depth.labels(self._system, queue).unset()
            self._told.discard(queue)

    def end(self) -> None:
        self._leave_out(self._told)


_brokers: dict[Hashable, _Broker] = {}


def watch(
    key: Hashable,
    system: str,
    queues: Callable[[], Iterable[str]],
    ask: Callable[[tuple[str, ...]], Mapping[str, float]],
) -> None:
    """Tell the depth of queues from now on, in this process and none that is forked from it.

    Args:
        key: what tells this broker from others; the last one watched under a key is.
        system: the task queue's name.
        queues: gives the names of the queues that are wanted now.
        ask: gives how many messages wait in each; those it leaves out are not told.
    """
    _brokers[key] = _Broker(system, queues, ask)
    DEFAULT.before_scrape(_tell)


def forget(key: Hashable) -> None:
    """Tell it no more."""
    broker = _brokers.pop(key, None)
    if broker is not None and broker.process == os.getpid():
        broker.end()


def _tell() -> None:
    process = os.getpid()
    for broker in tuple(_brokers.values()):
        if broker.process == process:
            with _measuring:
                broker.tell()


class RedisQueues:
    """Asks a Redis how long its queues are, over a connection of its own, below what is measured and traced.

    Args:
        pool: of connections that the application has, sync or async, which says where they lead.
        command: gives the command that tells the length of a queue.
    """

    def __init__(self, pool: Any, command: Callable[[str], tuple[str | int, ...]]) -> None:
        self._pool = pool
        self._command = command
        self._connection: Any = None

    def __call__(self, queues: tuple[str, ...]) -> dict[str, float]:
        """How many messages wait in each.

        Raises:
            UnansweredError: it does not answer.
        """
        from redis.exceptions import RedisError  # noqa: PLC0415 - loaded by the library that uses it

        if not queues:
            return {}
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        try:
            connection.send_packed_command(connection.pack_commands([self._command(queue) for queue in queues]))
            return {queue: float(connection.read_response()) for queue in queues}
        except (OSError, RedisError) as problem:
            connection.disconnect()
            raise UnansweredError from problem

    def _connect(self) -> Any:
        from redis import connection  # noqa: PLC0415 - see above

        settings = self._pool.connection_kwargs
        kept = {name: value for name, value in settings.items() if name in _REDIS or name.startswith("ssl_")}
        kind: Any = connection.Connection
        if "path" in kept:
            kind = connection.UnixDomainSocketConnection
        elif "SSL" in self._pool.connection_class.__name__:
            kind = connection.SSLConnection
        return kind(**kept, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
