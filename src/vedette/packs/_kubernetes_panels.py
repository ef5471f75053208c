"""The panels of the kubernetes pack: does all run, what does not, and is it the pods, the nodes or the volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_CHOSEN = 'namespace=~"$namespace"'
_AUTOSCALER = "job_namespace_horizontalpodautoscaler:kube_horizontalpodautoscaler_replicas:max_ratio"
_FREE = "job_namespace_persistentvolumeclaim:kubelet_volume_stats:free_ratio"


def panels(limits: Mapping[str, float]) -> Items:
    return [*_well(), *_pods(limits), *_workloads(limits), *_nodes(), *_volumes(limits)]


def _well() -> Items:
    return [
        catalog.Panel(
            "Pods that run",
            'sum by (job) (kube_pod_status_phase{phase="Running"})',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="As many as always at this hour. A fall is a release, a scaling down, or an outage.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Pods not well",
            'sum by (job) (kube_pod_status_phase{phase=~"Pending|Failed|Unknown"})',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Waiting, failed or lost. A few that change during a release are usual, the same ones for an "
            "hour are not.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Nodes that are ready",
            'avg by (job) (kube_node_status_condition{condition="Ready",status="true"})',
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="100 %, or a node is down.",
            thresholds={1: "critical"},
            below=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Sources that answer",
            "avg by (job) (up)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="kube-state-metrics and the kubelets. Below 100 % the rest of this page is old or has holes.",
            thresholds={1: "high"},
            below=True,
            width=6,
            height=4,
        ),
    ]


def _pods(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Pods: where does it hurt?"),
        catalog.Panel(
            "Pods by name",
            catalog.Query(
                "max by (job, namespace, pod, phase) "
                f'(kube_pod_status_phase{{phase=~"Pending|Failed|Unknown",{_CHOSEN}}} == 1)',
                "is so",
                unit="boolean",
            ),
            kind="table",
            description="Those that do not run now. Empty is well; what stays after a release is what to look at.",
            width=24,
            height=6,
            empty="Every pod runs",
        ),
        catalog.Panel(
            "Pods that do not run",
            f'sum by (job, namespace, phase) (kube_pod_status_phase{{phase=~"Pending|Failed|Unknown",{_CHOSEN}}})',
            unit="count",
            legend="{{namespace}} {{phase}}",
            description="Spikes of Pending are releases. A step that stays has no room, no image or no node.",
            minimum=0,
        ),
        catalog.Panel(
            "Pods that are not ready",
            f'sum by (job, namespace) (kube_pod_status_ready{{condition="false",{_CHOSEN}}})',
            unit="count",
            legend="{{namespace}}",
            description="They get no requests. Pods of jobs that have ended count as well: look at the change.",
            minimum=0,
        ),
        catalog.Panel(
            "Restarts within 15 minutes",
            f"job_namespace_pod_container:kube_pod_container_status_restarts:increase15m{{{_CHOSEN}}}",
            unit="count",
            legend="{{namespace}}/{{pod}} {{container}}",
            description="Zero for all. One container that climbs is a fault of its own; many at once are the node.",
            thresholds={limits["restarts"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Containers that wait",
            "max by (job, namespace, pod, container, reason) "
            f"(kube_pod_container_status_waiting_reason{{{_CHOSEN}}} > 0)",
            unit="boolean",
            legend="{{namespace}}/{{pod}} {{container}} {{reason}}",
            description="ContainerCreating for a moment is well. CrashLoopBackOff ends by itself, ImagePullBackOff "
            "cannot begin.",
            minimum=0,
            maximum=1,
            empty="No container waits",
        ),
        catalog.Panel(
            "How containers ended last",
            f"sum by (job, namespace, reason) (kube_pod_container_status_last_terminated_reason{{{_CHOSEN}}})",
            unit="count",
            legend="{{namespace}} {{reason}}",
            description="OOMKilled is too little memory, Error the program itself, Completed the end of its work.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Pods by node",
            f"count by (job, node) (kube_pod_info{{{_CHOSEN}}})",
            unit="count",
            legend="{{node}}",
            description="Even lines are well. One that falls to zero was drained, or is lost.",
            minimum=0,
        ),
    ]


def _workloads(limits: Mapping[str, float]) -> Items:
    by = "max by (job, namespace, deployment)"
    return [
        catalog.Row("Workloads"),
        catalog.Panel(
            "Pods that are missing",
            [
                catalog.Query(
                    f"job_namespace_{kind}:kube_{kind}_replicas:missing{{{_CHOSEN}}}",
                    f"{{{{namespace}}}}/{{{{{kind}}}}}",
                )
                for kind in ("deployment", "statefulset", "daemonset")
            ],
            unit="count",
            description="Zero for all. Short hills are releases. Below zero there are more than there should be, which "
            "is a release as well.",
        ),
        catalog.Panel(
            "Pods of deployments",
            f"{by} (kube_deployment_status_replicas_available{{{_CHOSEN}}})",
            unit="count",
            legend="{{namespace}}/{{deployment}}",
            description="Pods that can be asked. At zero the deployment is down, unless it was scaled to that.",
            minimum=0,
        ),
        catalog.Panel(
            "Autoscalers",
            f"{_AUTOSCALER}{{{_CHOSEN}}}",
            unit="ratio",
            legend="{{namespace}}/{{horizontalpodautoscaler}}",
            description="Share of the pods that each may have at most. A line that follows the day is well; one that "
            "lies on the threshold cannot follow any more.",
            thresholds={limits["autoscaler"]: "high"},
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Jobs that failed",
            f'sum by (job, namespace) (kube_job_failed{{condition="true",{_CHOSEN}}})',
            unit="count",
            legend="{{namespace}}",
            description="For good, until they are deleted. Each step up is a failure.",
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Pods of jobs",
            [
                catalog.Query(
                    f"sum by (job, namespace) (kube_job_status_active{{{_CHOSEN}}})", "{{namespace}} running"
                ),
                catalog.Query(f"sum by (job, namespace) (kube_job_status_failed{{{_CHOSEN}}})", "{{namespace}} failed"),
            ],
            unit="count",
            description="Failed ones are tried again until the job gives up. Many running for long: they hang.",
            minimum=0,
            width=8,
        ),
    ]


def _nodes() -> Items:
    return [
        catalog.Row("Nodes: why?"),
        catalog.Panel(
            "What nodes are short of",
            'max by (job, node, condition) (kube_node_status_condition{condition!="Ready",status="true"})',
            unit="boolean",
            legend="{{node}} {{condition}}",
            description="No for all. A node with a yes takes no new pods and throws some out.",
            minimum=0,
            maximum=1,
            width=8,
        ),
        *(
            catalog.Panel(
                f"{word} asked for",
                f'sum by (job, node) (kube_pod_container_resource_requests{{resource="{resource}"}}) / '
                f'(sum by (job, node) (kube_node_status_allocatable{{resource="{resource}"}}) > 0)',
                unit="ratio",
                legend="{{node}}",
                description=f"{word} that the pods of a node have asked for, as a share of what it can give. {more}",
                minimum=0,
                width=8,
            )
            for word, resource, more in (
                ("Processors", "cpu", "At 100 % no pod that asks for more is put there."),
                ("Memory", "memory", "All nodes near 100 %: the next release will wait."),
            )
        ),
    ]


def _volumes(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Volumes"),
        catalog.Panel(
            "Free space of volumes",
            f"{_FREE}{{{_CHOSEN}}}",
            unit="ratio",
            legend="{{namespace}}/{{persistentvolumeclaim}}",
            description="A slope is growth: it reaches the threshold on a day that can be read off.",
            thresholds={limits["volume"]: "high", limits["volume critical"]: "critical"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Claims by phase",
            f"sum by (job, namespace, phase) (kube_persistentvolumeclaim_status_phase{{{_CHOSEN}}})",
            unit="count",
            legend="{{namespace}} {{phase}}",
            description="Bound is well. Pending waits for a volume, Lost had one that is gone.",
            minimum=0,
        ),
    ]
