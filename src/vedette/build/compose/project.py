"""The files of the project: one that holds everywhere, one more for a desk, one for production, and the variables."""

from __future__ import annotations

import copy
import hashlib
import posixpath
from typing import TYPE_CHECKING, Any, Final

from vedette.build import provisioning, scripts, telemetry
from vedette.build.alertmanager import secret_path
from vedette.build.compose.collectors import collector_files, collector_services
from vedette.build.compose.login import log_in, shown_at
from vedette.build.compose.refused import check, named
from vedette.build.compose.services import ALWAYS, NAMED, RELOADS, SECRETS_OF, mail_catcher
from vedette.build.grafana_server import login_secrets
from vedette.build.secrets import alertmanager_secrets, prometheus_secrets
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.build.plan import Plan

__all__ = ["files", "grant", "name_of", "services_of", "settings", "volumes"]

_FOLDER: Final = "${VEDETTE_SECRETS:?the folder that holds one file for each secret}"

_VARIABLES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "postgres-exporter": (
        ("POSTGRES_URI", "The PostgreSQL to watch: host:port/database?sslmode=require"),
        ("POSTGRES_USER", "The account that watches it; its password is the secret postgres_password."),
        ("POSTGRES_QUERIES", "The file with the questions of the exporter, an absolute path."),
    ),
    "redis-exporter": (("REDIS_ADDR", "The Redis to watch: redis://host:port"),),
}
"""What a service demands of ``.env``."""


def files(plan: Plan) -> dict[str, str]:
    """Path → text, all below ``compose/``.

    Raises:
        RefusalError: the environment names something that is not there in a container.
    """
    check(plan)
    chosen = named(plan)
    services = services_of(plan, chosen)
    mounted = {
        **log_in(plan, services["grafana"]),
        **collector_files(plan.environment.collector, ["prometheus"]),
        "grafana/provisioning/datasources/vedette.yaml": provisioning.datasources(plan),
        "grafana/provisioning/dashboards/vedette.yaml": provisioning.dashboards(plan),
        "loki/loki.yaml": telemetry.loki(),
        "jaeger/config.yaml": telemetry.jaeger(),
    }
    secrets = grant(plan, services)
    _mark(services, mounted)
    project: dict[str, Any] = {
        "name": name_of(plan),
        "services": services,
        "networks": {"inside": {"internal": True}, "outside": {}},
        "volumes": {name: {} for name in volumes(services)},
        "secrets": {name: {"file": f"{_FOLDER}/{name}"} for name in secrets},
    }
    template = _variables(chosen, secrets)
    published = (port for own in services.values() for port in own.get("ports", ()))
    return {
        "compose/vedette.sh": scripts.compose(
            name_of(plan),
            secrets=secrets,
            data=volumes(services),
            ports=(int(port.rpartition(":")[2]) for port in published),
            template=template,
            reloads=[name for name in RELOADS if name in services],
        ),
        "compose/backup.sh": scripts.backup(),
        "compose/docker-compose.yml": yaml.write(project),
        "compose/docker-compose.dev.yml": yaml.write(_desk(services)),
        "compose/docker-compose.production.yml": yaml.write(_production(services)),
        "compose/.env.example": template,
        **{f"compose/{path}": text for path, text in mounted.items()},
    }


def _mark(services: Mapping[str, dict[str, Any]], files: Mapping[str, str]) -> None:
    """A hash of what each reads at its start alone: a change of it is one of the service, which is then made anew."""
    for service in services.values():
        folders = [posixpath.normpath(one["source"]) for one in service.get("volumes", ()) if one["type"] == "bind"]
        read = {path: text for path, text in files.items() if path.startswith(tuple(f"{one}/" for one in folders))}
        if read:
            digest = hashlib.sha256(repr(sorted(read.items())).encode()).hexdigest()[:12]
            service["labels"] = {"vedette.configuration": digest}


def services_of(plan: Plan, chosen: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What every project has, with the collector that is asked for, and what is chosen."""
    found = {name: own for name, own in ALWAYS.items() if name != "alloy"}
    found |= collector_services(plan.environment.collector)
    return copy.deepcopy(found | {name: NAMED[name][1] for name in chosen})


def name_of(plan: Plan) -> str:
    """What Docker calls the project."""
    return plan.stack.name.lower().replace(".", "-")


def grant(plan: Plan, services: dict[str, dict[str, Any]]) -> list[str]:
    """Show each service its own secrets and no other; the names of all."""
    of_stack = {"prometheus": prometheus_secrets(plan), "alertmanager": alertmanager_secrets(plan)}
    found: set[str] = set()
    for name, own in services.items():
        shown = [
            {"source": secret.name, "target": secret_path(plan.environment, secret)}
            for secret in of_stack.get(name, ())
        ]
        shown += [{"source": secret, "target": f"/run/secrets/{secret}"} for secret in SECRETS_OF.get(name, ())]
        if name == "grafana":
            login = login_secrets(plan.environment)
            shown += [{"source": secret.name, "target": shown_at(secret)} for secret in login]
        if shown:
            own["secrets"] = shown
            found |= {one["source"] for one in shown}
    return sorted(found)


def volumes(services: Mapping[str, dict[str, Any]]) -> list[str]:
    """The volumes that they mount."""
    mounts = (mount for own in services.values() for mount in own.get("volumes", ()))
    return sorted(mount["source"] for mount in mounts if mount["type"] == "volume")


def _desk(services: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A mail catcher, and nothing that starts by itself with the machine."""
    own: dict[str, Any] = {name: {"restart": "no"} for name in services}
    return {"services": {**own, "mailpit": mail_catcher() | {"restart": "no"}}}


def _production(services: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Everything starts with the machine; Grafana is behind a proxy that speaks TLS, and says so to browsers."""
    own: dict[str, Any] = {name: {"restart": "always"} for name in services}
    own["grafana"]["environment"] = {
        "GF_SERVER_ROOT_URL": "${GRAFANA_URL:?https://… where people reach Grafana}",
        "GF_SECURITY_COOKIE_SECURE": "true",
        "GF_SECURITY_STRICT_TRANSPORT_SECURITY": "true",
    }
    return {"services": own}


def _variables(chosen: list[str], secrets: list[str]) -> str:
    lines = [
        "# Copy this file to .env and fill it in. What is empty is demanded: nothing starts without it.",
        "",
        "# The folder that holds one file for each secret, an absolute path. The files:",
        *(f"#   {name}" for name in secrets),
        "VEDETTE_SECRETS=",
        "",
        "# With docker-compose.production.yml: where people reach Grafana, https://…",
        "GRAFANA_URL=",
        *settings(chosen),
    ]
    return "\n".join([*lines, ""])


def settings(chosen: Iterable[str]) -> list[str]:
    """What ``.env`` says on every platform: how much is kept, and what these exporters demand."""
    lines = [
        "",
        "# How long samples are kept, and how much of them.",
        "PROMETHEUS_RETENTION=30d",
        "PROMETHEUS_RETENTION_SIZE=8GB",
    ]
    for name in chosen:
        for variable, what in _VARIABLES.get(name, ()):
            lines += ["", f"# {what}", f"{variable}="]
    return lines
