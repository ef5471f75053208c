"""The scrapes: a ScrapeConfig for each service, and a Probe for each module of one that asks endpoints.

A ScrapeConfig, not a ServiceMonitor: it names any target, it finds pods as prometheus.yml does, and all it adds to a
target is the label ``job``. A ServiceMonitor needs a Service of Kubernetes and adds ``namespace``, ``service``,
``pod``, ``container`` and ``endpoint``, so that the same target would be another series.

https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.ScrapeConfig
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.discovery import token_file
from vedette.catalog import KubernetesNodes
from vedette.duration import format_duration
from vedette.formats.prometheus import RelabelConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vedette.build.operator.objects import Names
    from vedette.catalog import Service
    from vedette.formats.prometheus import ScrapeConfig, TargetGroup

__all__ = ["classes", "scrapes"]

_MONITORING: Final = "monitoring.coreos.com"
_ROLES: Final = {"pod": "Pod", "node": "Node", "tasks": "Tasks"}
"""A role of discovery → the operator's name for it."""

_NO_NAMESPACE: Final = {"action": "labeldrop", "regex": "namespace"}
"""The operator gives each endpoint of a Probe the Probe's own namespace as a label; prometheus.yml does not."""


def scrapes(services: Sequence[Service], built: Sequence[ScrapeConfig], names: Names) -> Iterator[dict[str, Any]]:
    """The objects of the built scrapes, service by service."""
    for service, scrape in zip(services, built, strict=True):
        if service.probes:
            for group in scrape.static_configs:
                yield _probe(service, scrape, group, names)
        else:
            yield _scrape(service, scrape, names)


def classes(services: Sequence[Service], built: Sequence[ScrapeConfig]) -> list[dict[str, Any]]:
    """What may be read from the file system of Prometheus: to kubelets it shows the token of its own account.

    An object of the operator cannot name a file; only whoever owns the Prometheus can, as a class of scrapes.
    """
    found: dict[str, dict[str, Any]] = {}
    for service, scrape in zip(services, built, strict=True):
        if isinstance(service.discovery, KubernetesNodes):
            tls = scrape.other["tls_config"]
            found[_class(service.discovery)] = {
                "name": _class(service.discovery),
                "authorization": {"credentialsFile": token_file(service.discovery)},
                "tlsConfig": {"caFile": tls["ca_file"]} if "ca_file" in tls else {"insecureSkipVerify": True},
            }
    return [found[name] for name in sorted(found)]


def _class(nodes: KubernetesNodes) -> str:
    return "kubelets-verified" if nodes.verify else "kubelets"


def _scrape(service: Service, scrape: ScrapeConfig, names: Names) -> dict[str, Any]:
    other = scrape.other
    spec: dict[str, Any] = {
        "jobName": scrape.job_name,
        "metricsPath": scrape.metrics_path,
        "scheme": "HTTPS" if scrape.scheme == "https" else "",
        **_times(scrape, "scrapeInterval"),
        **_authorization(service, names),
        "staticConfigs": [_static(group) for group in scrape.static_configs],
        "kubernetesSDConfigs": [_pods(found) for found in other.get("kubernetes_sd_configs", ())],
        "dockerSwarmSDConfigs": [
            {"host": found["host"], "role": _ROLES[found["role"]], "port": found["port"]}
            for found in other.get("dockerswarm_sd_configs", ())
        ],
        "relabelings": _steps(scrape.relabel_configs),
        "metricRelabelings": _steps(scrape.metric_relabel_configs),
        **_histograms(scrape),
    }
    if isinstance(service.discovery, KubernetesNodes):
        spec["scrapeClass"] = _class(service.discovery)
    return names.object(
        "ScrapeConfig",
        names.of(service.name),
        version=f"{_MONITORING}/v1alpha1",
        spec={key: value for key, value in spec.items() if value},
    )


def _probe(service: Service, scrape: ScrapeConfig, group: TargetGroup, names: Names) -> dict[str, Any]:
    labels = dict(group.labels)
    module = labels.pop("__param_module")
    static: dict[str, Any] = {"static": list(group.targets)}
    if labels:
        static["labels"] = labels
    if "namespace" not in labels:
        static["relabelingConfigs"] = [_NO_NAMESPACE]
    scheme = {"scheme": "https"} if scrape.scheme == "https" else {}
    spec: dict[str, Any] = {
        "jobName": scrape.job_name,
        "prober": {"url": service.targets[0], **scheme, "path": scrape.metrics_path},
        "module": module,
        "targets": {"staticConfig": static},
        **_times(scrape, "interval"),
        **_authorization(service, names),
        **_histograms(scrape),
    }
    if steps := _steps(scrape.metric_relabel_configs):
        spec["metricRelabelings"] = steps
    return names.object("Probe", names.of(f"{service.name}-{module}"), version=f"{_MONITORING}/v1", spec=spec)


def _times(scrape: ScrapeConfig, interval: str) -> dict[str, str]:
    given = {interval: scrape.scrape_interval, "scrapeTimeout": scrape.scrape_timeout}
    return {key: format_duration(value) for key, value in given.items() if value}


def _authorization(service: Service, names: Names) -> dict[str, Any]:
    if service.token is None:
        return {}
    return {"authorization": {"credentials": {"name": names.secrets, "key": service.token.name}}}


def _static(group: TargetGroup) -> dict[str, Any]:
    found: dict[str, Any] = {"targets": list(group.targets)}
    return {**found, "labels": dict(group.labels)} if group.labels else found


def _pods(found: dict[str, Any]) -> dict[str, Any]:
    selectors = [{"role": _ROLES[one["role"]], "label": one["label"]} for one in found.get("selectors", ())]
    own: dict[str, Any] = {"role": _ROLES[found["role"]]}
    if "namespaces" in found:
        own["namespaces"] = found["namespaces"]
    return {**own, "selectors": selectors} if selectors else own


def _histograms(scrape: ScrapeConfig) -> dict[str, bool]:
    old, new = "scrape_classic_histograms", "always_scrape_classic_histograms"
    return {"scrapeClassicHistograms": True} if scrape.other.get(old) or scrape.other.get(new) else {}


_STEP: Final = {
    "source_labels": "sourceLabels",
    "separator": "separator",
    "regex": "regex",
    "modulus": "modulus",
    "target_label": "targetLabel",
    "replacement": "replacement",
    "action": "action",
}
"""A key of relabelling → the operator's name for it."""


def _steps(steps: Iterable[RelabelConfig]) -> list[dict[str, Any]]:
    """As prometheus.yml has them: what has its default value is left out."""
    default = RelabelConfig()
    given = (
        {spelt: getattr(step, key) for key, spelt in _STEP.items() if getattr(step, key) != getattr(default, key)}
        for step in steps
    )
    return [{key: list(value) if isinstance(value, tuple) else value for key, value in one.items()} for one in given]
