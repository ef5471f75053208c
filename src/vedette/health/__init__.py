"""Health: what must work for the service to work, asked often enough and told as it is."""

from vedette.health.check import Breaker, Check
from vedette.health.drain import draining_on_sigterm
from vedette.health.health import Health
from vedette.health.outcome import Degraded, Failed, Reading
from vedette.health.port import serve
from vedette.health.probes import Probes
from vedette.health.process import DEFAULT, check, draining, started  # after the module of the name

__all__ = [
    "DEFAULT",
    "Breaker",
    "Check",
    "Degraded",
    "Failed",
    "Health",
    "Probes",
    "Reading",
    "check",
    "draining",
    "draining_on_sigterm",
    "serve",
    "started",
]
