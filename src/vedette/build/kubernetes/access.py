"""Who may ask the cluster for what: Prometheus as far as it finds targets, Alloy the pods' logs, kube-state-metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.catalog import Kubernetes, KubernetesNodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["discovers", "rights"]

_API = "rbac.authorization.k8s.io"
_FIND = ["get", "list", "watch"]


def discovers(plan: Plan) -> bool:
    """Whether Prometheus asks the cluster for targets."""
    return any(service.discovery for service in plan.services)


def rights(plan: Plan, names: Names, chosen: Sequence[str]) -> list[dict[str, Any]]:
    """Roles and to whom they are given. Prometheus may look into those namespaces only that a discovery names."""
    found = [service.discovery for service in plan.services if service.discovery]
    where = sorted({one.namespace for one in found if isinstance(one, Kubernetes)})
    objects: list[dict[str, Any]] = []
    for namespace in where:
        objects += _granted(names, "prometheus", [_rule("", ["pods"], _FIND)], namespace)
    if any(isinstance(one, KubernetesNodes) for one in found):
        objects += _granted(names, "prometheus", [_rule("", ["nodes"], _FIND), _rule("", ["nodes/metrics"], ["get"])])
    objects += _granted(names, "alloy", [_rule("", ["pods"], _FIND), _rule("", ["pods/log"], ["get"])])
    if "kube-state-metrics" in chosen:
        watch = ["list", "watch"]
        objects += _granted(
            names,
            "kube-state-metrics",
            [
                _rule("", ["nodes", "persistentvolumeclaims", "pods"], watch),
                _rule("apps", ["daemonsets", "deployments", "statefulsets"], watch),
                _rule("autoscaling", ["horizontalpodautoscalers"], watch),
                _rule("batch", ["jobs"], watch),
            ],
        )
    return objects


def _rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _granted(names: Names, app: str, rules: list[dict[str, Any]], namespace: str = "") -> list[dict[str, Any]]:
    """A role and who has it: in one namespace, or in the whole cluster."""
    kind = "Role" if namespace else "ClusterRole"
    # what is of the cluster, or lies in others' namespaces, says whose it is; and where, so that its name is its own
    name = f"{names.namespace}-{app}-in-{namespace}" if namespace else f"{names.namespace}-{app}"
    meta: dict[str, Any] = {"name": name, "labels": names.labels(app)}
    if namespace:
        meta = {"name": name, "namespace": namespace, "labels": names.labels(app)}
    return [
        {"apiVersion": f"{_API}/v1", "kind": kind, "metadata": meta, "rules": rules},
        {
            "apiVersion": f"{_API}/v1",
            "kind": f"{kind}Binding",
            "metadata": dict(meta),
            "roleRef": {"apiGroup": _API, "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": app, "namespace": names.home(app)}],
        },
    ]
