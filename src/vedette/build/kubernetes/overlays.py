"""What differs between a desk and production, and what can be added: long-term storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from vedette.build.kubernetes.configuration import REPLICA, alloy_for, generated, scrape_configuration
from vedette.build.kubernetes.given import TLS
from vedette.build.kubernetes.network import INGRESS, policy
from vedette.build.kubernetes.objects import documents
from vedette.build.kubernetes.pods import asks, claim, pod, scratch, workload
from vedette.build.kubernetes.servers import shared_grafana
from vedette.duration import format_duration, milliseconds
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["development", "long_term", "production"]

_KUSTOMIZE: Final = "kustomize.config.k8s.io"
_SPREAD: Final = (("kubernetes.io/hostname", "DoNotSchedule"), ("topology.kubernetes.io/zone", "ScheduleAnyway"))
"""Never two of a kind on one node, and in several zones where there are."""


def _patch(kind: str, name: str, operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A patch that says where; the names of the things patched never change."""
    return {"target": {"kind": kind, "name": name}, "patch": _listed(operations)}


def _merge(kind: str, name: str, spec: Mapping[str, Any], api: str = "apps/v1") -> dict[str, Any]:
    """A patch that says what."""
    whole = {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **spec}
    return {"target": {"kind": kind, "name": name}, "patch": yaml.write(whole)}


def _listed(operations: Sequence[Mapping[str, Any]]) -> str:
    text = yaml.write({"all": list(operations)}).splitlines()[1:]
    return "\n".join([*(line[2:] for line in text), ""])


def _replaced(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def _sizes(sizes: Mapping[str, str]) -> list[dict[str, Any]]:
    path = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage"
    return [_patch("StatefulSet", app, [_replaced(path, size)]) for app, size in sizes.items()]


def _container(app: str, **own: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": app, **own}]}}}}


def _variables(app: str, **values: str) -> dict[str, Any]:
    return _container(app, env=[{"name": name, "value": value} for name, value in values.items()])


def _resources(app: str, cpu: str, most: str, memory: str) -> dict[str, Any]:
    sizes = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": most, "memory": memory}}
    return _container(app, resources=sizes)


def development(names: Names) -> dict[str, str]:
    """One Prometheus, small volumes, and a mail catcher."""
    sizes = {"prometheus": "5Gi", "loki": "5Gi", "jaeger": "2Gi"}
    whole = {
        "apiVersion": f"{_KUSTOMIZE}/v1beta1",
        "kind": "Kustomization",
        "resources": ["../../base", "mailpit.yaml"],
        "configMapGenerator": [generated(names, "alloy", ["config.alloy"], behavior="merge")],
        "patches": [
            _merge("StatefulSet", "prometheus", {"spec": {"replicas": 1}}),
            _merge("StatefulSet", "prometheus", _variables("prometheus", RETENTION="7d", RETENTION_SIZE="3GB")),
            *(_merge("StatefulSet", app, _resources(app, "50m", "1", "512Mi")) for app in sizes),
            *_sizes(sizes),
        ],
    }
    return {
        "overlays/development/kustomization.yaml": yaml.write(whole),
        "overlays/development/config.alloy": alloy_for(1),
        "overlays/development/mailpit.yaml": documents(_mail_catcher(names)),
    }


def _mail_catcher(names: Names) -> list[dict[str, Any]]:
    """Takes every letter and shows it; nothing leaves the cluster."""
    ports = {"smtp": 1025, "http": 8025}
    template = pod(
        names,
        "mailpit",
        ports=ports,
        probes=asks("/readyz", "http", alive="/livez"),
        env=[{"name": "MP_DISABLE_VERSION_CHECK", "value": "true"}],
        mounts=[scratch("tmp", "/tmp")],  # noqa: S108 - in the container
    )
    peers = {app: [{"podSelector": {"matchLabels": names.selector(app)}}] for app in ("alertmanager", "mailpit")}
    smtp = [{"protocol": "TCP", "port": 1025}]
    to_it = policy(names, "alertmanager", egress=[{"to": peers["mailpit"], "ports": smtp}])
    to_it["metadata"] = names.meta("alertmanager", "alertmanager-to-mailpit")
    to_it["spec"]["policyTypes"] = ["Egress"]
    return [
        names.account("mailpit"),
        names.service("mailpit", ports),
        workload("Deployment", names, "mailpit", template, replicas=1),
        policy(names, "mailpit", ingress=[{"from": peers["alertmanager"], "ports": smtp}]),
        to_it,
    ]


def production(plan: Plan, names: Names, alertmanagers: int) -> dict[str, str]:
    """Grafana behind TLS by its name, room for more, and no two of a kind on one node."""
    url = urlsplit(plan.environment.grafana_url)
    path = url.path or "/"
    settings = {
        "GF_SERVER_ROOT_URL": plan.environment.grafana_url,
        "GF_SECURITY_COOKIE_SECURE": "true",
        "GF_SECURITY_STRICT_TRANSPORT_SECURITY": "true",
        **({"GF_SERVER_SERVE_FROM_SUB_PATH": "true"} if path != "/" else {}),
    }
    whole = {
        "apiVersion": f"{_KUSTOMIZE}/v1beta1",
        "kind": "Kustomization",
        "resources": ["../../base", "ingress.yaml"],
        "patches": [
            _merge("Deployment", "grafana", _variables("grafana", **settings)),
            _merge("StatefulSet", "prometheus", _variables("prometheus", RETENTION="30d", RETENTION_SIZE="80GB")),
            _merge("StatefulSet", "prometheus", _resources("prometheus", "1", "2", "4Gi")),
            _merge("StatefulSet", "loki", _resources("loki", "500m", "2", "2Gi")),
            *_sizes({"prometheus": "100Gi", "loki": "100Gi", "jaeger": "50Gi"}),
            _spread(names, "StatefulSet", "prometheus"),
            *([_spread(names, "StatefulSet", "alertmanager")] if alertmanagers > 1 else []),
            *([_spread(names, "Deployment", "grafana")] if shared_grafana(plan) else []),
        ],
    }
    return {
        "overlays/production/kustomization.yaml": yaml.write(whole),
        "overlays/production/ingress.yaml": documents(_ingress(names, url.hostname or "", path)),
    }


def _spread(names: Names, kind: str, app: str) -> dict[str, Any]:
    rules = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": otherwise,
            "labelSelector": {"matchLabels": names.selector(app)},
        }
        for key, otherwise in _SPREAD
    ]
    return _merge(kind, app, {"spec": {"template": {"spec": {"topologySpreadConstraints": rules}}}})


def _ingress(names: Names, host: str, path: str) -> list[dict[str, Any]]:
    backend = {"service": {"name": "grafana", "port": {"name": "http"}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": names.meta("grafana"),
        "spec": {
            "tls": [{"hosts": [host], "secretName": TLS}],
            "rules": [{"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}],
        },
    }
    controller = [{"namespaceSelector": {"matchLabels": {INGRESS: "true"}}}]
    from_it = policy(names, "grafana", ingress=[{"from": controller, "ports": [{"protocol": "TCP", "port": 3000}]}])
    from_it["metadata"] = names.meta("grafana", "grafana-from-ingress")
    from_it["spec"]["policyTypes"] = ["Ingress"]
    return [ingress, from_it]


def long_term(plan: Plan, names: Names) -> dict[str, str]:
    """Every sample of the pair, once, in VictoriaMetrics."""
    template = pod(
        names,
        "victoria-metrics",
        ports={"http": 8428},
        probes=asks("/health", "http"),
        args=[
            "-storageDataPath=/victoria-metrics",
            "-retentionPeriod=2y",
            "-httpListenAddr=:8428",
            # both of the pair send each series: of what comes within one scrape, one sample stays
            f"-dedup.minScrapeInterval={format_duration(milliseconds(plan.environment.scrape_interval))}",
        ],
        mounts=[scratch("tmp", "/tmp"), claim("data", "/victoria-metrics")],  # noqa: S108 - in the container
        terminationGracePeriodSeconds=120,
    )
    remote_write = {
        "url": "http://victoria-metrics:8428/api/v1/write",
        "write_relabel_configs": [{"action": "labeldrop", "regex": REPLICA}],
    }
    source = {
        "name": "Long-term",
        "uid": "long-term",
        "type": "prometheus",
        "access": "proxy",
        "url": "http://victoria-metrics:8428",
        "editable": False,
        "jsonData": {"httpMethod": "POST"},
    }
    itself, *asking = (
        {"podSelector": {"matchLabels": names.selector(app)}} for app in ("victoria-metrics", "prometheus", "grafana")
    )
    port = [{"protocol": "TCP", "port": 8428}]
    whole = {
        "apiVersion": f"{_KUSTOMIZE}/v1alpha1",
        "kind": "Component",
        "resources": ["victoria-metrics.yaml"],
        "configMapGenerator": [
            generated(names, "prometheus", ["prometheus.yml"], behavior="merge"),
            generated(names, "grafana-datasources", ["long-term.yaml"], behavior="merge"),
        ],
    }
    objects = [
        names.account("victoria-metrics"),
        names.service("victoria-metrics", {"http": 8428}),
        workload(
            "StatefulSet",
            names,
            "victoria-metrics",
            template,
            serviceName="victoria-metrics",
            replicas=1,
            size="200Gi",
        ),
        policy(names, "victoria-metrics", ingress=[{"from": asking, "ports": port}]),
        *(_also(names, app, [{"to": [itself], "ports": port}]) for app in ("prometheus", "grafana")),
    ]
    return {
        "components/long-term/kustomization.yaml": yaml.write(whole),
        "components/long-term/prometheus.yml": scrape_configuration(plan, remote_write=[remote_write]),
        "components/long-term/long-term.yaml": yaml.write({"apiVersion": 1, "datasources": [source]}),
        "components/long-term/victoria-metrics.yaml": documents(objects),
    }


def _also(names: Names, app: str, egress: list[dict[str, Any]]) -> dict[str, Any]:
    """What a program may beside what the base lets it."""
    found = policy(names, app, egress=egress)
    found["metadata"] = names.meta(app, f"{app}-to-victoria-metrics")
    found["spec"]["policyTypes"] = ["Egress"]
    return found
