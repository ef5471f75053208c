"""The exporters that a stack can name: what each runs, and where it listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.kubernetes.pods import Mount, asks, field, pod, secret, volume, workload
from vedette.catalog import Kubernetes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["OF_YOURS", "PORTS", "exporter", "named"]

PORTS: Final[Mapping[str, int]] = {
    "node-exporter": 9100,
    "kube-state-metrics": 8080,
    "blackbox-exporter": 9115,
    "postgres-exporter": 9187,
    "redis-exporter": 9121,
    "pushgateway": 9091,
}
"""Exporter → its port, which its pods call ``metrics``."""

OF_YOURS: Final[Mapping[str, str]] = {"postgres-exporter": "postgres-exporter-queries"}
"""Exporter → the ConfigMap that it reads and no build has."""

_SECRETS: Final = "/etc/secrets"

_WATCHED: Final = "daemonsets,deployments,horizontalpodautoscalers,jobs,nodes,persistentvolumeclaims,pods,statefulsets"
"""What the pack ``kubernetes`` asks for, and what kube-state-metrics may look at."""

# node_exporter's own list, and what the kubelet mounts for pods, of which it tells itself
_NOT_OF_THE_NODE: Final = "^/(dev|proc|sys|run/.+|var/lib/(containerd|containers|docker|kubelet)/.+)($|/)"


def named(plan: Plan, names: Names) -> list[str]:
    """The exporters that the targets and discoveries of the stack name."""
    still = [service for service in plan.services if not service.discovery]
    found = {target.rpartition(":")[0] for service in still for target in service.targets}
    for service in plan.services:
        where = service.discovery
        if isinstance(where, Kubernetes) and where.app in PORTS and where.namespace == names.home(where.app):
            found.add(where.app)
    return [name for name in PORTS if name in found]


def exporter(plan: Plan, names: Names, app: str) -> list[dict[str, Any]]:
    """The objects of one of them."""
    own = {
        "node-exporter": _node,
        "kube-state-metrics": _kube_state_metrics,
        "blackbox-exporter": _blackbox,
        "postgres-exporter": _postgres,
        "redis-exporter": _redis,
        "pushgateway": _pushgateway,
    }[app]
    return [names.account(app), *own(plan, names)]


def _one(names: Names, app: str, template: dict[str, Any], **spec: Any) -> list[dict[str, Any]]:
    return [
        names.service(app, {"metrics": PORTS[app]}),
        workload("Deployment", names, app, template, replicas=1, **spec),
    ]


def _node(_: Plan, names: Names) -> list[dict[str, Any]]:
    """On each node, with the node's network, processes and files, to tell of the node and not of a container."""
    template = pod(
        names,
        "node-exporter",
        ports={"metrics": 9100},
        probes=asks("/", "metrics"),
        args=[
            "--path.rootfs=/host",
            "--web.listen-address=$(HOST_IP):9100",
            f"--collector.filesystem.mount-points-exclude={_NOT_OF_THE_NODE}",
        ],
        env=[field("HOST_IP", "status.hostIP")],
        mounts=[Mount("root", "/host", {"hostPath": {"path": "/"}})],
        hostNetwork=True,
        hostPID=True,
        tolerations=[{"operator": "Exists"}],
    )
    template["spec"]["containers"][0]["volumeMounts"][0]["mountPropagation"] = "HostToContainer"
    return [workload("DaemonSet", names, "node-exporter", template)]


def _kube_state_metrics(_: Plan, names: Names) -> list[dict[str, Any]]:
    template = pod(
        names,
        "kube-state-metrics",
        ports={"metrics": 8080, "telemetry": 8081},
        probes=asks("/readyz", "telemetry", alive="/livez"),
        token=True,
        args=["--port=8080", "--telemetry-port=8081", f"--resources={_WATCHED}"],
    )
    # alive is asked where it serves, ready where it tells of itself
    template["spec"]["containers"][0]["livenessProbe"]["httpGet"]["port"] = "metrics"
    return _one(names, "kube-state-metrics", template)


def _blackbox(plan: Plan, names: Names) -> list[dict[str, Any]]:
    pings = any(probe.how().prober == "icmp" for service in plan.services for probe in service.probes)
    # lets every user ping, which needs a capability otherwise; the profile ``restricted`` allows it
    ping = {"sysctls": [{"name": "net.ipv4.ping_group_range", "value": "0 2147483647"}]} if pings else {}
    template = pod(
        names,
        "blackbox-exporter",
        ports={"metrics": 9115},
        probes=asks("/-/healthy", "metrics"),
        args=["--config.file=/etc/blackbox/blackbox.yml"],
        mounts=[volume("blackbox-exporter", "/etc/blackbox")],
    )
    template["spec"]["securityContext"] |= ping
    return _one(names, "blackbox-exporter", template)


def _postgres(_: Plan, names: Names) -> list[dict[str, Any]]:
    files = {"URI": "postgres_uri", "USER": "postgres_user", "PASS": "postgres_password"}
    template = pod(
        names,
        "postgres-exporter",
        ports={"metrics": 9187},
        probes=asks("/", "metrics"),
        args=["--extend.query-path=/etc/postgres_exporter/queries.yml"],
        env=[{"name": f"DATA_SOURCE_{what}_FILE", "value": f"{_SECRETS}/{key}"} for what, key in files.items()],
        mounts=[
            volume(OF_YOURS["postgres-exporter"], "/etc/postgres_exporter"),
            secret("postgres-exporter-secrets", _SECRETS),
        ],
    )
    return _one(names, "postgres-exporter", template)


def _redis(_: Plan, names: Names) -> list[dict[str, Any]]:
    address = {"secretKeyRef": {"name": "redis-exporter-secrets", "key": "redis_addr"}}
    template = pod(
        names,
        "redis-exporter",
        ports={"metrics": 9121},
        probes=asks("/health", "metrics"),
        env=[
            {"name": "REDIS_ADDR", "valueFrom": address},
            {"name": "REDIS_PASSWORD_FILE", "value": f"{_SECRETS}/redis_passwords"},
        ],
        mounts=[secret("redis-exporter-secrets", _SECRETS)],
    )
    return _one(names, "redis-exporter", template)


def _pushgateway(_: Plan, names: Names) -> list[dict[str, Any]]:
    """What was pushed outlives the pod."""
    data = {"persistentVolumeClaim": {"claimName": "pushgateway"}}
    template = pod(
        names,
        "pushgateway",
        ports={"metrics": 9091},
        probes=asks("/-/ready", "metrics", alive="/-/healthy"),
        args=["--persistence.file=/pushgateway/state"],
        mounts=[Mount("data", "/pushgateway", data, writable=True)],
    )
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": names.meta("pushgateway"),
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
        *_one(names, "pushgateway", template, strategy={"type": "Recreate"}),
    ]
