"""The files of the target: units, users, folders, what the servers read, and the list that the scripts go by."""

from __future__ import annotations

import re
from importlib.resources import files as package
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from vedette.build import scripts
from vedette.build.refusal import RefusalError
from vedette.build.secrets import alertmanager_secrets, prometheus_secrets
from vedette.build.systemd import telemetry, web
from vedette.build.systemd.servers import CONFIG, EXPORTERS, SERVERS, Server
from vedette.build.systemd.units import (
    EMBEDDED,
    PROGRAM,
    VENDORS,
    dropin,
    embedded,
    server_unit,
    target,
    vendor_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.plan import Plan

__all__ = ["chosen", "files"]

_HIDDEN: Final = ("/home", "/root", "/run", "/tmp", "/var/tmp", "/dev", "/proc", "/sys")  # noqa: S108 - what is refused
"""What a unit does not see, or sees differently."""

_FOLDER: Final = re.compile(r"(/[\w.-]+)+/?", re.ASCII)

_SCRIPTS: Final = ("install.sh", "vedette.sh")

_PROMTOOL: Final = " (and promtool, since Debian 13)"
_PIP: Final = "python3 -m venv /opt/vedette && /opt/vedette/bin/pip install 'vedette[server]'"

_DEMANDED: Final[Mapping[str, str]] = {
    "DATA_SOURCE_URI": "The PostgreSQL to watch: host:port/database?sslmode=require",
    "DATA_SOURCE_USER": "The account that watches it; its password is the secret postgres_password.",
    "REDIS_ADDR": "The Redis to watch: redis://host:port; its password is in the secret redis_passwords.",
}


def files(plan: Plan) -> dict[str, str]:
    """Path → text, all below ``systemd/``.

    Raises:
        RefusalError: the environment says something that the units could not keep.
    """
    _check(plan)
    servers = {**SERVERS, **{name: EXPORTERS[name] for name in chosen(plan)}}
    found = {
        f"units/{name}.service": server_unit(name, server, _secrets(name, server, plan), plan)
        for name, server in servers.items()
    }
    for name in VENDORS:
        own = f"{name}.service" if name == "jaeger" else f"{name}.service.d/vedette.conf"
        found[f"units/{own}"] = dropin(name, plan)
    found[f"units/{EMBEDDED}.service"] = embedded(_embedded_secrets(plan), plan)
    found["units/vedette.target"] = target(chosen(plan), plan)
    found["sysusers.d/vedette.conf"] = _users(servers)
    found["tmpfiles.d/vedette.conf"] = _folders(plan)
    found["vedette.env.example"] = _variables(servers)
    found["parts"] = _parts(servers, plan)
    found |= telemetry.files(plan)
    here = package("vedette.build.systemd")
    found |= {name: (here / name).read_text("utf-8") for name in _SCRIPTS}
    found["backup.sh"] = scripts.backup()
    return {f"systemd/{path}": text for path, text in found.items()}


def chosen(plan: Plan) -> list[str]:
    """The exporters that a target names on this machine."""
    targets = {one for service in plan.services if not service.discovery for one in service.targets}
    found: list[str] = []
    for name, server in EXPORTERS.items():
        for one in targets:
            host, _, port = one.rpartition(":")
            ours = server.listener and web.names(plan.environment, server.listener, one)
            if ours or (not server.listener and port == str(server.port) and web.LOCAL.fullmatch(host)):
                found.append(name)
                break
    return found


def _check(plan: Plan) -> None:
    environment, where = plan.environment, f"environment {plan.environment.name!r}"
    ours = web.address(environment, "alertmanager")
    if not any(web.names(environment, "alertmanager", one) for one in environment.alertmanagers):
        raise RefusalError(
            environment.place,
            where,
            f" has platforms=['systemd'], and sends no alert to the Alertmanager of this machine ({ours})",
            f"write alertmanagers=[{ours!r}]",
        )
    folder = PurePosixPath(environment.secrets)
    if _FOLDER.fullmatch(environment.secrets) is None or any(folder.is_relative_to(hidden) for hidden in _HIDDEN):
        raise RefusalError(
            environment.place,
            where,
            f" has secrets={environment.secrets!r}, which the units do not see or cannot name",
            f"write secrets='{CONFIG}/secrets'",
        )


def _secrets(name: str, server: Server, plan: Plan) -> tuple[str, ...]:
    """What a server is shown: its own, those of the stack that it reads, and those for what listens to others."""
    own = list(server.secrets)
    if name == "prometheus":
        own += [secret.name for secret in prometheus_secrets(plan)]
        if web.alertmanager(plan.environment) or any(web.scrape(one, plan.environment) for one in plan.services):
            own += web.CLIENT
    if name == "prometheus-alertmanager":
        own += [secret.name for secret in alertmanager_secrets(plan)]
    if server.listener and web.exposed(plan.environment, server.listener):
        own += web.SERVER
    return tuple(dict.fromkeys(own))


def _embedded_secrets(plan: Plan) -> tuple[str, ...]:
    scraped = any(web.scrape(one, plan.environment) for one in plan.services)
    names = [secret.name for secret in (*prometheus_secrets(plan), *alertmanager_secrets(plan))]
    return tuple(dict.fromkeys([*names, *(web.CLIENT if scraped else ())]))


def _users(servers: Mapping[str, Server]) -> str:
    """Those with a folder of their own, or who must be known; the others are made up for each start."""
    known = [server for server in servers.values() if server.user]
    return "".join(
        f'u {server.user} - "{server.title}"{f" /var/lib/{server.state}" if server.state else ""}\n' for server in known
    )


def _folders(plan: Plan) -> str:
    """The secrets are root's; systemd shows each unit its own."""
    folder = plan.environment.secrets.rstrip("/")
    return "\n".join([f"d {folder} 0700 root root", f"z {folder}/* 0600 root root", ""])


def _variables(servers: Mapping[str, Server]) -> str:
    lines = [
        f"# Copy this file to {CONFIG}/vedette.env and fill it in. What is empty is demanded.",
        "",
        "# How long samples are kept, and how much of them.",
        "PROMETHEUS_RETENTION=30d",
        "PROMETHEUS_RETENTION_SIZE=8GB",
    ]
    for server in servers.values():
        for variable in server.variables:
            lines += ["", f"# {_DEMANDED[variable]}", f"{variable}="]
    return "\n".join([*lines, ""])


def _parts(servers: Mapping[str, Server], plan: Plan) -> str:
    """What the scripts read: one line a unit, its fields parted by ``|``."""
    lines = ["# unit|needed|programs|how to get them|health|secrets|variables|files|configuration|reloads|data"]
    for name, server in servers.items():
        programs = [server.program, *([server.check.split()[0]] if server.check else [])]
        at, secure = f"127.0.0.1:{server.port}", False
        if server.listener:
            at = web.address(plan.environment, server.listener)
            secure = web.exposed(plan.environment, server.listener)
        lines.append(
            _line(
                name,
                "servers" if name in SERVERS else "yes",
                list(dict.fromkeys(programs)),
                f"apt-get install {server.package}{_PROMTOOL if name == 'prometheus' else ''}",
                f"{'https' if secure else 'http'}://{at}{server.health}",
                _secrets(name, server, plan),
                server.variables,
                server.files,
                f"{CONFIG}/{server.configuration}/" if server.configuration else "",
                "yes" if server.check else "no",
                server.data,
            )
        )
    embedded_secrets = _embedded_secrets(plan)
    health = "http://127.0.0.1:7373/-/ready"
    data = f"/var/lib/private/{EMBEDDED}"
    lines.append(_line(EMBEDDED, "embedded", PROGRAM, _PIP, health, embedded_secrets, (), (), f"{CONFIG}/", "no", data))
    for name, (program, port, health, folder, data) in VENDORS.items():
        url = f"http://127.0.0.1:{port}{health}"
        lines.append(
            _line(name, "no", [program], "", url, vendor_secrets(name, plan), (), (), f"{CONFIG}/{folder}/", "no", data)
        )
    return "\n".join([*lines, ""])


def _line(*fields: str | Sequence[str]) -> str:
    return "|".join(field if isinstance(field, str) else " ".join(field) for field in fields)
