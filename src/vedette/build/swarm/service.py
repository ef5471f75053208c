"""A service of the compose project as a service of a Swarm: where its tasks run, how many, how they are replaced."""

from __future__ import annotations

import copy
import posixpath
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.swarm.configs import Configs

__all__ = ["FIRST", "GLOBAL", "of_compose"]

GLOBAL: Final = ("alloy", "cadvisor", "node-exporter", "otel-collector", "promtail")
"""One task on every node: what they tell is of the node."""

FIRST: Final = "node.labels.vedette == 1"
"""The node that holds the data: a volume is a folder of one node, and does not follow its task."""

_PLACES: Final[Mapping[str, dict[str, Any]]] = {
    **{name: {"constraints": [FIRST]} for name in ("grafana", "jaeger", "loki", "prometheus", "pushgateway")},
    "prometheus-2": {"constraints": ["node.labels.vedette == 2"]},
    "alertmanager": {"max_replicas_per_node": 1},
    "socket-proxy": {"constraints": ["node.role == manager"]},
}

_REPLICAS: Final[Mapping[str, int]] = {"alertmanager": 3}

_STARTS_SLOWLY: Final = ("loki", "prometheus", "prometheus-2")
"""They read their log of writes before they are ready; Swarm would end a task that is not healthy in time."""

_APPLICATIONS: Final = ("alloy", "otel-collector", "prometheus", "prometheus-2", "pushgateway")
"""What other stacks reach, or are reached by."""

# https://docs.docker.com/reference/cli/docker/stack/deploy/ ignores them, or has another word for them
_NOT_OF_A_SWARM: Final = ("extra_hosts", "networks", "pid", "ports", "restart", "security_opt", "volumes")


def of_compose(name: str, own: Mapping[str, Any], configs: Configs) -> dict[str, Any]:
    """The same image, command, settings, limits and health; files as configs, ``deploy`` and networks of a Swarm."""
    found = {key: copy.deepcopy(value) for key, value in own.items() if key not in _NOT_OF_A_SWARM}
    networks = [*own["networks"], *(["applications"] if name in _APPLICATIONS else [])]
    found["networks"] = [*networks, *(["front"] if name == "grafana" else [])]
    mounts: list[dict[str, Any]] = []
    files: list[dict[str, str]] = []
    for mount in own.get("volumes", ()):
        if mount["type"] == "volume":
            mounts.append(dict(mount))
        elif mount["source"].startswith("."):
            files += configs.below(posixpath.normpath(f"swarm/{mount['source']}"), mount["target"])
        elif mount["source"].startswith("$"):
            files.append({"source": "postgres-queries", "target": mount["target"]})
        else:
            mounts.append(_of_the_node(mount))
    if mounts:
        found["volumes"] = mounts
    if files:
        found["configs"] = files
    if name in _STARTS_SLOWLY:
        found["healthcheck"]["start_period"] = "10m"
    found["deploy"] = {**_deploy(name), **own["deploy"]}
    return found


def _of_the_node(mount: Mapping[str, Any]) -> dict[str, Any]:
    """A folder of the node; that it is missing is an error on a Swarm anyhow."""
    found = {key: value for key, value in mount.items() if key != "bind"}
    more = {key: value for key, value in mount["bind"].items() if key != "create_host_path"}
    return {**found, "bind": more} if more else found


def _deploy(name: str) -> dict[str, Any]:
    """One task at a time is replaced, the old one ended first, for two cannot have one volume; back if it fails."""
    mode: dict[str, Any] = (
        {"mode": "global"} if name in GLOBAL else {"mode": "replicated", "replicas": _REPLICAS.get(name, 1)}
    )
    return {
        **mode,
        **({"placement": copy.deepcopy(_PLACES[name])} if name in _PLACES else {}),
        "update_config": {
            "parallelism": 1,
            "delay": "10s",
            "order": "stop-first",
            "failure_action": "rollback",
            "monitor": "60s",
        },
        "rollback_config": {"parallelism": 1, "order": "stop-first"},
        "restart_policy": {"condition": "any", "delay": "5s"},
    }
