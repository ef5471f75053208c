"""The files: one object each, and the kustomization that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build import probes, prometheus
from vedette.build.operator import servers
from vedette.build.operator.objects import NAMESPACE, Names, name_of
from vedette.build.operator.refused import check
from vedette.build.operator.rules import rules
from vedette.build.operator.scrapes import classes, scrapes
from vedette.build.refusal import RefusalError
from vedette.duration import format_duration
from vedette.formats import blackbox, yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.build.plan import Plan
    from vedette.formats.prometheus import PrometheusConfig

__all__ = ["files"]

_LARGEST: Final = 1_000_000
"""Bytes. A ConfigMap holds 1 MiB with all that is in it."""


def files(plan: Plan, built: Mapping[str, str]) -> dict[str, str]:
    """Path → text, all below ``operator/``; ``built`` are the other files of the build.

    Raises:
        RefusalError: the environment names something that is not there in a pod, or something is too large.
    """
    check(plan)
    names = Names(plan.stack.name)
    found: dict[str, str] = {}
    for folder, one in _objects(plan, built, names):
        name, namespace = one["metadata"]["name"], one["metadata"].get("namespace", NAMESPACE)
        kind = f"{one['kind'].lower()}-" if folder in _SERVERS else ""
        elsewhere = "" if namespace == NAMESPACE else f"-in-{namespace}"
        found[f"operator/{folder}/{kind}{name}{elsewhere}.yaml"] = yaml.write(one)
    listed = sorted(path.removeprefix("operator/") for path in found)
    found["operator/kustomization.yaml"] = yaml.write(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": listed}
    )
    return found


_SERVERS: Final = ("prometheus", "alertmanager")
"""The folders in which a name alone would not do."""


def _objects(plan: Plan, built: Mapping[str, str], names: Names) -> Iterator[tuple[str, dict[str, Any]]]:
    """Folder and object."""
    config = prometheus.config(plan)
    own = classes(plan.services, config.scrape_configs)
    for one in servers.prometheus(plan, config, own, names):
        yield "prometheus", one
    if not config.alertmanagers:
        for one in servers.alertmanager(plan, built["alertmanager/alertmanager.yml"], names):
            yield "alertmanager", one
    for one in scrapes(plan.services, config.scrape_configs, names):
        yield "scrapes", one
    for one in rules(plan, prometheus.rule_files(plan), names):
        yield "rules", one
    if modules := probes.modules(plan):
        data = {"blackbox.yml": blackbox.write(modules)}
        yield "scrapes", names.object("ConfigMap", names.of("blackbox-modules"), data=data)
    yield "dashboards", _sources(config, names)
    for path, text in built.items():
        if path.startswith("grafana/dashboards/"):
            yield "dashboards", _dashboard(plan, path.rpartition("/")[2], text, names)


def _sources(config: PrometheusConfig, names: Names) -> dict[str, Any]:
    """A ConfigMap by which the sidecar tells Grafana of the servers; none is the default, for there can be one."""

    def source(kind: str, name: str, port: int, settings: dict[str, Any]) -> dict[str, Any]:
        own = {"name": f"{kind.title()} of {names.stack}", "uid": name, "type": kind, "access": "proxy"}
        return {**own, "url": f"http://{name}.{NAMESPACE}:{port}", "editable": False, "jsonData": settings}

    interval = format_duration(config.global_.scrape_interval)
    found = [source("prometheus", names.account, 9090, {"httpMethod": "POST", "timeInterval": interval})]
    if not config.alertmanagers:
        given = {"implementation": "prometheus", "handleGrafanaManagedAlerts": False}
        found.append(source("alertmanager", names.alertmanager, 9093, given))
    text = yaml.write({"apiVersion": 1, "datasources": found})
    return names.object(
        "ConfigMap",
        names.of("datasources"),
        labels={"grafana_datasource": "1"},
        data={f"{names.server}.yaml": text},
    )


def _dashboard(plan: Plan, file: str, text: str, names: Names) -> dict[str, Any]:
    """A ConfigMap that the sidecar of Grafana's chart puts into the folder of the stack."""
    if len(text.encode()) > _LARGEST:
        raise RefusalError(
            plan.stack.place,
            f"dashboard {file}",
            f" has {len(text.encode()):,} bytes, and a ConfigMap holds {_LARGEST:,}",
            "make two packs of it",
        )
    return names.object(
        "ConfigMap",
        name_of(f"dashboard-{file.removesuffix('.json')}"),
        labels={"grafana_dashboard": "1"},
        annotations={"grafana_folder": plan.stack.name},
        data={file: text},
    )
