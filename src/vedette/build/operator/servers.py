"""The servers: a pair of Prometheus and three Alertmanagers, each with what it may do and its Service.

Alertmanager is given the built alertmanager.yml itself, as its ``configSecret``. An AlertmanagerConfig could not carry
it: the operator sets it below a route of its own, limited to alerts with the object's namespace unless the
Alertmanager says ``alertmanagerConfigMatcherStrategy: None``; it renames the receivers, and has no place for a mail
server common to all. Where no AlertmanagerConfig is selected, the operator hands the Secret on as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.images import IMAGES
from vedette.build.operator.objects import NAMESPACE
from vedette.build.secrets import alertmanager_secrets
from vedette.catalog import Kubernetes, KubernetesNodes
from vedette.duration import format_duration
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.build.operator.objects import Names
    from vedette.build.plan import Plan
    from vedette.formats.prometheus import PrometheusConfig

__all__ = ["alertmanager", "prometheus"]

_VERSION: Final = "monitoring.coreos.com/v1"
_READ: Final = ["get", "list", "watch"]
_EXEMPLARS: Final = 100_000  # Prometheus' own default
_POD: Final[dict[str, Any]] = {
    "fsGroup": 2000,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def prometheus(
    plan: Plan, built: PrometheusConfig, classes: Sequence[dict[str, Any]], names: Names
) -> list[dict[str, Any]]:
    """The pair and what it may read of the cluster."""
    chosen = {"matchLabels": names.labels}
    spec: dict[str, Any] = {
        **_server(names, "prometheus", replicas=2, cpu="1", memory="1Gi", disk="10Gi"),
        "serviceAccountName": names.account,
        "scrapeInterval": format_duration(built.global_.scrape_interval),
        "scrapeTimeout": format_duration(built.global_.scrape_timeout),
        "evaluationInterval": format_duration(built.global_.evaluation_interval),
        "externalLabels": dict(built.global_.external_labels),
        # the operator would add one more label to every alert; prometheus_replica it takes off again
        "prometheusExternalLabelName": "",
        "enableFeatures": ["exemplar-storage"],
        "exemplars": {"maxSize": _EXEMPLARS},
        "retentionSize": "8GB",
        "retention": "30d",
        "ruleSelector": chosen,
        "scrapeConfigSelector": chosen,
        "probeSelector": chosen,
        "podMonitorSelector": chosen,
        "serviceMonitorSelector": chosen,
    }
    if classes:
        spec["scrapeClasses"] = list(classes)
    found = [
        names.object("ServiceAccount", names.account),
        *_rights(plan, names),
        _service(names.account, "prometheus", 9090, names),
        _budget(names.account, "prometheus", names),
    ]
    if built.alertmanagers:
        elsewhere = f"{names.server}-alertmanagers"
        key = "alertmanagers.yaml"
        spec["additionalAlertManagerConfigs"] = {"name": elsewhere, "key": key}
        found.append(names.object("Secret", elsewhere, stringData={key: _listed(built)}))
    else:
        one = {"name": names.alertmanager, "namespace": NAMESPACE, "port": "web", "apiVersion": "v2"}
        spec["alerting"] = {"alertmanagers": [one]}
    return [*found, names.object("Prometheus", names.server, version=_VERSION, spec=spec)]


def alertmanager(plan: Plan, text: str, names: Names) -> list[dict[str, Any]]:
    """The three of them, with the built alertmanager.yml and the secrets that it reads."""
    secrets = alertmanager_secrets(plan)
    spec: dict[str, Any] = {
        **_server(names, "alertmanager", replicas=3, cpu="500m", memory="256Mi", disk="1Gi"),
        "automountServiceAccountToken": False,
        "configSecret": names.alertmanager,
    }
    if secrets:
        items = [{"key": one.name, "path": one.name} for one in secrets]
        spec["volumes"] = [{"name": "stack-secrets", "secret": {"secretName": names.secrets, "items": items}}]
        spec["volumeMounts"] = [
            {"name": "stack-secrets", "mountPath": plan.environment.secrets.rstrip("/"), "readOnly": True}
        ]
    return [
        names.object("Secret", names.alertmanager, stringData={"alertmanager.yaml": text}),
        _service(names.alertmanager, "alertmanager", 9093, names),
        _budget(names.alertmanager, "alertmanager", names),
        names.object("Alertmanager", names.server, version=_VERSION, spec=spec),
    ]


def _server(names: Names, server: str, *, replicas: int, cpu: str, memory: str, disk: str) -> dict[str, Any]:
    """What both have."""
    image = IMAGES[server].reference
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": disk}}}
    return {
        "replicas": replicas,
        "image": f"docker.io/{image}",
        "version": image.rpartition(":")[2],
        "resources": {"requests": {"cpu": "100m", "memory": memory}, "limits": {"cpu": cpu, "memory": memory}},
        "securityContext": _POD,
        "storage": {"volumeClaimTemplate": {"spec": claim}},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": _pods(names, server)},
            }
        ],
    }


def _pods(names: Names, server: str) -> dict[str, str]:
    """The labels that the operator gives the pods."""
    return {"app.kubernetes.io/instance": names.server, "app.kubernetes.io/name": server}


def _service(name: str, server: str, port: int, names: Names) -> dict[str, Any]:
    ports = [{"name": "web", "port": port, "targetPort": "web"}]
    # whoever looks at a graph stays with one of the pair: they scrape at different moments
    spec = {"selector": _pods(names, server), "ports": ports, "sessionAffinity": "ClientIP"}
    return names.object("Service", name, spec=spec)


def _budget(name: str, server: str, names: Names) -> dict[str, Any]:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": _pods(names, server)}}
    return names.object("PodDisruptionBudget", name, version="policy/v1", spec=spec)


def _listed(built: PrometheusConfig) -> str:
    """``- static_configs: …``: the list that prometheus.yml has below ``alertmanagers``."""
    lines = yaml.write({"alertmanagers": [dict(one) for one in built.alertmanagers]}).splitlines()[1:]
    return "".join(f"{line[2:]}\n" for line in lines)


def _rights(plan: Plan, names: Names) -> list[dict[str, Any]]:
    """A role in each namespace in which it finds something, and one of the cluster where that is nodes."""
    where: dict[str, list[dict[str, Any]]] = {}
    if not plan.environment.alertmanagers:
        where[NAMESPACE] = [
            {"apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": _READ},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _READ},
        ]
    for service in plan.services:
        if isinstance(service.discovery, Kubernetes):
            pods = {"apiGroups": [""], "resources": ["pods"], "verbs": _READ}
            where.setdefault(service.discovery.namespace, [pods])
    found: list[dict[str, Any]] = []
    for namespace in sorted(where):
        role = names.object("Role", names.account, version=_RBAC, rules=where[namespace])
        bound = _binding("RoleBinding", "Role", names)
        for one in (role, bound):
            one["metadata"]["namespace"] = namespace
        found += [role, bound]
    if any(isinstance(service.discovery, KubernetesNodes) for service in plan.services):
        rules = [
            {"apiGroups": [""], "resources": ["nodes"], "verbs": _READ},
            {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        ]
        role = names.object("ClusterRole", names.account, version=_RBAC, rules=rules)
        bound = _binding("ClusterRoleBinding", "ClusterRole", names)
        for one in (role, bound):
            del one["metadata"]["namespace"]
        found += [role, bound]
    return found


_RBAC: Final = "rbac.authorization.k8s.io/v1"


def _binding(kind: str, role: str, names: Names) -> dict[str, Any]:
    return names.object(
        kind,
        names.account,
        version=_RBAC,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": names.account},
        subjects=[{"kind": "ServiceAccount", "name": names.account, "namespace": NAMESPACE}],
    )
