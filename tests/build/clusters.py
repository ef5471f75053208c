"""A stack with everything that a cluster can have, and what kustomize makes of its overlays."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path

import yaml
from tests.real import binary

from vedette.build import build, write
from vedette.catalog import (
    Email,
    Environment,
    Kubernetes,
    KubernetesNodes,
    PagerDuty,
    Probe,
    Service,
    Slack,
    Smtp,
    Stack,
    Webhook,
    env,
)
from vedette.packs import blackbox, containers, host, http, kubernetes, postgresql, redis

NAMESPACE = "shop-eu-monitoring"
THREE = [f"alertmanager-{number}.alertmanager:9093" for number in range(3)]
EXPORTERS = {
    "machine": Kubernetes(app="node-exporter", namespace=f"{NAMESPACE}-nodes", adds=["node"]),
    "cluster": Kubernetes(app="kube-state-metrics", namespace=NAMESPACE, adds=[]),
}
OWN = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../kubernetes/overlays/production]
components: [../kubernetes/components/long-term]
"""
"""An overlay of somebody's own, with long-term storage."""


def production(**changes):
    given = {
        "discovery": {
            "shop": Kubernetes(app="shop", namespace="shop"),
            "kubelets": KubernetesNodes(adds=[]),
            "pods": KubernetesNodes(),
            **EXPORTERS,
        },
        "alertmanagers": THREE,
        "grafana_url": "https://grafana.example.com",
        "secrets": "/etc/vedette/secrets",
        "smtp": Smtp("mail.example.com", username="watch", password=env("SMTP_PASSWORD")),
        "platforms": ["kubernetes"],
    }
    return Environment("production", **(given | changes))


def stack(environment=None):
    """Every program that the platform knows."""
    return Stack(
        name="Shop.eu",
        services=[
            Service("shop", ["localhost:8000"], [http], token=env("TOKEN")),
            Service("machine", ["localhost:9100"], [host]),
            Service("cluster", ["localhost:8080"], [kubernetes]),
            Service("kubelets", ["localhost:10250"], [kubernetes], scheme="https"),
            Service(
                "pods",
                ["localhost:10250"],
                [containers(kubernetes=True)],
                scheme="https",
                metrics_path="/metrics/cadvisor",
            ),
            Service("db", ["postgres-exporter:9187"], [postgresql]),
            Service("sessions", ["redis-exporter:9121"], [redis]),
            Service("batch", ["pushgateway:9091"]),
            Service("till", ["till.shop.svc:80", "10.0.0.7:9000"]),
            Service(
                "endpoints",
                ["blackbox-exporter:9115"],
                [blackbox],
                probes=[Probe("https://shop.example/health"), Probe("gateway", "icmp")],
            ),
        ],
        notify=[
            Slack(env("SLACK_WEBHOOK"), channel="#shop"),
            PagerDuty(env("PD_KEY")),
            Email("oncall@example.com"),
            Webhook("http://tickets.desk.svc:8080/alerts"),
        ],
        environments=[environment or production()],
    )


def small(**changes):
    """One service that a pod can reach, and nobody told."""
    given = {"discovery": {}, "smtp": None, "secrets": ".vedette/secrets"}
    return Stack(
        name="shop",
        services=[Service("shop", ["shop.shop.svc:8000"], [http])],
        environments=[production(**(given | changes))],
    )


OVERLAYS = ["base", "overlays/development", "overlays/production", "own"]


def written(declared, folder):
    """The build of a stack in a folder; dashboards without panels, which kustomize need not copy again and again."""
    files = build(declared, "production")
    empty = {path: "{}\n" for path in files if path.startswith("kubernetes/base/grafana/dashboards/")}
    write(files | empty, folder)
    return folder


def kustomized(folder):
    """The objects of a kustomization, as the real kustomize in kubectl makes them."""
    made = subprocess.run([binary("kubectl", "1.36"), "kustomize", folder], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert made.stderr == ""
    return list(yaml.load_all(made.stdout, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@functools.cache
def rendered():
    """Overlay → its objects, of the stack with everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = written(stack(), Path(name))
        (folder / "own").mkdir()
        (folder / "own" / "kustomization.yaml").write_text(OWN)
        return {one: kustomized(folder / one if one == "own" else folder / "kubernetes" / one) for one in OVERLAYS}


def workloads(objects):
    """App → what runs it."""
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    return {one["metadata"]["name"]: one for one in objects if one["kind"] in kinds}


def pods(objects):
    """App → the template of its pods."""
    return {app: one["spec"]["template"] for app, one in workloads(objects).items()}
