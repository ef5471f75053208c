"""Ready-made checks, one file for each kind of thing. Each is a function that gives a `Check`.

What may be said of a `Check`, its ``level``, ``timeout``, ``every`` and the rest, may be said to each of them; where it
is not, what suits the kind is taken.
"""

from vedette.health.checks.application import error_rate, performance
from vedette.health.checks.certificate import certificate
from vedette.health.checks.clock import clock_skew
from vedette.health.checks.database import database
from vedette.health.checks.event_loop import event_loop
from vedette.health.checks.host import cpu, disk, memory
from vedette.health.checks.http import http
from vedette.health.checks.kafka import kafka
from vedette.health.checks.network import dns, network, tcp
from vedette.health.checks.pool import pool
from vedette.health.checks.queue import queue
from vedette.health.checks.redis import redis
from vedette.health.checks.smtp import smtp

__all__ = [
    "certificate",
    "clock_skew",
    "cpu",
    "database",
    "disk",
    "dns",
    "error_rate",
    "event_loop",
    "http",
    "kafka",
    "memory",
    "network",
    "performance",
    "pool",
    "queue",
    "redis",
    "smtp",
    "tcp",
]
