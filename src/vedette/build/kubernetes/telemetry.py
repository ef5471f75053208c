"""Loki, Jaeger and Alloy: where logs and traces go, and what brings them there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build import telemetry
from vedette.build.kubernetes.pods import asks, claim, field, pod, scratch, volume, workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.build.kubernetes.objects import Names

__all__ = ["alloy", "alloy_config", "jaeger", "loki"]


def loki(names: Names) -> list[dict[str, Any]]:
    """One process with its data on a volume."""
    template = pod(
        names,
        "loki",
        ports={"http": 3100},
        # it is not ready while it takes in or gives away what it holds, and is well
        probes=asks("/ready", "http", alive="/loki/api/v1/status/buildinfo"),
        args=["-config.file=/etc/loki/loki.yaml"],
        mounts=[volume("loki", "/etc/loki"), scratch("tmp", "/tmp"), claim("data", "/loki")],  # noqa: S108 - in the container
        terminationGracePeriodSeconds=120,
    )
    return [
        names.account("loki"),
        names.service("loki", {"http": 3100}),
        workload("StatefulSet", names, "loki", template, serviceName="loki", replicas=1, size="20Gi"),
    ]


def jaeger(names: Names) -> list[dict[str, Any]]:
    """Jaeger 2, one process with its data on a volume, where the image has its own."""
    template = pod(
        names,
        "jaeger",
        ports={"http": 16686, "otlp-grpc": 4317, "health": 13133},
        probes=asks("/status", "health"),
        args=["--config=/etc/jaeger/config.yaml"],
        mounts=[volume("jaeger", "/etc/jaeger"), claim("data", "/tmp")],  # noqa: S108 - in the container
    )
    return [
        names.account("jaeger"),
        names.service("jaeger", {"http": 16686, "otlp-grpc": 4317}),
        workload("StatefulSet", names, "jaeger", template, serviceName="jaeger", replicas=1, size="10Gi"),
    ]


def alloy(names: Names) -> list[dict[str, Any]]:
    """One on each node: it takes what pods of the node send by OTLP, and reads what they print.

    It reads that through the cluster's API: as nobody, without a look at the node's files, which the profile
    ``restricted`` forbids. The price is work for the kubelet.
    """
    template = pod(
        names,
        "alloy",
        ports={"http": 12345, "otlp-grpc": 4317, "otlp-http": 4318},
        probes=asks("/-/ready", "http", alive="/-/healthy"),
        token=True,
        args=[
            "run",
            "--disable-reporting",
            "--storage.path=/data",
            "--server.http.listen-addr=0.0.0.0:12345",
            "/etc/alloy/config.alloy",
        ],
        env=[field("NODE_NAME", "spec.nodeName")],
        mounts=[
            volume("alloy", "/etc/alloy"),
            scratch("tmp", "/tmp"),  # noqa: S108 - in the container
            scratch("data", "/data", "256Mi"),
        ],
        tolerations=[{"operator": "Exists", "effect": "NoSchedule"}],
    )
    return [
        names.account("alloy"),
        # who sends is served by its own node
        names.service("alloy", {"otlp-grpc": 4317, "otlp-http": 4318}, internalTrafficPolicy="Local"),
        workload("DaemonSet", names, "alloy", template, updateStrategy={"rollingUpdate": {"maxUnavailable": "25%"}}),
    ]


def alloy_config(prometheus: Iterable[str]) -> str:
    """``config.alloy``."""
    return telemetry.alloy(list(prometheus)) + _PODS


_PODS: Final = """\
// What the pods of this node print.
discovery.kubernetes "pods" {
  role = "pod"
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + sys.env("NODE_NAME")
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    target_label  = "container"
  }
  // The first of these that the pod has.
  rule {
    source_labels = [
      "__meta_kubernetes_pod_label_app_kubernetes_io_name",
      "__meta_kubernetes_pod_label_app",
      "__meta_kubernetes_pod_container_name",
    ]
    regex        = ";*([^;]+)(;.*)?"
    target_label = "app"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    target_label  = "component"
  }
  // The name by which a trace finds the logs of its service.
  rule {
    source_labels = ["app"]
    target_label  = "service_name"
  }
}

loki.source.kubernetes "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.process.pods.receiver]
}

loki.process "pods" {
  // Of a line that is JSON; of another, what it says of its level.
  stage.json {
    expressions = {level = "level || severity || levelname"}
  }
  stage.regex {
    expression = `(?i)\\blevel="?(?P<level>[a-z]+)`
  }
  stage.template {
    source   = "level"
    template = "{{ ToLower .Value }}"
  }
  stage.labels {
    values = {level = ""}
  }
  stage.label_drop {
    values = ["instance", "job"]
  }
  forward_to = [loki.write.loki.receiver]
}

loki.write "loki" {
  endpoint {
    url = "http://loki:3100/loki/api/v1/push"
  }
}
"""
