"""What a stack says that cannot be meant in a pod: each with its place and what to write instead."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from vedette.build.refusal import RefusalError
from vedette.build.secrets import alertmanager_secrets, receivers
from vedette.catalog import Email, Swarm, Webhook

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.place import Place

__all__ = ["check"]

_LOCAL: Final = re.compile(r"(localhost|127(\.\d+){3}|\[::1\]|::1|0\.0\.0\.0)(:\d+)?")
_MOUNTED: Final = ("/etc/alertmanager", "/alertmanager")  # by the operator itself


def check(plan: Plan) -> None:
    """See that every address and path means in a pod what it says.

    Raises:
        RefusalError: one does not.
    """
    environment, where = plan.environment, f"environment {plan.environment.name!r}"
    for service in plan.services:
        owner = f"service {service.name!r}"
        if isinstance(service.discovery, Swarm) and service.discovery.host.startswith("unix:"):
            raise RefusalError(
                service.discovery.place,
                owner,
                f" asks the socket {service.discovery.host!r} in {where}, which no pod has",
                "write host='tcp://…:2376', or find its pods by Kubernetes(app='…')",
            )
        for target in () if service.discovery else service.targets:
            _reachable(service.place, owner, target, f" in {where}")
    for target in environment.alertmanagers:
        _reachable(environment.place, where, target, " in alertmanagers")
    told = receivers(plan)
    smtp = environment.smtp
    if any(isinstance(one, Email) for one in told) and (smtp is None or _LOCAL.fullmatch(smtp.host)):
        raise RefusalError(
            environment.place,
            where,
            " sends mail through localhost, which in a pod is the pod itself",
            "write smtp=Smtp('mail.example.com', …)",
        )
    for one in told:
        if isinstance(one, Webhook) and isinstance(one.url, str):
            _reachable(one.place, "Webhook", one.url.partition("//")[2].partition("/")[0], f" in {where}")
    folder = PurePosixPath(environment.secrets)
    taken = not folder.is_absolute() or any(folder.is_relative_to(one) for one in _MOUNTED)
    if taken and alertmanager_secrets(plan):
        raise RefusalError(
            environment.place,
            where,
            f" has secrets={environment.secrets!r}, where a pod cannot be given files",
            "write secrets='/run/secrets'",
        )


def _reachable(place: Place, owner: str, address: str, where: str) -> None:
    if _LOCAL.fullmatch(address):
        port = address.rpartition(":")[2] if ":" in address else "80"
        raise RefusalError(
            place,
            owner,
            f" has {address!r}{where}, which in a pod is the pod itself",
            f"write 'service.namespace:{port}', the name of a Service, or find its pods by discovery= and Kubernetes",
        )
