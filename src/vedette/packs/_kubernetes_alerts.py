"""The alerts of the kubernetes pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["alerts"]

_OF_POD = "max by (job, namespace, pod)"
_OF_CONTAINER = "max by (job, namespace, pod, container)"
_RESTARTS = "job_namespace_pod_container:kube_pod_container_status_restarts:increase15m"
_AUTOSCALER = "job_namespace_horizontalpodautoscaler:kube_horizontalpodautoscaler_replicas:max_ratio"
_FREE = "job_namespace_persistentvolumeclaim:kubelet_volume_stats:free_ratio"
_CANNOT_START = (
    "ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainerConfigError|CreateContainerError|RunContainerError"
)


def _named(label: str) -> str:
    return f"{{{{ $labels.namespace }}}}/{{{{ $labels.{label} }}}} ({{{{ $labels.job }}}})"


def alerts(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    return [*_pods(limits, holds), *_workloads(limits, holds), *_nodes(limits, holds)]


def _pods(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    pod, number = _named("pod"), "{{ $value | humanize }}"
    container = f"{{{{ $labels.container }}}} of {pod}"
    return [
        catalog.Alert(
            "PodDown",
            # a job's pod that failed is the job's matter; one that was evicted or shut down is replaced elsewhere
            f'{_OF_POD} (kube_pod_status_phase{{phase=~"Failed|Unknown"}}) == 1 '
            f'unless {_OF_POD} (kube_pod_owner{{owner_kind="Job"}}) == 1 '
            f'unless {_OF_POD} (kube_pod_status_reason{{reason=~"Evicted|Shutdown"}}) == 1',
            for_=holds["pod down"],
            severity="critical",
            summary=f"The pod {pod} is down",
            description="All its containers have ended badly, or the node that it was on does not answer.",
            runbook="runbooks/kubernetes-pod-down.md",
            panel="Pods that do not run",
        ),
        catalog.Alert(
            "PodRestartingTooOften",
            f"{_RESTARTS} > {limits['restarts']:g}",
            severity="high",
            summary=f"The container {container} was started again {number} times within 15 minutes",
            description="It ends by itself, or is ended: out of memory, or its liveness probe fails.",
            runbook="runbooks/kubernetes-restarts.md",
            panel="Restarts within 15 minutes",
        ),
        catalog.Alert(
            "PodCrashLooping",
            f"{_OF_CONTAINER} "
            '(max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m])) == 1',
            for_=holds["crash loop"],
            severity="high",
            summary=f"The container {container} crashes over and over",
            description="Kubernetes waits longer each time before it tries again: up to five minutes.",
            runbook="runbooks/kubernetes-restarts.md",
            panel="Containers that wait",
        ),
        catalog.Alert(
            "PodCannotStart",
            f'{_OF_CONTAINER} (kube_pod_container_status_waiting_reason{{reason=~"{_CANNOT_START}"}}) == 1',
            for_=holds["cannot start"],
            severity="high",
            summary=f"The container {container} cannot start",
            description="Its image cannot be fetched, or something that it is to be given does not exist.",
            runbook="runbooks/kubernetes-pod-start.md",
            panel="Containers that wait",
        ),
        catalog.Alert(
            "PodPending",
            f'{_OF_POD} (kube_pod_status_phase{{phase="Pending"}}) == 1',
            for_=holds["pending"],
            severity="medium",
            summary=f"The pod {pod} does not get to run",
            description="No node has room for it or may take it, or what it needs to start is missing.",
            runbook="runbooks/kubernetes-pod-start.md",
            panel="Pods that do not run",
        ),
        catalog.Alert(
            "PodNotReady",
            f'min by (job, namespace, pod) (kube_pod_status_ready{{condition="true"}}) == 0 '
            f'and {_OF_POD} (kube_pod_status_phase{{phase="Running"}}) == 1',
            for_=holds["not ready"],
            severity="high",
            summary=f"The pod {pod} runs and is not ready",
            description="Its readiness probe fails, and it gets no requests.",
            runbook="runbooks/kubernetes-not-ready.md",
            panel="Pods that are not ready",
        ),
    ]


def _workloads(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    number, deployment = "{{ $value | humanize }}", _named("deployment")
    return [
        catalog.Alert(
            "DeploymentDown",
            "max by (job, namespace, deployment) (kube_deployment_status_replicas_available) == 0 "
            "and max by (job, namespace, deployment) (kube_deployment_spec_replicas) > 0",
            for_=holds["down"],
            severity="critical",
            summary=f"No pod of the deployment {deployment} can be asked",
            description="Whatever it serves is gone.",
            runbook="runbooks/kubernetes-replicas.md",
            panel="Pods of deployments",
        ),
        catalog.Alert(
            "DeploymentReplicaMismatch",
            "job_namespace_deployment:kube_deployment_replicas:missing > 0",
            for_=holds["mismatch"],
            severity="high",
            summary=f"The deployment {deployment} lacks {number} pods",
            description="A release that does not come to its end, or pods that do not stay up.",
            runbook="runbooks/kubernetes-replicas.md",
            panel="Pods that are missing",
        ),
        catalog.Alert(
            "StatefulSetReplicaMismatch",
            "job_namespace_statefulset:kube_statefulset_replicas:missing > 0",
            for_=holds["mismatch"],
            severity="high",
            summary=f"The stateful set {_named('statefulset')} lacks {number} pods",
            description="Its pods start one after the other: one that does not get ready holds up the rest.",
            runbook="runbooks/kubernetes-replicas.md",
            panel="Pods that are missing",
        ),
        catalog.Alert(
            "DaemonSetReplicaMismatch",
            "job_namespace_daemonset:kube_daemonset_replicas:missing > 0",
            for_=holds["mismatch"],
            severity="high",
            summary=f"The daemon set {_named('daemonset')} is missing on {number} nodes",
            description="What it does for a node, such as its network or its logs, is not done there.",
            runbook="runbooks/kubernetes-replicas.md",
            panel="Pods that are missing",
        ),
        catalog.Alert(
            "HPAMaxedOut",
            f"{_AUTOSCALER} >= {limits['autoscaler']:g}",
            for_=holds["autoscaler"],
            severity="high",
            summary=f"The autoscaler {_named('horizontalpodautoscaler')} has "
            "{{ $value | humanizePercentage }} of the pods that it may have",
            description="If the load grows on, nothing is added any more.",
            runbook="runbooks/kubernetes-autoscaler.md",
            panel="Autoscalers",
        ),
        catalog.Alert(
            "KubernetesJobFailed",
            'max by (job, namespace, job_name) (kube_job_failed{condition="true"}) == 1',
            severity="high",
            summary=f"The job {_named('job_name')} has failed",
            description="It was tried as often as it may be, or took longer than it may.",
            runbook="runbooks/kubernetes-job.md",
            panel="Jobs that failed",
        ),
    ]


def _nodes(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    share = "{{ $value | humanizePercentage }}"
    node, claim = "{{ $labels.node }} ({{ $labels.job }})", _named("persistentvolumeclaim")
    return [
        catalog.Alert(
            "NodeNotReady",
            'max by (job, node) (kube_node_status_condition{condition="Ready",status="true"}) == 0',
            for_=holds["node"],
            severity="critical",
            summary=f"The node {node} is not ready",
            description="It gets no new pods, and those on it are moved away once it has been silent for long enough.",
            runbook="runbooks/kubernetes-node.md",
            panel="Nodes that are ready",
        ),
        catalog.Alert(
            "NodeUnderPressure",
            "max by (job, node, condition) "
            '(kube_node_status_condition{condition=~"MemoryPressure|DiskPressure|PIDPressure",status="true"}) == 1',
            for_=holds["node"],
            severity="high",
            summary=f"The node {node} reports {{{{ $labels.condition }}}}",
            description="It takes no new pods and begins to throw some out.",
            runbook="runbooks/kubernetes-node.md",
            panel="What nodes are short of",
        ),
        catalog.Alert(
            "VolumeAlmostFull",
            f"{_FREE} < {limits['volume']:g}",
            for_=holds["volume"],
            severity="high",
            summary=f"Only {share} of the volume of {claim} are free",
            description="What writes there stops when nothing is left.",
            runbook="runbooks/kubernetes-volume.md",
            panel="Free space of volumes",
        ),
        catalog.Alert(
            "VolumeFull",
            f"{_FREE} < {limits['volume critical']:g}",
            for_=holds["volume"],
            severity="critical",
            summary=f"Only {share} of the volume of {claim} are free",
            description="Databases and brokers refuse to write at about this point, before the last byte.",
            runbook="runbooks/kubernetes-volume.md",
            panel="Free space of volumes",
        ),
        catalog.Alert(
            "VolumeClaimUnbound",
            "max by (job, namespace, persistentvolumeclaim, phase) "
            '(kube_persistentvolumeclaim_status_phase{phase=~"Pending|Lost"}) == 1',
            for_=holds["unbound"],
            severity="medium",
            summary=f"The claim {claim} has no volume: {{{{ $labels.phase }}}}",
            description="The pod that wants it cannot start.",
            runbook="runbooks/kubernetes-claim.md",
            panel="Claims by phase",
        ),
        catalog.Alert(
            "KubernetesNotWatched",
            "max by (job, instance) (up) == 0",
            for_=holds["not watched"],
            severity="high",
            summary="{{ $labels.instance }} of {{ $labels.job }} does not tell about the cluster",
            description="Every other alert of this dashboard is silent meanwhile, whatever happens.",
            runbook="runbooks/kubernetes-not-watched.md",
            panel="Sources that answer",
        ),
    ]
