"""The files of the stack: everything, the second Prometheus apart, and the variables."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from vedette.build import provisioning, scripts, telemetry
from vedette.build.compose.collectors import collector_files, collector_services
from vedette.build.compose.login import log_in
from vedette.build.compose.project import grant, name_of, services_of, settings, volumes
from vedette.build.compose.services import asks, service
from vedette.build.swarm.configs import Configs
from vedette.build.swarm.refused import PROXY, check, named
from vedette.build.swarm.service import FIRST, of_compose
from vedette.catalog import Swarm
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.build.plan import Plan

__all__ = ["files"]

_VERSION: Final = "3.8"
"""Of the file: the first with ``max_replicas_per_node``, read since Docker 19.03."""

_SUFFIX: Final = "${SECRETS_VERSION:-}"
"""A secret of a Swarm never changes: new ones have new names."""

_SECOND: Final = "prometheus-2"

_JOIN: Final = 'exec /bin/alertmanager --cluster.advertise-address="$$(hostname -i | cut -d \' \' -f 1):9094" "$$@"'
"""The address of the task on the overlay network; by itself it takes that of a bridge, which no other node reaches:
https://github.com/prometheus/alertmanager/issues/1909."""


def files(plan: Plan, built: Mapping[str, str]) -> dict[str, str]:
    """Path → text, all below ``swarm/``; ``built`` is the rest of the build, which is mounted.

    Raises:
        RefusalError: the environment names something that is not there in a Swarm, or a file is too big for one.
    """
    project = name_of(plan)
    check(plan, project)
    own = {
        "swarm/grafana/provisioning/datasources/vedette.yaml": provisioning.datasources(plan, pair=True),
        "swarm/grafana/provisioning/dashboards/vedette.yaml": provisioning.dashboards(plan),
        "swarm/loki/loki.yaml": telemetry.loki(),
        "swarm/jaeger/config.yaml": telemetry.jaeger(),
    }
    collectors = collector_files(plan.environment.collector, ["prometheus", _SECOND], by_node=True)
    chosen = named(plan, project)
    services = _services(plan, chosen)
    login = log_in(plan, services["grafana"])
    own |= {f"swarm/{path}": text for path, text in {**login, **collectors}.items()}
    secrets = grant(plan, services)
    services[_SECOND] = _second(services["prometheus"])
    stack, second = (
        _file(plan, names, services, secrets, {**built, **own})
        for names in ([name for name in services if name != _SECOND], [_SECOND])
    )
    template = _variables(chosen, secrets)
    data = [
        name
        for name in stack["volumes"]
        if FIRST in stack["services"][name]["deploy"].get("placement", {}).get("constraints", ())
    ]
    return {
        "swarm/vedette.sh": scripts.swarm(project, secrets=secrets, data=data, template=template),
        "swarm/backup.sh": scripts.backup(),
        "swarm/stack.yml": yaml.write(stack),
        "swarm/second.yml": yaml.write(second),
        "swarm/.env.example": template,
        **own,
    }


def _services(plan: Plan, chosen: Iterable[str]) -> dict[str, dict[str, Any]]:
    """As the compose project has them, and what only a Swarm has."""
    found = services_of(plan, chosen)
    if any(isinstance(one.discovery, Swarm) and one.discovery.host == PROXY for one in plan.services):
        found["socket-proxy"] = _socket_proxy()
    if "node-exporter" in found:
        # no task may share the processes of its node, by which it would see what the node has mounted, and not itself
        found["node-exporter"]["command"].append("--path.procfs=/host/proc")
    alertmanager = found["alertmanager"]
    alone = "--cluster.listen-address="
    alertmanager["entrypoint"] = ["/bin/sh", "-c", _JOIN, "alertmanager"]
    alertmanager["command"] = [
        *(option for option in alertmanager["command"] if option != alone),
        "--cluster.listen-address=0.0.0.0:9094",
        "--cluster.peer=tasks.alertmanager:9094",
        "--cluster.reconnect-timeout=5m",  # a task that was replaced never comes back under its address
    ]
    found["grafana"]["environment"] |= {
        "GF_SERVER_ROOT_URL": "${GRAFANA_URL:?https://… where people reach Grafana}",
        "GF_SECURITY_COOKIE_SECURE": "true",
        "GF_SECURITY_STRICT_TRANSPORT_SECURITY": "true",
    }
    if plan.environment.grafana is not None and plan.environment.grafana.database is not None:
        found["grafana"]["deploy"] |= {"replicas": 2, "placement": {"max_replicas_per_node": 1}}
    for name in collector_services(plan.environment.collector):
        found[name]["environment"] = {"NODE": "{{.Node.Hostname}}"}
    return found


def _socket_proxy() -> dict[str, Any]:
    """Answers what tasks there are, and nothing else of Docker's socket."""
    return service(
        "socket-proxy",
        health=asks(2375, "/_ping"),
        environment={"NETWORKS": "1", "NODES": "1", "SERVICES": "1", "TASKS": "1", "POST": "0"},
        tmpfs=["/run", "/tmp"],  # noqa: S108 - in the container
        volumes=[
            {
                "type": "bind",
                "source": "/var/run/docker.sock",
                "target": "/var/run/docker.sock",
                "read_only": True,
                "bind": {},
            }
        ],
    )


def _second(first: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a volume of its own: it scrapes and judges the same, and Alertmanager tells each alert once."""
    found = copy.deepcopy(dict(first))
    for mount in found["volumes"]:
        if mount["type"] == "volume":
            mount["source"] = _SECOND
    found["logging"]["options"]["tag"] = _SECOND
    return found


def _file(
    plan: Plan,
    names: Iterable[str],
    services: Mapping[str, dict[str, Any]],
    secrets: Iterable[str],
    built: Mapping[str, str],
) -> dict[str, Any]:
    """A stack file with some of the services, and everything that they name."""
    project = name_of(plan)
    configs = Configs(project, built, plan.stack.place)
    found = {name: of_compose(name, services[name], configs) for name in names}
    if "postgres-exporter" in found:
        configs.found["postgres-queries"] = {
            "name": f"{project}-postgres-queries{_SUFFIX}",
            "file": services["postgres-exporter"]["volumes"][0]["source"],
        }
    networks = sorted({network for own in found.values() for network in own["networks"]})
    shown = {one["source"] for own in found.values() for one in own.get("secrets", ())}
    return {
        "version": _VERSION,
        "services": found,
        "networks": {name: _network(project, name) for name in networks},
        "volumes": {name: {} for name in volumes({name: own for name, own in found.items() if "volumes" in own})},
        "configs": dict(sorted(configs.found.items())),
        **(
            {
                "secrets": {
                    name: {"external": True, "name": f"{project}-{name}{_SUFFIX}"} for name in secrets if name in shown
                }
            }
            if shown
            else {}
        ),
    }


def _network(project: str, name: str) -> dict[str, Any]:
    """Encrypted between the nodes; what other stacks join has a name that does not depend on how this is deployed."""
    found: dict[str, Any] = {"driver": "overlay", "driver_opts": {"encrypted": "true"}}
    if name == "inside":
        return {**found, "internal": True}
    return found if name == "outside" else {**found, "name": f"{project}_{name}", "attachable": True}


def _variables(chosen: Iterable[str], secrets: Iterable[str]) -> str:
    lines = [
        "# Copy this file to .env and fill it in. What is empty is demanded: nothing starts without it.",
        "",
        "# The folder on this manager from which the secrets are made, one file for each, an absolute path. The files:",
        *(f"#   {name}" for name in secrets),
        "VEDETTE_SECRETS=",
        "",
        "# Behind the name of each secret; write -2 when one has changed, make them all again, and deploy.",
        "SECRETS_VERSION=-1",
        "",
        "# Where people reach Grafana, https://…",
        "GRAFANA_URL=",
        *settings(chosen),
    ]
    return "\n".join([*lines, ""])
