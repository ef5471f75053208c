"""Ready-made packs, one file a domain: content only. Each is a function whose parameters are its thresholds.

A file here imports the catalog as a whole (`from vedette import catalog`), which is loaded when the pack is made: the
integrations have the metrics of a pack without the price of its alerts and panels. This door is lazy, too: a process
loads the packs that it names.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.packs.agents import agents
    from vedette.packs.audit import audit
    from vedette.packs.backup import backup
    from vedette.packs.blackbox import blackbox
    from vedette.packs.business import business
    from vedette.packs.cache import cache
    from vedette.packs.containers import containers
    from vedette.packs.database import database
    from vedette.packs.errors import errors
    from vedette.packs.freshness import freshness
    from vedette.packs.health import health
    from vedette.packs.host import host
    from vedette.packs.http import http
    from vedette.packs.http_client import http_client
    from vedette.packs.instrumentation import instrumentation
    from vedette.packs.kafka import kafka
    from vedette.packs.kafka_brokers import kafka_brokers
    from vedette.packs.kubernetes import kubernetes
    from vedette.packs.logs import logs
    from vedette.packs.memory import memory
    from vedette.packs.migration import migration
    from vedette.packs.postgresql import postgresql
    from vedette.packs.process import process
    from vedette.packs.redis import redis
    from vedette.packs.reminders import reminders
    from vedette.packs.runtime import runtime
    from vedette.packs.schedule import schedule
    from vedette.packs.security import security
    from vedette.packs.sync import sync
    from vedette.packs.watch import watch
    from vedette.packs.websocket import websocket
    from vedette.packs.worker import worker
else:

    class _Packs(ModuleType):
        """This package: its attributes are the packs, though each file has the name of its pack."""

        def __setattr__(self, name: str, value: object) -> None:
            # the import system does this once it has loaded a file
            if name in __all__ and isinstance(value, ModuleType):
                value = getattr(value, name)
            super().__setattr__(name, value)

    sys.modules[__name__].__class__ = _Packs

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'vedette.packs' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - only once a pack is named

        import_module(f"vedette.packs.{name}")
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "agents",
    "audit",
    "backup",
    "blackbox",
    "business",
    "cache",
    "containers",
    "database",
    "errors",
    "freshness",
    "health",
    "host",
    "http",
    "http_client",
    "instrumentation",
    "kafka",
    "kafka_brokers",
    "kubernetes",
    "logs",
    "memory",
    "migration",
    "postgresql",
    "process",
    "redis",
    "reminders",
    "runtime",
    "schedule",
    "security",
    "sync",
    "watch",
    "websocket",
    "worker",
]
