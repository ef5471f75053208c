"""Django's databases as the database pack tells them: operations, transactions and connections.

Operations are told through Django's own `execute_wrapper`, whatever library is below. Connections are told by the alias
of their database as a pool of that name, though Django keeps one for each thread: ``used`` are those that execute or
are in a transaction. Of those that a pool of psycopg lends to Django its integration tells, too, by the pool's name.
"""

from __future__ import annotations

import sys
import threading
import weakref
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations.operations import connecting, cover, fail, fail_to_connect, observe, transaction, uncover
from vedette.integrations.pools import Reading, WatchedPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

__all__ = ["patch"]

# Where Django has another name: https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/#db-system-name
_SYSTEMS = {"oracle": "oracle.db", "microsoft": "microsoft.sql_server"}
_measuring = guard.shield("measuring a database operation")


def patch(patches: Patches) -> None:
    """Measure the databases that are connected to from now on, and those that this thread is connected to."""
    from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: PLC0415 - the application has imported it

    databases = _Databases(patches)
    patches.also_undo(databases.forget)
    patches.replace(BaseDatabaseWrapper, "connect", databases.connecting)
    patches.replace(BaseDatabaseWrapper, "commit", partial(databases.ending, "COMMIT"))
    patches.replace(BaseDatabaseWrapper, "rollback", partial(databases.ending, "ROLLBACK"))
    databases.watch_those_of_this_thread()


class _Databases:
    """The connections that are measured."""

    def __init__(self, patches: Patches) -> None:
        self._patches = patches
        self._lock = threading.Lock()
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()
        self._executing: set[int] = set()
        self._pools: dict[str, WatchedPool] = {}

    def connecting(self, original: Callable[[Any], None]) -> Callable[[Any], None]:
        """``connect``, timed, and what it connects watched."""

        @wraps(original)
        def connect(connection: Any) -> None:
            if not self._patches.active:
                original(connection)
                return
            token = connecting.set(True)
            began = clock.perf()
            try:
                original(connection)
            except Exception as error:
                with _measuring:
                    fail_to_connect(_system(connection), error)
                raise
            finally:
                connecting.reset(token)
            with _measuring:
                self._watch(connection).create_time.observe(max(0.0, clock.perf() - began))

        return connect

    def ending(self, statement: str, original: Callable[[Any], None]) -> Callable[[Any], None]:
        """``commit`` or ``rollback``, counted; a commit is an operation, too."""
        committed = statement == "COMMIT"

        @wraps(original)
        def end(connection: Any) -> None:
            if not self._patches.active or connection.connection is None:
                original(connection)
                return
            began = clock.perf()
            try:
                original(connection)
            except BaseException as error:
                with _measuring:
                    fail(_system(connection), statement, began, error)
                raise
            with _measuring:
                observe(_system(connection), statement, began)
                transaction(_system(connection), committed=committed)

        return end

    def execute(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Execute a statement; Django calls this as one of its wrappers."""
        if not self._patches.active:
            return execute(sql, params, many, context)
        connection = context["connection"]
        key = id(connection)
        self._executing.add(key)
        began = clock.perf()
        try:
            answer = execute(sql, params, many, context)
        except BaseException as error:
            with _measuring:
                fail(_system(connection), _text(sql), began, error)
            raise
        finally:
            self._executing.discard(key)
        with _measuring:
            observe(_system(connection), _text(sql), began)
        return answer

    def watch_those_of_this_thread(self) -> None:
        """Watch what is connected already, as far as can be seen."""
        settings = getattr(sys.modules.get("django.conf"), "settings", None)
        connections = getattr(sys.modules.get("django.db"), "connections", None)

        if settings is not None and connections is not None and settings.configured:
            for connection in connections.all(initialized_only=True):
                if connection.connection is not None:
                    self._watch(connection)

    def forget(self) -> None:
        """Watch nothing any more."""
        with self._lock:
            known, pools = list(self._known), list(self._pools.values())
            self._known.clear()
            self._pools.clear()
        for connection in known:
            if self.execute in connection.execute_wrappers:
                connection.execute_wrappers.remove(self.execute)
        for pool in pools:
            pool.end()
        uncover("django")

    def _watch(self, connection: Any) -> WatchedPool:
        cover(connection.connection, "django")
        if self.execute not in connection.execute_wrappers:
            # Before those of the application, which takes away the last one when it is done with its own.
            connection.execute_wrappers.insert(0, self.execute)
        alias = str(connection.alias)
        with self._lock:
            self._known.add(connection)
            pool = self._pools.get(alias)
            if pool is None:
                pool = self._pools[alias] = WatchedPool(alias, _system(connection), partial(self._read, alias))
            return pool

    def _read(self, alias: str) -> Reading:
        with self._lock:
            connected = [one for one in self._known if one.alias == alias and one.connection is not None]
        used = sum(one.in_atomic_block or id(one) in self._executing for one in connected)
        return Reading(len(connected) - used, used, float("inf"))


def _system(connection: Any) -> str:
    vendor = str(connection.vendor)
    return _SYSTEMS.get(vendor, vendor)


def _text(sql: Any) -> str | bytes:
    """The text of a statement, of one that psycopg composes, too."""
    if isinstance(sql, (str, bytes)):
        return sql
    compose = getattr(sql, "as_string", None)
    return str(sql if compose is None else compose(None))
