"""The built files as ConfigMaps: which file is in which, none above what a ConfigMap can hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from vedette.build import prometheus, provisioning, telemetry
from vedette.build.grafana_server import login_files
from vedette.build.kubernetes.servers import REPLICAS, shown_at
from vedette.build.kubernetes.telemetry import alloy_config
from vedette.build.refusal import RefusalError
from vedette.formats import prometheus as prometheus_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["LIMIT", "REPLICA", "alloy_for", "contents", "generated", "maps", "scrape_configuration", "sources"]

LIMIT: Final = 1_000_000
"""Bytes in one ConfigMap: the cluster takes 1 MiB, with its own notes beside."""

REPLICA: Final = "prometheus_replica"
"""The external label by which the samples of a pair are told apart."""

_RULES: Final = "prometheus/rules/"
_DASHBOARDS: Final = "grafana/dashboards/"


def scrape_configuration(plan: Plan, **other: Any) -> str:
    """``prometheus.yml`` of a pair: samples say whose they are, alerts do not, so that those of both are the same."""
    found = prometheus.config(plan)
    labels = {**found.global_.external_labels, REPLICA: "${POD_NAME}"}
    dropped = prometheus_file.RelabelConfig(action="labeldrop", regex=REPLICA)
    pair = replace(
        found,
        global_=replace(found.global_, external_labels=labels),
        alert_relabel_configs=(*found.alert_relabel_configs, dropped),
        other={**found.other, **other},
    )
    return prometheus_file.write(pair)


def alloy_for(replicas: int) -> str:
    """``config.alloy`` that sends to each Prometheus of so many."""
    return alloy_config(f"prometheus-{number}.prometheus-replicas" for number in range(replicas))


def contents(plan: Plan, built: Mapping[str, str]) -> dict[str, str]:
    """Path below the base → text: all that is read by what runs.

    The files stand there again, because kustomize reads nothing outside its own folder: ``kubectl apply -k`` has no
    option for it, and tools that deploy from Git have it switched off.
    """
    return {
        "prometheus/prometheus.yml": scrape_configuration(plan),
        **{path: text for path, text in built.items() if path.startswith((_RULES, _DASHBOARDS))},
        "alertmanager/alertmanager.yml": built["alertmanager/alertmanager.yml"],
        "grafana/datasources/vedette.yaml": provisioning.datasources(plan),
        "grafana/providers/vedette.yaml": provisioning.dashboards(plan),
        **{f"grafana/ldap/{name}": text for name, text in login_files(plan.environment, shown_at).items()},
        "loki/loki.yaml": telemetry.loki(),
        "jaeger/config.yaml": telemetry.jaeger(),
        "alloy/config.alloy": alloy_for(REPLICAS),
        **({"blackbox/blackbox.yml": built["blackbox/blackbox.yml"]} if "blackbox/blackbox.yml" in built else {}),
    }


def maps(plan: Plan, files: Mapping[str, str], chosen: Sequence[str]) -> dict[str, list[str]]:
    """ConfigMap → the paths of its files.

    Raises:
        RefusalError: one file is too big for any.
    """
    for path, text in files.items():
        size = len(text.encode())
        if size > LIMIT:
            raise RefusalError(
                plan.stack.place,
                f"stack {plan.stack.name!r}",
                f" has {path} of {size:,} bytes, and a ConfigMap holds at most {LIMIT:,}",
                "divide the pack it comes from into two",
            )
    found = {
        "prometheus": ["prometheus/prometheus.yml"],
        **_divided("prometheus-rules", {path: text for path, text in files.items() if path.startswith(_RULES)}),
        "alertmanager": ["alertmanager/alertmanager.yml"],
        "grafana-datasources": ["grafana/datasources/vedette.yaml"],
        "grafana-providers": ["grafana/providers/vedette.yaml"],
        **_divided("grafana-dashboards", {path: text for path, text in files.items() if path.startswith(_DASHBOARDS)}),
        "loki": ["loki/loki.yaml"],
        "jaeger": ["jaeger/config.yaml"],
        "alloy": ["alloy/config.alloy"],
    }
    if ldap := [path for path in files if path.startswith("grafana/ldap/")]:
        found["grafana-ldap"] = ldap
    if "blackbox-exporter" in chosen:
        found["blackbox-exporter"] = ["blackbox/blackbox.yml"]
    return found


def _divided(name: str, files: Mapping[str, str]) -> dict[str, list[str]]:
    """As few ConfigMaps as hold the files in their order."""
    found: list[list[str]] = []
    room = 0
    for path, text in files.items():
        size = len(text.encode())
        if size > room:
            found.append([])
            room = LIMIT
        found[-1].append(path)
        room -= size
    return {f"{name}-{number}": paths for number, paths in enumerate(found, 1)}


def generated(names: Names, config_map: str, paths: Sequence[str], **more: str) -> dict[str, Any]:
    """What ``kustomization.yaml`` says of one ConfigMap."""
    return {"name": config_map, "namespace": names.namespace, **more, "files": list(paths)}


def sources(found: Mapping[str, Sequence[str]], prefix: str, folder: str = "") -> list[dict[str, Any]]:
    """The ConfigMaps of a kind as sources of one folder, or of a folder within it."""
    return [
        {"name": name}
        | ({"items": [{"key": key, "path": f"{folder}/{key}"} for key in map(_key, paths)]} if folder else {})
        for name, paths in found.items()
        if name.startswith(prefix)
    ]


def _key(path: str) -> str:
    return PurePosixPath(path).name
