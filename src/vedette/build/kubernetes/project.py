"""The files of the platform: a base, two overlays, a component, a script, and what the cluster must be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.build.kubernetes import access, configuration, given, overlays, servers, telemetry
from vedette.build.kubernetes.exporters import exporter, named
from vedette.build.kubernetes.network import policies
from vedette.build.kubernetes.objects import documents, names
from vedette.build.kubernetes.refused import alertmanagers, check, unfit_for_production
from vedette.build.kubernetes.script import script
from vedette.build.secrets import alertmanager_secrets, prometheus_secrets
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.plan import Plan

__all__ = ["files"]


def files(plan: Plan, built: Mapping[str, str]) -> dict[str, str]:
    """Path → text, all below ``kubernetes/``; ``built`` are the files of the servers.

    Raises:
        RefusalError: the environment names something that is not there in a cluster, or a file fits in no ConfigMap.
    """
    own = names(plan)
    chosen = named(plan, own)
    check(plan, chosen)
    contents = configuration.contents(plan, built)
    maps = configuration.maps(plan, contents, chosen)
    folder = plan.environment.secrets.rstrip("/")
    replicas = alertmanagers(plan)
    objects: dict[str, list[dict[str, Any]]] = {
        "namespace": own.spaces(with_nodes="node-exporter" in chosen),
        "access": access.rights(plan, own, chosen),
        "network": policies(plan, own, chosen),
        "prometheus": servers.prometheus(
            own,
            configuration.sources(maps, "prometheus-rules", "rules"),
            folder if prometheus_secrets(plan) else "",
            token=access.discovers(plan),
        ),
        "alertmanager": servers.alertmanager(own, replicas, folder if alertmanager_secrets(plan) else ""),
        "grafana": servers.grafana(plan, own, configuration.sources(maps, "grafana-dashboards")),
        "loki": telemetry.loki(own),
        "jaeger": telemetry.jaeger(own),
        "alloy": telemetry.alloy(own),
        **{app: exporter(plan, own, app) for app in chosen},
    }
    base = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{name}.yaml" for name in objects],
        "generatorOptions": {"labels": own.ours},
        "configMapGenerator": [configuration.generated(own, name, paths) for name, paths in maps.items()],
    }
    unfit = unfit_for_production(plan)
    found = {
        "base/kustomization.yaml": yaml.write(base),
        **{f"base/{name}.yaml": documents(one) for name, one in objects.items()},
        **{f"base/{path}": contents[path] for paths in maps.values() for path in paths},
        **overlays.development(own),
        **({} if unfit else overlays.production(plan, own, replicas)),
        **overlays.long_term(plan, own),
        "secrets.example": given.example(plan, own, chosen, production=not unfit),
        "vedette.sh": script(plan, own, chosen, unfit),
    }
    return {f"kubernetes/{path}": text for path, text in found.items()}
