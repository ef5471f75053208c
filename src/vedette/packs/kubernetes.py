"""Workloads of Kubernetes, by the names of kube-state-metrics, and the volumes that each kubelet tells of.

Names, labels and types are those of kube-state-metrics' own documentation (2.x) and of the kubelet. The pack is proven
on pages written by them, and *unproven* on a cluster.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.instruments.metrics.metric import Metric
from vedette.packs._kubernetes_alerts import alerts
from vedette.packs._kubernetes_panels import panels
from vedette.packs._kubernetes_recordings import recordings

__all__ = ["METRICS", "kubernetes"]

_POD = ["namespace", "pod", "uid"]
_CONTAINER = ["namespace", "pod", "container", "uid"]
_DEPLOYMENT = ["namespace", "deployment"]
_STATEFUL_SET = ["namespace", "statefulset"]
_DAEMON_SET = ["namespace", "daemonset"]
_AUTOSCALER = ["namespace", "horizontalpodautoscaler"]
_JOB = ["namespace", "job_name"]
_CLAIM = ["namespace", "persistentvolumeclaim"]


def _gauge(name: str, text: str, labels: list[str], exporter: str = "kube-state-metrics") -> Metric:
    return Metric.foreign("gauge", name, exporter=exporter, help=text, labels=labels)


METRICS: tuple[Metric, ...] = (
    _gauge("kube_pod_info", "1, with where a pod runs.", [*_POD, "node", "created_by_kind", "created_by_name"]),
    _gauge("kube_pod_owner", "1, with what made a pod.", [*_POD, "owner_kind", "owner_name", "owner_is_controller"]),
    _gauge("kube_pod_status_phase", "1 for the phase that a pod is in.", [*_POD, "phase"]),
    _gauge("kube_pod_status_ready", "1 for whether a pod can be asked.", [*_POD, "condition"]),
    _gauge("kube_pod_status_reason", "1 for why a pod is as it is, such as Evicted or NodeLost.", [*_POD, "reason"]),
    Metric.foreign(
        "counter",
        "kube_pod_container_status_restarts_total",
        exporter="kube-state-metrics",
        help="How often a container was started again.",
        labels=_CONTAINER,
    ),
    _gauge("kube_pod_container_status_waiting_reason", "1 for why a container waits.", [*_CONTAINER, "reason"]),
    _gauge(
        "kube_pod_container_status_last_terminated_reason", "1 for why a container ended last.", [*_CONTAINER, "reason"]
    ),
    _gauge(
        "kube_pod_container_resource_requests",
        "What a container has asked for, by resource.",
        [*_CONTAINER, "node", "resource", "unit"],
    ),
    _gauge("kube_deployment_spec_replicas", "Pods that a deployment should have.", _DEPLOYMENT),
    _gauge("kube_deployment_status_replicas_available", "Pods of a deployment that can be asked.", _DEPLOYMENT),
    _gauge("kube_statefulset_replicas", "Pods that a stateful set should have.", _STATEFUL_SET),
    _gauge("kube_statefulset_status_replicas_ready", "Pods of a stateful set that can be asked.", _STATEFUL_SET),
    _gauge("kube_daemonset_status_desired_number_scheduled", "Nodes that a daemon set should be on.", _DAEMON_SET),
    _gauge("kube_daemonset_status_number_available", "Nodes on which a daemon set can be asked.", _DAEMON_SET),
    _gauge("kube_horizontalpodautoscaler_spec_min_replicas", "Fewest pods of an autoscaler.", _AUTOSCALER),
    _gauge("kube_horizontalpodautoscaler_spec_max_replicas", "Most pods of an autoscaler.", _AUTOSCALER),
    _gauge("kube_horizontalpodautoscaler_status_current_replicas", "Pods that it has now.", _AUTOSCALER),
    _gauge("kube_job_failed", "1 for whether a job has failed for good.", [*_JOB, "condition"]),
    _gauge("kube_job_status_failed", "Pods of a job that failed.", [*_JOB, "reason"]),
    _gauge("kube_job_status_active", "Pods of a job that run.", _JOB),
    _gauge("kube_node_status_condition", "1 for how it is with each condition.", ["node", "condition", "status"]),
    _gauge("kube_node_status_allocatable", "What pods may use of a node.", ["node", "resource", "unit"]),
    _gauge("kube_persistentvolumeclaim_status_phase", "1 for the phase that a claim is in.", [*_CLAIM, "phase"]),
    _gauge("kubelet_volume_stats_available_bytes", "What is free on the volume of a claim.", _CLAIM, "kubelet"),
    _gauge("kubelet_volume_stats_capacity_bytes", "Size of the volume of a claim.", _CLAIM, "kubelet"),
)
"""What kube-state-metrics and the kubelets expose that the pack uses."""


@catalog.parametric
def kubernetes(
    *,
    pod_down_for: str = "2m",
    restarts_high: float = 0.1,
    crash_loop_for: str = "10m",
    cannot_start_for: str = "10m",
    pending_for: str = "15m",
    not_ready_for: str = "15m",
    down_for: str = "2m",
    mismatch_for: str = "10m",
    autoscaler_high: float = 1,
    autoscaler_for: str = "15m",
    node_for: str = "5m",
    volume_free_low: float = 0.1,
    volume_free_critical: float = 0.03,
    volume_for: str = "5m",
    unbound_for: str = "15m",
    not_watched_for: str = "5m",
) -> catalog.Pack:
    """Workloads of Kubernetes: pods, replicas, autoscalers, jobs, nodes, volumes.

    Args:
        pod_down_for: how long a pod may have failed, or be lost.
        restarts_high: restarts of a container within 15 minutes that are too many.
        crash_loop_for: how long a container may crash over and over.
        cannot_start_for: how long a container may be unable to start.
        pending_for: how long a pod may wait for a node.
        not_ready_for: how long a pod may run without being ready.
        down_for: how long a deployment may have no pod that can be asked.
        mismatch_for: how long there may be fewer pods than there should be.
        autoscaler_high: share of an autoscaler's most pods that is too much; 1 is all of them.
        autoscaler_for: how long it must be so.
        node_for: how long a node may not be ready, or be short of something.
        volume_free_low: share of a volume that must stay free.
        volume_free_critical: share that pages.
        volume_for: how long less must be free.
        unbound_for: how long a claim may have no volume.
        not_watched_for: how long nobody may tell about the cluster.
    """
    check_above_zero(restarts_high=restarts_high)
    check_ratio(
        autoscaler_high=autoscaler_high, volume_free_low=volume_free_low, volume_free_critical=volume_free_critical
    )
    check_rising(volume_free_critical=volume_free_critical, volume_free_low=volume_free_low)
    limits = {
        "restarts": restarts_high,
        "autoscaler": autoscaler_high,
        "volume": volume_free_low,
        "volume critical": volume_free_critical,
    }
    holds = {
        "pod down": pod_down_for,
        "crash loop": crash_loop_for,
        "cannot start": cannot_start_for,
        "pending": pending_for,
        "not ready": not_ready_for,
        "down": down_for,
        "mismatch": mismatch_for,
        "autoscaler": autoscaler_for,
        "node": node_for,
        "volume": volume_for,
        "unbound": unbound_for,
        "not watched": not_watched_for,
    }
    return catalog.Pack(
        "kubernetes",
        title="Kubernetes",
        metrics=METRICS,
        recordings=recordings(),
        alerts=alerts(limits, holds),
        panels=panels(limits),
        dashboard=catalog.Dashboard(
            description="Does everything run that should, where does it not, and is it the pods or the nodes?",
            variables=[catalog.Variable("namespace", "kube_pod_info", "namespace", "Namespace")],
            range="6h",
            tags=["kubernetes"],
        ),
    )
