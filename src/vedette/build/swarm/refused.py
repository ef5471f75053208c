"""What a stack says that cannot be meant on a Swarm: each with its place and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build.compose.refused import Within
from vedette.build.compose.refused import check as check_containers
from vedette.build.compose.services import HOST, NAMED
from vedette.build.refusal import RefusalError
from vedette.build.swarm.service import GLOBAL
from vedette.catalog import Swarm

if TYPE_CHECKING:
    from vedette.build.plan import Plan

__all__ = ["PROXY", "check", "named"]

PROXY: Final = "tcp://socket-proxy:2375"
"""Where Prometheus asks for the tasks of a service."""

_SWARM: Final = Within(
    "swarm",
    "tasks.alertmanager:9093",
    "the name of a service of the Swarm, or the name or address of a machine",
    "smtp=Smtp('mail.example.com', …), a mail server that every node reaches",
)


def named(plan: Plan, project: str) -> list[str]:
    """The services of the stack that targets name, or that are looked for."""
    targets = {target for service in plan.services for target in service.targets}
    sought = {one.discovery.service for one in plan.services if isinstance(one.discovery, Swarm)}
    return [name for name, (port, _) in NAMED.items() if f"{name}:{port}" in targets or f"{project}_{name}" in sought]


def check(plan: Plan, project: str) -> None:
    """See that every address means in a Swarm what it says.

    Raises:
        RefusalError: one does not.
    """
    check_containers(plan, _SWARM)
    environment, where = plan.environment, f"environment {plan.environment.name!r}"
    if environment.smtp is not None and environment.smtp.host in (HOST, "mailpit"):
        raise RefusalError(
            environment.place, where, f" sends mail to {environment.smtp.host!r}, which no Swarm has",
            f"write {_SWARM.mail}",
        )  # fmt: skip
    everywhere = {f"{name}:{NAMED[name][0]}": name for name in GLOBAL if name in NAMED}
    for service in plan.services:
        found, owner = service.discovery, f"service {service.name!r}"
        if isinstance(found, Swarm) and found.host.startswith("unix://"):
            raise RefusalError(
                service.place, owner,
                f" is looked for at {found.host!r}, which is as much as root on a manager, in Prometheus",
                f"write Swarm(…, host={PROXY!r}), which only lists tasks",
            )  # fmt: skip
        for target in () if found else service.targets:
            if target.partition(":")[0] == HOST:
                raise RefusalError(
                    service.place, owner, f" has {target!r} in {where}, which is another machine on every node",
                    f"write {_SWARM.elsewhere}",
                )  # fmt: skip
            if target in everywhere:
                name = everywhere[target]
                raise RefusalError(
                    service.place, owner, f" has {target!r} in {where}, which is one task of many, by turns",
                    f"write discovery={{{service.name!r}: Swarm(service='{project}_{name}', port={NAMED[name][0]},"
                    f" host={PROXY!r})}}",
                )  # fmt: skip
