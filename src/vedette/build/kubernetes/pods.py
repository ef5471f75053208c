"""A pod as all of ours are: one container that is not root, reads its root only, has no capability, and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.build.images import IMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.kubernetes.objects import Names

__all__ = ["Mount", "asks", "claim", "field", "pod", "scratch", "secret", "several", "volume", "workload"]

_USERS: Final[Mapping[str, int]] = {
    "grafana": 472,
    "loki": 10001,
    "jaeger": 10001,
    "alloy": 473,
    "redis-exporter": 59000,
}
"""The user of the image, which owns the folders in it; all others run as nobody."""

_RESOURCES: Final[Mapping[str, tuple[str, str, str]]] = {
    "prometheus": ("250m", "1", "1Gi"),
    "victoria-metrics": ("250m", "2", "2Gi"),
    "grafana": ("100m", "1", "512Mi"),
    "alertmanager": ("50m", "500m", "256Mi"),
    "loki": ("100m", "1", "1Gi"),
    "jaeger": ("100m", "1", "1Gi"),
    "alloy": ("50m", "500m", "512Mi"),
    # https://github.com/kubernetes/kube-state-metrics#resource-recommendation
    "kube-state-metrics": ("100m", "250m", "256Mi"),
}
"""CPU that is kept for it, CPU and memory at most; what is not here has the last of these."""

_SMALL: Final = ("25m", "250m", "128Mi")
_READABLE: Final = 0o440  # for the user and group of the container


class Mount(NamedTuple):
    """Something at a path of the container."""

    name: str
    path: str
    source: dict[str, Any] | None
    """None for a claim of the set's own."""
    writable: bool = False


def volume(config_map: str, path: str) -> Mount:
    """All keys of a ConfigMap as files of a folder."""
    return Mount(config_map, path, {"configMap": {"name": config_map}})


def several(name: str, path: str, sources: Sequence[dict[str, Any]]) -> Mount:
    """Several ConfigMaps in one folder."""
    return Mount(name, path, {"projected": {"sources": [{"configMap": one} for one in sources]}})


def secret(name: str, path: str) -> Mount:
    """All keys of a Secret as files of a folder."""
    return Mount(name, path, {"secret": {"secretName": name, "defaultMode": _READABLE}})


def scratch(name: str, path: str, size: str = "64Mi") -> Mount:
    """An empty folder that ends with the pod."""
    return Mount(name, path, {"emptyDir": {"sizeLimit": size}}, writable=True)


def claim(name: str, path: str) -> Mount:
    """A volume of the set's own."""
    return Mount(name, path, None, writable=True)


def field(name: str, path: str) -> dict[str, Any]:
    """A variable that tells a container of its own pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def asks(ready: str, port: str, *, alive: str = "", patience: int = 30) -> dict[str, Any]:
    """The three probes. A start may take ``patience`` times ten seconds; whether it is alive is asked after that."""
    return {
        "startupProbe": {**_get(ready, port), "periodSeconds": 10, "failureThreshold": patience},
        "readinessProbe": {**_get(ready, port), "periodSeconds": 10, "timeoutSeconds": 5},
        "livenessProbe": {
            **_get(alive or ready, port),
            "periodSeconds": 30,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
    }


def _get(path: str, port: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port}}


def pod(
    names: Names,
    app: str,
    *,
    ports: Mapping[str, int],
    probes: Mapping[str, Any],
    args: Sequence[str] = (),
    env: Sequence[Mapping[str, Any]] = (),
    mounts: Sequence[Mount] = (),
    token: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """The template of a program's pods; ``token`` where it talks to the cluster."""
    user = _USERS.get(app, 65534)
    kept, cpu, memory = _RESOURCES.get(app, _SMALL)
    container: dict[str, Any] = {
        "name": app,
        "image": IMAGES[app].reference,
        "args": list(args),
        "env": [dict(one) for one in env],
        "ports": [{"name": name, "containerPort": port} for name, port in ports.items()],
        **probes,
        "resources": {"requests": {"cpu": kept, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": one.name, "mountPath": one.path} | ({} if one.writable else {"readOnly": True}) for one in mounts
        ],
    }
    spec: dict[str, Any] = {
        "serviceAccountName": app,
        "automountServiceAccountToken": token,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **more,
        "containers": [{key: value for key, value in container.items() if value}],
        "volumes": [{"name": one.name, **one.source} for one in mounts if one.source is not None],
    }
    if not spec["volumes"]:
        del spec["volumes"]
    return {"metadata": {"labels": names.labels(app)}, "spec": spec}


def workload(kind: str, names: Names, app: str, template: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """A Deployment, StatefulSet or DaemonSet; ``size=`` gives each pod of a StatefulSet a volume ``data``."""
    size = spec.pop("size", "")
    if size:
        # what a set has written stays, even when there are fewer of them or the set is deleted
        spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": "Retain", "whenScaled": "Retain"}
        spec["volumeClaimTemplates"] = [
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "labels": names.labels(app)},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
            }
        ]
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": names.meta(app),
        "spec": {**spec, "selector": {"matchLabels": names.selector(app)}, "template": dict(template)},
    }
