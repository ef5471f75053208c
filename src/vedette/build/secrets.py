"""Which secrets the servers of a stack read from files: those of everybody who is told, and of what is scraped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.build.alertmanager import secrets_of
from vedette.catalog import Route

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.catalog import Receiver, Secret

__all__ = ["alertmanager_secrets", "prometheus_secrets", "receivers"]


def receivers(plan: Plan) -> list[Receiver]:
    """Everybody who is told, of routes, too."""
    found: list[Receiver] = []
    for item in plan.stack.notify if plan.environment.notify is None else plan.environment.notify:
        found += item.notify if isinstance(item, Route) else [item]
    return found


def alertmanager_secrets(plan: Plan) -> tuple[Secret, ...]:
    """What Alertmanager reads from files."""
    return tuple(dict.fromkeys(secrets_of(receivers(plan), plan.environment.smtp)))


def prometheus_secrets(plan: Plan) -> tuple[Secret, ...]:
    """What Prometheus reads from files."""
    return tuple(dict.fromkeys(service.token for service in plan.services if service.token is not None))
