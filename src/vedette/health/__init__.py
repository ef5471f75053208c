"""Health: what must work for the service to work, asked often enough and told as it is."""

from typing import TYPE_CHECKING

from vedette.health.check import Breaker, Check
from vedette.health.drain import draining_on_sigterm
from vedette.health.health import Health
from vedette.health.outcome import Degraded, Failed, Reading
from vedette.health.port import serve
from vedette.health.probes import Probes
from vedette.health.process import DEFAULT, check, draining, started  # after the module of the name

if TYPE_CHECKING:
    from vedette.health import checks
else:

    def __getattr__(name: str) -> object:
        if name != "checks":  # the ready-made ones, for those who have some
            raise AttributeError(f"module 'vedette.health' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - the same

        return import_module("vedette.health.checks")


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
    "checks",
    "draining",
    "draining_on_sigterm",
    "serve",
    "started",
]
