"""Containers, by the names of cAdvisor: beside a Docker daemon, or within each kubelet of Kubernetes.

Names, labels and types are those of cAdvisor's own documentation and sources. The pack is proven on pages written by
them, and *unproven* on a real cAdvisor.
"""

from __future__ import annotations

import re

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.instruments.metrics.metric import Metric
from vedette.packs._containers_alerts import alerts
from vedette.packs._containers_panels import panels
from vedette.packs._containers_recordings import CLUSTER, DOCKER, recordings

__all__ = ["containers", "metrics"]

_COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "container_cpu_usage_seconds_total": ("Time of processors that a container used.", ("cpu",)),
    "container_cpu_cfs_periods_total": ("Periods in which a container with a limit had something to do.", ()),
    "container_cpu_cfs_throttled_periods_total": ("Periods in which it had to wait for the next.", ()),
    "container_oom_events_total": ("Times that something of a container was killed for lack of memory.", ()),
    "container_fs_reads_bytes_total": ("Bytes read from a disk.", ("device",)),
    "container_fs_writes_bytes_total": ("Bytes written to a disk.", ("device",)),
    "container_network_receive_bytes_total": ("Bytes that came in.", ("interface",)),
    "container_network_transmit_bytes_total": ("Bytes that went out.", ("interface",)),
    "container_network_receive_packets_dropped_total": ("Packets that came in and were dropped.", ("interface",)),
    "container_network_transmit_packets_dropped_total": (
        "Packets that went out and were dropped.",
        ("interface",),
    ),
}
_GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "container_memory_working_set_bytes": ("Memory of a container that the kernel cannot simply take back.", ()),
    "container_spec_memory_limit_bytes": ("Memory that it may have; 0 for no limit.", ()),
    "container_spec_cpu_quota": ("Processor time that it may have in each period, in microseconds.", ()),
    "container_spec_cpu_period": ("Length of a period, in microseconds.", ()),
    "container_fs_usage_bytes": ("What a container has written that is still there.", ("device",)),
}
_DOCKER_GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "container_last_seen": ("When a container was last seen, in seconds since the epoch.", ()),
    "container_start_time_seconds": ("When a container was made, in seconds since the epoch.", ()),
}


def metrics(*, kubernetes: bool = False) -> list[Metric]:
    """What cAdvisor exposes that the pack uses: of Docker, or in a kubelet, where pods and namespaces are labels."""
    own = ["container", "id", "image", "name", "namespace", "pod"] if kubernetes else ["id", "image", "name"]
    gauges = _GAUGES if kubernetes else {**_GAUGES, **_DOCKER_GAUGES}
    return [
        Metric.foreign(
            "counter" if name in _COUNTERS else "gauge", name, exporter="cAdvisor", help=text, labels=[*own, *more]
        )
        for name, (text, more) in {**_COUNTERS, **gauges}.items()
    ]


@catalog.parametric
def containers(
    *,
    kubernetes: bool = False,
    must_run: str = ".+",
    gone_seconds: float = 120,
    restarts_high: float = 1,
    cpu_high: float = 0.8,
    cpu_for: str = "10m",
    throttled_high: float = 0.25,
    throttled_for: str = "10m",
    memory_high: float = 0.8,
    memory_for: str = "10m",
    memory_critical: float = 0.95,
    memory_critical_for: str = "2m",
    not_watched_for: str = "5m",
) -> catalog.Pack:
    """Containers: gone, restarted, short of processor time or memory, killed.

    Args:
        kubernetes: whether it is the cAdvisor of kubelets. A container is called ``namespace/pod/container`` then, and
            what is gone or restarts is left to the pack ``kubernetes``. All services of a stack are of one kind.
        must_run: which containers must run, as a regular expression of their names; others may come and go.
        gone_seconds: how long one of them may not be seen.
        restarts_high: starts of a container within 15 minutes that are too many.
        cpu_high: share of its limit of processor time that is too much.
        cpu_for: how long it must hold.
        throttled_high: share of the periods in which it had to wait that is too much.
        throttled_for: how long it must hold.
        memory_high: share of its limit of memory that is too much.
        memory_for: how long it must hold.
        memory_critical: share that pages.
        memory_critical_for: how long it must hold.
        not_watched_for: how long cAdvisor may be silent.
    """
    check_above_zero(gone_seconds=gone_seconds, restarts_high=restarts_high)
    check_ratio(
        cpu_high=cpu_high, throttled_high=throttled_high, memory_high=memory_high, memory_critical=memory_critical
    )
    check_rising(memory_high=memory_high, memory_critical=memory_critical)
    _check_pattern(must_run)
    limits = {
        "gone": gone_seconds,
        "restarts": restarts_high,
        "cpu": cpu_high,
        "throttled": throttled_high,
        "memory": memory_high,
        "memory critical": memory_critical,
    }
    holds = {
        "cpu": cpu_for,
        "throttled": throttled_for,
        "memory": memory_for,
        "memory critical": memory_critical_for,
        "not watched": not_watched_for,
    }
    naming = CLUSTER if kubernetes else DOCKER
    return catalog.Pack(
        "containers",
        title="Containers",
        metrics=metrics(kubernetes=kubernetes),
        recordings=recordings(naming, must_run),
        alerts=alerts(limits, holds, naming),
        panels=panels(limits, naming),
        dashboard=catalog.Dashboard(
            description="Do the containers run, do they get what they need, and which one is short of it?",
            variables=[
                catalog.Variable(
                    "container", "job_instance_name:container_memory_working_set_bytes:max", "name", "Container"
                )
            ],
            range="6h",
            tags=["containers"],
        ),
    )


def _check_pattern(must_run: str) -> None:
    try:
        re.compile(must_run)
    except (re.error, TypeError):
        must_run = ""
    if not must_run or not must_run.isprintable() or set(must_run) & set("\"'\\"):
        raise ValueError(f"must_run={must_run!r}; write a regular expression of names: 'shop-.+|db'")
