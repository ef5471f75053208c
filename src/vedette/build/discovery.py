"""The scrape of a service whose targets Prometheus finds: where it looks, which it keeps, what it calls them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vedette.catalog import Kubernetes, KubernetesNodes
from vedette.formats.prometheus import RelabelConfig

if TYPE_CHECKING:
    from vedette.catalog import Discovery, Service, Swarm

__all__ = ["keys", "relabelling", "token_file"]

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

# https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod
_WHERE = {"namespace": "namespace", "pod": "pod_name", "node": "pod_node_name", "container": "pod_container_name"}


def keys(found: Discovery) -> dict[str, Any]:
    """The key of the scrape, for example ``kubernetes_sd_configs``."""
    if isinstance(found, Kubernetes):
        where = {
            "role": "pod",
            "namespaces": {"names": [found.namespace]},
            "selectors": [{"role": "pod", "label": f"{found.label}={found.app}"}],
        }
        return {"kubernetes_sd_configs": [where]}
    if isinstance(found, KubernetesNodes):
        tls: dict[str, Any] = {"ca_file": f"{_ACCOUNT}/ca.crt"} if found.verify else {"insecure_skip_verify": True}
        return {"tls_config": tls, "kubernetes_sd_configs": [{"role": "node"}]}
    return {"dockerswarm_sd_configs": [{"host": found.host, "role": "tasks", "port": found.port}]}


def token_file(found: Discovery | None) -> str:
    """What is shown to the targets: to kubelets, the token of Prometheus' own account."""
    return f"{_ACCOUNT}/token" if isinstance(found, KubernetesNodes) else ""


def relabelling(service: Service, found: Discovery) -> tuple[RelabelConfig, ...]:
    """What is kept of that, and the labels it has."""
    match found:
        case Kubernetes():
            steps = _of_kubernetes(found)
        case KubernetesNodes():
            name = "__meta_kubernetes_node_name"
            steps = tuple(RelabelConfig(source_labels=(name,), target_label=label) for label in found.adds)
        case _:
            steps = _of_swarm(found)
    own = (
        RelabelConfig(target_label=name, replacement=value.replace("$", "$$")) for name, value in service.labels.items()
    )
    return (*steps, *own)


def _keep(label: str, value: str) -> RelabelConfig:
    return RelabelConfig(action="keep", source_labels=(label,), regex=re.escape(value))


def _of_kubernetes(found: Kubernetes) -> tuple[RelabelConfig, ...]:
    meta = "__meta_kubernetes"
    return (
        _keep(f"{meta}_pod_container_port_name", found.port),
        # a pod that has ended still has its address
        RelabelConfig(action="drop", source_labels=(f"{meta}_pod_phase",), regex="Succeeded|Failed"),
        *(RelabelConfig(source_labels=(f"{meta}_{_WHERE[name]}",), target_label=name) for name in found.adds),
    )


def _of_swarm(found: Swarm) -> tuple[RelabelConfig, ...]:
    meta = "__meta_dockerswarm"
    network = (_keep(f"{meta}_network_name", found.network),) if found.network else ()
    return (
        _keep(f"{meta}_service_name", found.service),
        *network,
        _keep(f"{meta}_task_desired_state", "running"),
        RelabelConfig(source_labels=(f"{meta}_node_hostname",), target_label="node"),
    )
