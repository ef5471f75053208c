"""What a stack says that cannot be meant inside containers: each with its place and what to write instead."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from vedette.build.compose.services import HOST, NAMED
from vedette.build.refusal import RefusalError
from vedette.build.secrets import alertmanager_secrets, prometheus_secrets, receivers
from vedette.catalog import Email, Webhook

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.place import Place

__all__ = ["Within", "check", "named"]

_LOCAL: Final = re.compile(r"(localhost|127(\.\d+){3}|\[::1\]|::1|0\.0\.0\.0)(:\d+)?")
_MOUNTED: Final = ("/etc/prometheus", "/etc/alertmanager")


class Within(NamedTuple):
    """What stands for what, where the containers are."""

    platform: str
    alertmanager: str
    """The address of the Alertmanager that is started."""
    elsewhere: str
    """What to write instead of localhost, with ``{port}``."""
    mail: str
    """Which mail server to write."""


_COMPOSE: Final = Within(
    "compose",
    "alertmanager:9093",
    f"'{HOST}:{{port}}' for what runs on this machine, or the name of a service of the compose project",
    f"smtp=Smtp('mail.example.com', …), Smtp('{HOST}', 25, tls=False) for this machine's, or"
    " Smtp('mailpit', 1025, tls=False) for the mail catcher",
)


def named(plan: Plan) -> list[str]:
    """The services of the project that the targets of the stack name."""
    targets = {target for service in plan.services for target in service.targets}
    return [name for name, (port, _) in NAMED.items() if f"{name}:{port}" in targets]


def check(plan: Plan, within: Within = _COMPOSE) -> None:
    """See that every address and path means in a container what it says.

    Raises:
        RefusalError: one does not.
    """
    environment, where = plan.environment, f"environment {plan.environment.name!r}"
    for service in plan.services:
        for target in () if service.discovery else service.targets:
            _reachable(service.place, f"service {service.name!r}", target, f" in {where}", within)
    for target in environment.alertmanagers:
        _reachable(environment.place, where, target, " in alertmanagers", within)
    if within.alertmanager not in environment.alertmanagers:
        raise RefusalError(
            environment.place,
            where,
            f" has platforms=[{within.platform!r}], and sends no alert to the Alertmanager of it"
            f" ({within.alertmanager})",
            f"write alertmanagers=[{within.alertmanager!r}]",
        )
    told = receivers(plan)
    smtp = environment.smtp
    if any(isinstance(one, Email) for one in told) and (smtp is None or _LOCAL.fullmatch(smtp.host)):
        raise RefusalError(
            environment.place,
            where,
            " sends mail through localhost, which in a container is the container itself",
            f"write {within.mail}",
        )
    for one in told:
        if isinstance(one, Webhook) and isinstance(one.url, str):
            _reachable(one.place, "Webhook", one.url.partition("//")[2].partition("/")[0], f" in {where}", within)
    _secrets_folder(plan)


def _reachable(place: Place, owner: str, address: str, where: str, within: Within) -> None:
    if _LOCAL.fullmatch(address):
        port = address.rpartition(":")[2] if ":" in address else "80"
        raise RefusalError(
            place,
            owner,
            f" has {address!r}{where}, which in a container is the container itself",
            f"write {within.elsewhere.format(port=port)}",
        )


def _secrets_folder(plan: Plan) -> None:
    if not alertmanager_secrets(plan) and not prometheus_secrets(plan):
        return
    folder = PurePosixPath(plan.environment.secrets)
    if not folder.is_absolute() or any(folder.is_relative_to(taken) for taken in _MOUNTED):
        raise RefusalError(
            plan.environment.place,
            f"environment {plan.environment.name!r}",
            f" has secrets={plan.environment.secrets!r}, where a container cannot be given files",
            "write secrets='/run/secrets'",
        )
