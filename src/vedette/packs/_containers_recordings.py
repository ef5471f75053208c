"""What the containers pack records: for each container, by one name, what it uses and what share of its limit."""

from __future__ import annotations

from dataclasses import dataclass

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["CLUSTER", "DOCKER", "Naming", "recordings"]


@dataclass(frozen=True)
class Naming:
    """How a container is told from others, so that all that comes after knows it by the label ``name``."""

    kubernetes: bool
    real: str
    """What of cAdvisor's control groups is a container."""

    def by_name(self, operation: str, expr: str) -> str:
        """An aggregation that leaves job, instance and name."""
        if not self.kubernetes:
            return f"{operation} by (job, instance, name) ({expr})"
        # there the label name is an id of the runtime
        labels = ("namespace", "pod", "container")
        of = ", ".join(f'"{label}"' for label in labels)
        return f'label_join({operation} by (job, instance, {", ".join(labels)}) ({expr}), "name", "/", {of})'

    def by_network(self, operation: str, expr: str) -> str:
        """The same of what a pod has once: its network."""
        if not self.kubernetes:
            return self.by_name(operation, expr)
        return f'label_join({operation} by (job, instance, namespace, pod) ({expr}), "name", "/", "namespace", "pod")'


DOCKER = Naming(kubernetes=False, real='name!=""')
CLUSTER = Naming(kubernetes=True, real='container!="",container!="POD"')


def recordings(naming: Naming, must_run: str) -> list[catalog.Recording]:
    real, name = f"{{{naming.real}}}", naming.by_name
    network = '{interface!="lo",pod!=""}' if naming.kubernetes else f'{{{naming.real},interface!="lo"}}'
    found = [
        catalog.Recording(
            "job_instance_name:container_cpu_usage_seconds:rate5m",
            name("sum", f"rate(container_cpu_usage_seconds_total{real}[5m])"),
            description="Processors that a container keeps busy.",
        ),
        catalog.Recording(
            "job_instance_name:container_cpu:limit_ratio",
            "job_instance_name:container_cpu_usage_seconds:rate5m / ("
            + name("max", "container_spec_cpu_quota / container_spec_cpu_period")
            + " > 0)",
            description="The same as a share of those that it may have, where there is a limit.",
        ),
        catalog.Recording(
            "job_instance_name:container_cpu_cfs_throttled:ratio",
            name(
                "max",
                f"rate(container_cpu_cfs_throttled_periods_total{real}[5m]) / "
                "(rate(container_cpu_cfs_periods_total[5m]) > 0)",
            ),
            description="Share of the periods in which a container had to wait because it had used up its time.",
        ),
        catalog.Recording(
            "job_instance_name:container_memory_working_set_bytes:max",
            name("max", f"container_memory_working_set_bytes{real}"),
            description="Memory of a container.",
        ),
        catalog.Recording(
            "job_instance_name:container_memory:limit_ratio",
            name("max", f"container_memory_working_set_bytes{real} / (container_spec_memory_limit_bytes > 0)"),
            description="The same as a share of what it may have, where there is a limit.",
        ),
        catalog.Recording(
            "job_instance_name:container_oom_events:increase10m",
            name("sum", f"increase(container_oom_events_total{real}[10m])"),
            description="Times within 10 minutes that something of a container was killed for lack of memory.",
        ),
        catalog.Recording(
            "job_instance_name:container_fs_usage_bytes:sum",
            name("sum", f"container_fs_usage_bytes{real}"),
            description="What a container has written that is still there.",
        ),
        *(
            catalog.Recording(
                f"job_instance_name:container_fs_{verb}_bytes:rate5m",
                name("sum", f"rate(container_fs_{verb}_bytes_total{real}[5m])"),
                description=f"Bytes of a disk that a container {verb}.",
            )
            for verb in ("reads", "writes")
        ),
        *(
            catalog.Recording(
                f"job_instance_name:container_network_{way}_{what}:rate5m",
                naming.by_network("sum", f"rate(container_network_{way}_{what}_total{network}[5m])"),
                description=f"{text} of a container's network, or a pod's.",
            )
            for what, text in (("bytes", "Bytes"), ("packets_dropped", "Dropped packets"))
            for way in ("receive", "transmit")
        ),
    ]
    if naming.kubernetes:
        return found
    must = f'{{{naming.real},name=~"{must_run}"}}'
    return [
        *found,
        catalog.Recording(
            "job_instance_name:container_last_seen:age",
            # of an hour, for cAdvisor forgets at once what is gone
            "time() - " + name("max", f"last_over_time(container_last_seen{must}[1h])"),
            description="Seconds since a container that must run was seen.",
        ),
        catalog.Recording(
            "job_instance_name:container_start_time_seconds:max",
            name("max", f"container_start_time_seconds{real}"),
            description="When the newest container of a name was made.",
        ),
        catalog.Recording(
            "job_instance_name:container_starts:changes15m",
            # one that is started again begins to count anew; one that is made again has another time
            name(
                "max",
                f"resets(container_cpu_usage_seconds_total{real}[15m]) or "
                "changes(job_instance_name:container_start_time_seconds:max[15m])",
            ),
            description="Times within 15 minutes that a container was started again.",
        ),
    ]
