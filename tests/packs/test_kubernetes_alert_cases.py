"""When each alert of the kubernetes pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, A, B, stack_of

from vedette.packs import kubernetes
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(
    kubernetes(
        crash_loop_for="5m",
        cannot_start_for="5m",
        pending_for="5m",
        not_ready_for="5m",
        mismatch_for="5m",
        autoscaler_for="5m",
        unbound_for="5m",
    )
)

API, DB = {"namespace": "shop", "pod": "api"}, {"namespace": "shop", "pod": "db"}
THERE = {"namespace": "till", "pod": "api"}
OF_API, OF_DB = 'namespace="shop",pod="api",uid="1"', 'namespace="shop",pod="db",uid="2"'
OF_THERE = 'namespace="till",pod="api",uid="3"'
OF_HPA = 'namespace="shop",horizontalpodautoscaler="api"'
OF_CLAIM = 'namespace="shop",persistentvolumeclaim="data"'


def phase(values: str, name: str = "Failed", of: str = OF_API) -> dict[str, str]:
    """Whether a pod is in a phase."""
    return {f'kube_pod_status_phase{{{of},phase="{name}"}}': values}


def ready(values: str, running: str = "1x120", of: str = OF_API) -> dict[str, str]:
    """Whether a pod is ready, and whether it runs."""
    return {f'kube_pod_status_ready{{{of},condition="true"}}': values, **phase(running, "Running", of)}


def reason(values: str, name: str = "Evicted", of: str = OF_API) -> dict[str, str]:
    """Why a pod is as it is."""
    return {f'kube_pod_status_reason{{{of},reason="{name}"}}': values}


def owner(kind: str, of: str = OF_API) -> dict[str, str]:
    """What made a pod."""
    labels = f'{of},owner_kind="{kind}",owner_name="o",owner_is_controller="true"'
    return {f"kube_pod_owner{{{labels}}}": "1x120"}


def restarts(values: str, of: str = OF_API, container: str = "app") -> dict[str, str]:
    """How often a container was started again."""
    return {f'kube_pod_container_status_restarts_total{{{of},container="{container}"}}': values}


def waits(values: str, name: str, of: str = OF_API, container: str = "app") -> dict[str, str]:
    """Whether a container waits for a reason."""
    return {f'kube_pod_container_status_waiting_reason{{{of},container="{container}",reason="{name}"}}': values}


def deployment(wanted: str, there: str, of: str = 'namespace="shop",deployment="api"') -> dict[str, str]:
    """Pods that a deployment should have, and has."""
    return {
        f"kube_deployment_spec_replicas{{{of}}}": wanted,
        f"kube_deployment_status_replicas_available{{{of}}}": there,
    }


def stateful_set(wanted: str, there: str, of: str = 'namespace="shop",statefulset="db"') -> dict[str, str]:
    """Pods that a stateful set should have, and has."""
    return {f"kube_statefulset_replicas{{{of}}}": wanted, f"kube_statefulset_status_replicas_ready{{{of}}}": there}


def daemon_set(wanted: str, there: str, of: str = 'namespace="shop",daemonset="logs"') -> dict[str, str]:
    """Nodes that a daemon set should be on, and is."""
    return {
        f"kube_daemonset_status_desired_number_scheduled{{{of}}}": wanted,
        f"kube_daemonset_status_number_available{{{of}}}": there,
    }


def autoscaler(
    now: str, of: str = 'namespace="shop",horizontalpodautoscaler="api"', fewest: str = "2"
) -> dict[str, str]:
    """Pods of an autoscaler that may have up to four."""
    return {
        f"kube_horizontalpodautoscaler_status_current_replicas{{{of}}}": now,
        f"kube_horizontalpodautoscaler_spec_min_replicas{{{of}}}": f"{fewest}x120",
        f"kube_horizontalpodautoscaler_spec_max_replicas{{{of}}}": "4x120",
    }


def failed(values: str, of: str = 'namespace="shop",job_name="nightly"', condition: str = "true") -> dict[str, str]:
    """Whether a job has failed."""
    return {f'kube_job_failed{{{of},condition="{condition}"}}': values}


def node(values: str, condition: str = "Ready", name: str = "n1", status: str = "true") -> dict[str, str]:
    """Whether a condition of a node has a status."""
    return {f'kube_node_status_condition{{node="{name}",condition="{condition}",status="{status}"}}': values}


def volume(free: str, of: str = OF_CLAIM) -> dict[str, str]:
    """What is free of 1000."""
    return {
        f"kubelet_volume_stats_available_bytes{{{of}}}": free,
        f"kubelet_volume_stats_capacity_bytes{{{of}}}": "1000x120",
    }


def claim(values: str, name: str = "Pending", of: str = OF_CLAIM) -> dict[str, str]:
    """Whether a claim is in a phase."""
    return {f'kube_persistentvolumeclaim_status_phase{{{of},phase="{name}"}}': values}


IN_TILL = {
    "deployment": 'namespace="till",deployment="api"',
    "statefulset": 'namespace="till",statefulset="db"',
    "daemonset": 'namespace="till",daemonset="logs"',
}


def mismatch(alert: str, kind: str, of, name: str):
    """The cases of one kind of workload."""
    labels = {**SHOP, "namespace": "shop", kind: name}
    return [
        alert_case(
            alert,
            "one of three is missing for ten minutes",
            of("3x120", "3x8 2x40 3x50"),
            at("7m", "pending"),
            at("7m15s", "fires", {**labels, "severity": "high"}, count=1),
            at("12m30s", "resolved"),
        ),
        alert_case(alert, "all are there", of("3x120", "3x120"), at("7m", "silent")),
        alert_case(alert, "there is one more, as in a release", of("3x120", "4x120"), at("7m", "silent")),
        alert_case(
            alert,
            "in two namespaces",
            {**of("3x120", "1x120"), **of("3x120", "1x120", IN_TILL[kind])},
            at("7m", "fires", {kind: name}, count=2),
        ),
        alert_case(
            alert,
            "of two replicas of the exporter one knows it already",
            {**of("3x120", "3x120", f'{OF_A},namespace="shop",{kind}="{name}"'),
             **of("3x120", "2x120", f'{OF_B},namespace="shop",{kind}="{name}"')},
            at("7m", "silent"),
        ),
    ]  # fmt: skip


OF_A, OF_B = 'instance="a:1"', 'instance="b:1"'

CASES = [
    alert_case(
        "PodDown",
        "it has failed for ten minutes, and is replaced",
        phase("0x8 1x40 0x40"),
        at("4m", "pending"),
        at("4m15s", "fires", {**SHOP, **API, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("PodDown", "its node is lost", phase("1x40", "Unknown"), at("5m", "fires", API, count=1)),
    alert_case("PodDown", "it has not", phase("0x40"), at("9m", "silent")),
    alert_case("PodDown", "it runs", phase("1x40", "Running"), at("9m", "silent")),
    alert_case("PodDown", "it belongs to a job", {**phase("1x40"), **owner("Job")}, at("9m", "silent")),
    alert_case("PodDown", "it belongs to a set", {**phase("1x40"), **owner("ReplicaSet")}, at("9m", "fires", count=1)),
    alert_case("PodDown", "it was evicted", {**phase("1x40"), **reason("1x40")}, at("9m", "silent")),
    alert_case(
        "PodDown", "the node was shut down", {**phase("1x40"), **reason("1x40", "Shutdown")}, at("9m", "silent")
    ),
    alert_case(
        "PodDown",
        "it was not evicted, and another was",
        {**phase("1x40"), **reason("0x40"), **phase("1x40", of=OF_DB), **reason("1x40", of=OF_DB)},
        at("9m", "fires", API, count=1),
    ),
    alert_case(
        "PodDown",
        "of two that have failed one belongs to a job",
        {**phase("1x40"), **owner("Job"), **phase("1x40", of=OF_DB)},
        at("9m", "fires", DB, count=1),
    ),
    alert_case(
        "PodDown", "two of one name", {**phase("1x40"), **phase("1x40", of=OF_THERE)}, at("9m", "fires", count=2)
    ),
    alert_case(
        "PodDown", "two in one namespace", {**phase("1x40"), **phase("1x40", of=OF_DB)}, at("9m", "fires", count=2)
    ),
    alert_case(
        "PodRestartingTooOften",
        "it restarts once",
        restarts("3x20 4x100"),
        at("5m", "silent"),
        at("6m", "fires", {**SHOP, **API, "container": "app", "severity": "high"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case("PodRestartingTooOften", "it did so long ago", restarts("3x120"), at("7m", "silent")),
    alert_case(
        "PodRestartingTooOften",
        "exactly a tenth, as nothing can",
        restarts("0x8 0.1x120"),
        at("5m", "silent"),
    ),
    alert_case(
        "PodRestartingTooOften",
        "one of two containers",
        {**restarts("3x120"), **restarts("3x20 5x100", container="proxy")},
        at("10m", "fires", {"container": "proxy"}, count=1),
    ),
    alert_case(
        "PodRestartingTooOften",
        "both containers, and one of another pod and namespace",
        {
            **restarts("3x20 4x100"),
            **restarts("3x20 4x100", container="proxy"),
            **restarts("3x20 4x100", of=OF_DB),
            **restarts("3x20 4x100", of=OF_THERE),
        },
        at("10m", "fires", count=4),
    ),
    alert_case(
        "PodCrashLooping",
        "for ten minutes, then it stays up",
        waits("1x8 _x3 1x8 _x3 1x8 _x60", "CrashLoopBackOff"),
        at("4m45s", "pending"),
        at("5m", "fires", {**SHOP, **API, "container": "app", "severity": "high"}, count=1),
        at("14m", "resolved"),
    ),
    alert_case("PodCrashLooping", "it has, and does not", waits("0x80", "CrashLoopBackOff"), at("7m", "silent")),
    alert_case("PodCrashLooping", "it is being made", waits("1x80", "ContainerCreating"), at("7m", "silent")),
    alert_case(
        "PodCrashLooping",
        "one container of each pod, two of one",
        {
            **waits("1x80", "CrashLoopBackOff"),
            **waits("1x80", "CrashLoopBackOff", container="proxy"),
            **waits("1x80", "CrashLoopBackOff", of=OF_DB),
            **waits("1x80", "CrashLoopBackOff", of=OF_THERE),
        },
        at("7m", "fires", count=4),
    ),
    alert_case(
        "PodCannotStart",
        "its image is not there for a while",
        waits("1x30 _x60", "ImagePullBackOff"),
        at("4m45s", "pending"),
        at("5m", "fires", {**SHOP, **API, "container": "app", "severity": "high"}, count=1),
        at("13m", "resolved"),
    ),
    alert_case("PodCannotStart", "by turns", {**waits("1x80", "ErrImagePull")}, at("7m", "fires", count=1)),
    alert_case("PodCannotStart", "it could not once", waits("0x80", "ErrImagePull"), at("7m", "silent")),
    alert_case("PodCannotStart", "it is being made", waits("1x80", "ContainerCreating"), at("7m", "silent")),
    alert_case("PodCannotStart", "it crashes: another alert", waits("1x80", "CrashLoopBackOff"), at("7m", "silent")),
    alert_case(
        "PodCannotStart",
        "one container of each pod, two of one",
        {
            **waits("1x80", "CreateContainerConfigError"),
            **waits("1x80", "CreateContainerError", container="proxy"),
            **waits("1x80", "InvalidImageName", of=OF_DB),
            **waits("1x80", "RunContainerError", of=OF_THERE),
        },
        at("7m", "fires", count=4),
    ),
    alert_case(
        "PodPending",
        "it waits for ten minutes, then it runs",
        phase("1x40 0x60", "Pending"),
        at("4m45s", "pending"),
        at("5m", "fires", {**SHOP, **API, "severity": "medium"}, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("PodPending", "it does not wait", phase("0x80", "Pending"), at("7m", "silent")),
    alert_case("PodPending", "it runs", phase("1x80", "Running"), at("7m", "silent")),
    alert_case(
        "PodPending",
        "three",
        {**phase("1x80", "Pending"), **phase("1x80", "Pending", OF_DB), **phase("1x80", "Pending", OF_THERE)},
        at("7m", "fires", count=3),
    ),
    alert_case(
        "PodNotReady",
        "for ten minutes, then it is",
        ready("0x40 1x60"),
        at("4m45s", "pending"),
        at("5m", "fires", {**SHOP, **API, "severity": "high"}, count=1),
        at("10m30s", "resolved"),
    ),
    alert_case("PodNotReady", "it is ready", ready("1x80"), at("7m", "silent")),
    alert_case("PodNotReady", "it does not run: another alert", ready("0x80", "0x80"), at("7m", "silent")),
    alert_case(
        "PodNotReady",
        "it has ended, as that of a job",
        {**ready("0x80", "0x80"), **phase("1x80", "Succeeded")},
        at("7m", "silent"),
    ),
    alert_case(
        "PodNotReady",
        "the condition that it is not",
        {f'kube_pod_status_ready{{{OF_API},condition="false"}}': "0x80", **phase("1x80", "Running")},
        at("7m", "silent"),
    ),
    alert_case(
        "PodNotReady",
        "three",
        {**ready("0x80"), **ready("0x80", of=OF_DB), **ready("0x80", of=OF_THERE)},
        at("7m", "fires", count=3),
    ),
    alert_case(
        "DeploymentDown",
        "none of two for ten minutes",
        deployment("2x120", "2x8 0x40 2x40"),
        at("4m", "pending"),
        at("4m15s", "fires", {**SHOP, "namespace": "shop", "deployment": "api", "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("DeploymentDown", "one of two is left", deployment("2x120", "1x120"), at("7m", "silent")),
    alert_case("DeploymentDown", "it is switched off", deployment("0x120", "0x120"), at("7m", "silent")),
    alert_case("DeploymentDown", "the only one", deployment("1x120", "0x120"), at("7m", "fires", count=1)),
    alert_case(
        "DeploymentDown",
        "three",
        {
            **deployment("2x120", "0x120"),
            **deployment("2x120", "0x120", IN_TILL["deployment"]),
            **deployment("2x120", "0x120", 'namespace="shop",deployment="web"'),
        },
        at("7m", "fires", count=3),
    ),
    *mismatch("DeploymentReplicaMismatch", "deployment", deployment, "api"),
    *mismatch("StatefulSetReplicaMismatch", "statefulset", stateful_set, "db"),
    *mismatch("DaemonSetReplicaMismatch", "daemonset", daemon_set, "logs"),
    alert_case(
        "HPAMaxedOut",
        "all four for ten minutes",
        autoscaler("2x8 4x40 3x60"),
        at("7m", "pending"),
        at(
            "7m15s",
            "fires",
            {**SHOP, "namespace": "shop", "horizontalpodautoscaler": "api", "severity": "high"},
            count=1,
        ),
        at("12m30s", "resolved"),
    ),
    alert_case("HPAMaxedOut", "three of four", autoscaler("3x120"), at("7m", "silent")),
    alert_case("HPAMaxedOut", "it has four, always", autoscaler("4x120", fewest="4"), at("7m", "silent")),
    alert_case(
        "HPAMaxedOut",
        "three",
        {
            **autoscaler("4x120"),
            **autoscaler("4x120", 'namespace="till",horizontalpodautoscaler="api"'),
            **autoscaler("4x120", 'namespace="shop",horizontalpodautoscaler="web"'),
        },
        at("7m", "fires", count=3),
    ),
    alert_case(
        "KubernetesJobFailed",
        "it gives up, and is deleted",
        failed("0x8 1x20 _x30"),
        at("2m", "silent"),
        at("2m15s", "fires", {**SHOP, "namespace": "shop", "job_name": "nightly", "severity": "high"}, count=1),
        at("13m", "resolved"),
    ),
    alert_case("KubernetesJobFailed", "it has not", failed("1x60", condition="false"), at("10m", "silent")),
    alert_case("KubernetesJobFailed", "not so", failed("0x60"), at("10m", "silent")),
    alert_case(
        "KubernetesJobFailed",
        "three",
        {
            **failed("1x60"),
            **failed("1x60", 'namespace="till",job_name="nightly"'),
            **failed("1x60", 'namespace="shop",job_name="weekly"'),
        },
        at("10m", "fires", count=3),
    ),
    alert_case(
        "NodeNotReady",
        "for ten minutes, and it comes back",
        node("1x8 0x40 1x40"),
        at("7m", "pending"),
        at("7m15s", "fires", {**SHOP, "node": "n1", "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("NodeNotReady", "it is", node("1x80"), at("7m", "silent")),
    alert_case("NodeNotReady", "it is not short of anything", node("0x80", "DiskPressure"), at("7m", "silent")),
    alert_case("NodeNotReady", "the opposite is not so", node("0x80", status="false"), at("7m", "silent")),
    alert_case("NodeNotReady", "two", {**node("0x80"), **node("0x80", name="n2")}, at("7m", "fires", count=2)),
    alert_case(
        "NodeUnderPressure",
        "short of disk for ten minutes",
        node("0x8 1x40 0x40", "DiskPressure"),
        at("7m", "pending"),
        at("7m15s", "fires", {**SHOP, "node": "n1", "condition": "DiskPressure", "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("NodeUnderPressure", "it is not", node("0x80", "MemoryPressure"), at("7m", "silent")),
    alert_case("NodeUnderPressure", "it is ready", node("1x80"), at("7m", "silent")),
    alert_case("NodeUnderPressure", "not so", node("1x80", "PIDPressure", status="false"), at("7m", "silent")),
    alert_case(
        "NodeUnderPressure",
        "of two things, and another node",
        {
            **node("1x80", "MemoryPressure"),
            **node("1x80", "PIDPressure"),
            **node("1x80", "MemoryPressure", "n2"),
        },
        at("7m", "fires", count=3),
    ),
    alert_case(
        "VolumeAlmostFull",
        "a twentieth is free for ten minutes",
        volume("500x8 50x40 500x40"),
        at("7m", "pending"),
        at(
            "7m15s",
            "fires",
            {**SHOP, "namespace": "shop", "persistentvolumeclaim": "data", "severity": "high"},
            count=1,
        ),
        at("12m30s", "resolved"),
    ),
    alert_case("VolumeAlmostFull", "exactly a tenth", volume("100x80"), at("7m", "silent")),
    alert_case(
        "VolumeAlmostFull",
        "three",
        {
            **volume("50x80"),
            **volume("50x80", 'namespace="till",persistentvolumeclaim="data"'),
            **volume("50x80", 'namespace="shop",persistentvolumeclaim="logs"'),
        },
        at("7m", "fires", count=3),
    ),
    alert_case(
        "VolumeFull",
        "a fiftieth is free for ten minutes",
        volume("500x8 20x40 500x40"),
        at("7m", "pending"),
        at(
            "7m15s",
            "fires",
            {**SHOP, "namespace": "shop", "persistentvolumeclaim": "data", "severity": "critical"},
            count=1,
        ),
        at("12m30s", "resolved"),
    ),
    alert_case("VolumeFull", "exactly three hundredths", volume("30x80"), at("7m", "silent")),
    alert_case("VolumeFull", "a twentieth", volume("50x80"), at("7m", "silent")),
    alert_case(
        "VolumeFull",
        "three",
        {
            **volume("20x80"),
            **volume("20x80", 'namespace="till",persistentvolumeclaim="data"'),
            **volume("20x80", 'namespace="shop",persistentvolumeclaim="logs"'),
        },
        at("7m", "fires", count=3),
    ),
    alert_case(
        "VolumeClaimUnbound",
        "it waits for ten minutes",
        claim("1x40 0x60"),
        at("4m45s", "pending"),
        at(
            "5m",
            "fires",
            {**SHOP, "namespace": "shop", "persistentvolumeclaim": "data", "phase": "Pending", "severity": "medium"},
            count=1,
        ),
        at("10m30s", "resolved"),
    ),
    alert_case("VolumeClaimUnbound", "its volume is gone", claim("1x80", "Lost"), at("7m", "fires", count=1)),
    alert_case("VolumeClaimUnbound", "it has one", claim("1x80", "Bound"), at("7m", "silent")),
    alert_case("VolumeClaimUnbound", "it does not wait", claim("0x80"), at("7m", "silent")),
    alert_case(
        "VolumeClaimUnbound",
        "four",
        {
            **claim("1x80"),
            **claim("1x80", "Lost"),
            **claim("1x80", of='namespace="till",persistentvolumeclaim="data"'),
            **claim("1x80", of='namespace="shop",persistentvolumeclaim="logs"'),
        },
        at("7m", "fires", count=4),
    ),
    alert_case(
        "KubernetesNotWatched",
        "no answer for ten minutes",
        {f"up{{{OF_A}}}": "1x8 0x40 1x40"},
        at("7m", "pending"),
        at("7m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("KubernetesNotWatched", "it answers", {f"up{{{OF_A}}}": "1x80"}, at("7m", "silent")),
    alert_case(
        "KubernetesNotWatched",
        "one of two kubelets",
        {f"up{{{OF_A}}}": "1x80", f"up{{{OF_B}}}": "0x80"},
        at("7m", "fires", B, count=1),
    ),
    alert_case(
        "KubernetesNotWatched", "both", {f"up{{{OF_A}}}": "0x80", f"up{{{OF_B}}}": "0x80"}, at("7m", "fires", count=2)
    ),
]
