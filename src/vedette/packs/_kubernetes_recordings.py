"""What the kubernetes pack records: how much is missing, of what is asked for and of what there is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["recordings"]


def recordings() -> list[catalog.Recording]:
    claim = "(job, namespace, persistentvolumeclaim)"
    return [
        catalog.Recording(
            "job_namespace_pod_container:kube_pod_container_status_restarts:increase15m",
            "sum by (job, namespace, pod, container) (increase(kube_pod_container_status_restarts_total[15m]))",
            description="Restarts of a container within 15 minutes.",
        ),
        _missing(
            "deployment",
            "kube_deployment_spec_replicas",
            "kube_deployment_status_replicas_available",
            "Pods that a deployment should have, and has not.",
        ),
        _missing(
            "statefulset",
            "kube_statefulset_replicas",
            "kube_statefulset_status_replicas_ready",
            "Pods that a stateful set should have, and has not.",
        ),
        _missing(
            "daemonset",
            "kube_daemonset_status_desired_number_scheduled",
            "kube_daemonset_status_number_available",
            "Nodes that a daemon set should be on, and is not.",
        ),
        catalog.Recording(
            "job_namespace_horizontalpodautoscaler:kube_horizontalpodautoscaler_replicas:max_ratio",
            "max by (job, namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas / "
            "(kube_horizontalpodautoscaler_spec_max_replicas > kube_horizontalpodautoscaler_spec_min_replicas))",
            description="Pods of an autoscaler as a share of the most that it may have, where it may choose.",
        ),
        catalog.Recording(
            "job_namespace_persistentvolumeclaim:kubelet_volume_stats:free_ratio",
            f"min by {claim} (kubelet_volume_stats_available_bytes / (kubelet_volume_stats_capacity_bytes > 0))",
            description="Share of a volume that is free.",
        ),
    ]


def _missing(kind: str, wanted: str, there: str, text: str) -> catalog.Recording:
    by = f"by (job, namespace, {kind})"
    return catalog.Recording(
        f"job_namespace_{kind}:kube_{kind}_replicas:missing",
        f"max {by} ({wanted}) - max {by} ({there})",
        description=text,
    )
