"""The panels of the process pack: what one looks at, the largest process first, then each worker."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]


def panels(
    cpu_high: float,
    memory_high: float,
    memory_critical: float,
    files_high: float,
    files_critical: float,
    *,
    restarts_high: float,
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    memory: dict[float, catalog.Severity] = {memory_high: "high", memory_critical: "critical"}
    files: dict[float, catalog.Severity] = {files_high: "high", files_critical: "critical"}
    return [
        catalog.Panel(
            "Uptime",
            "min by (job) (time() - process_start_time_seconds)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Since the youngest process of the service started.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Memory used",
            "max by (job) (job_instance:process_resident_memory_bytes:max)",
            kind="stat",
            unit="bytes",
            legend="{{job}}",
            description="RAM of the largest process.",
            thresholds=memory,
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Processor used",
            "max by (job) (job_instance:process_cpu_seconds:max_rate5m)",
            kind="stat",
            unit="cores",
            legend="{{job}}",
            description="Cores in use by the busiest process.",
            thresholds={cpu_high: "high"},
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Row("Processor and memory"),
        catalog.Panel(
            "Processor",
            "job_instance:process_cpu_seconds:max_rate5m",
            unit="cores",
            legend="{{job}} {{instance}}",
            description="Cores in use by the busiest process. One Python process with threads levels off near 1: then "
            "it is full.",
            thresholds={cpu_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Memory",
            "job_instance:process_resident_memory_bytes:max",
            unit="bytes",
            legend="{{job}} {{instance}}",
            description="RAM of the largest process. A saw-tooth is healthy, a staircase that never falls is a leak.",
            thresholds=memory,
            minimum=0,
        ),
        catalog.Panel(
            "Garbage collection",
            "sum by (job, instance, generation) (rate(python_gc_collections_total[5m]))",
            unit="operations/s",
            legend="{{instance}} generation {{generation}}",
            description="Runs of the cyclic collector. Many of generation 2 mean many objects that live long.",
            minimum=0,
        ),
        catalog.Panel(
            "Threads",
            "max by (job, instance) (process_threads)",
            unit="count",
            legend="{{job}} {{instance}}",
            description="A steady climb means threads that are started and never end.",
            minimum=0,
        ),
        catalog.Row("Files and restarts"),
        catalog.Panel(
            "File descriptors",
            "job_instance:process_open_fds:ratio",
            unit="ratio",
            legend="{{job}} {{instance}}",
            description="Share of the allowed file descriptors (files and sockets) that are open, in the process with "
            "most.",
            thresholds=files,
            minimum=0,
        ),
        catalog.Panel(
            "Restarts",
            "sum by (job, instance) (changes(process_start_time_seconds[15m]))",
            unit="count",
            legend="{{job}} {{instance}}",
            description="Starts within the last 15 minutes.",
            thresholds={restarts_high: "high"},
            minimum=0,
        ),
        catalog.Row("Workers"),
        catalog.Panel(
            "Processor of all workers",
            "job_instance:process_cpu_seconds:rate5m",
            unit="cores",
            legend="{{job}} {{instance}}",
            description="Cores in use by all processes of an instance together.",
            minimum=0,
        ),
        catalog.Panel(
            "Memory of all workers",
            "max by (job, instance) (process_resident_memory_bytes)",
            unit="bytes",
            legend="{{job}} {{instance}}",
            description="RAM of all processes of an instance together; what they share counts for each of them.",
            minimum=0,
        ),
        catalog.Panel(
            "Address space",
            "max by (job, instance) (process_virtual_memory_bytes)",
            unit="bytes",
            legend="{{job}} {{instance}}",
            description="Mostly never touched, so large and harmless. One that only rises is a leak of mappings.",
            minimum=0,
        ),
        catalog.Panel(
            "Workers",
            [
                catalog.Query("max by (job, instance) (process_workers)", "{{job}} {{instance}}"),
                catalog.Query(
                    "count by (job, instance) (max_over_time(process_worker_start_time_seconds[15m]) > time() - 900)",
                    "{{job}} {{instance}} started within 15 minutes",
                ),
            ],
            unit="count",
            description="Processes that share their metrics, and how many of them are new. Servers that replace a "
            "worker after so many requests start some all the time; what is killed is started anew, too.",
            minimum=0,
        ),
        catalog.Panel(
            "Each worker",
            [
                catalog.Query(
                    "sum by (job, instance, pid) (process_worker_resident_memory_bytes)", "Memory", unit="bytes"
                ),
                catalog.Query(
                    "sum by (job, instance, pid) (rate(process_worker_cpu_seconds_total[5m]))",
                    "Processor",
                    unit="cores",
                ),
                catalog.Query(
                    "sum by (job, instance, pid) (process_worker_open_fds_ratio)", "File descriptors", unit="ratio"
                ),
                catalog.Query("sum by (job, instance, pid) (process_worker_threads)", "Threads", unit="count"),
                catalog.Query(
                    "time() - sum by (job, instance, pid) (process_worker_start_time_seconds)", "Age", unit="seconds"
                ),
            ],
            kind="table",
            description="What each process has, by its number. One that differs from the others is the one to look at.",
            width=24,
        ),
        catalog.Panel(
            "Python",
            catalog.Query("sum by (job, instance, implementation, version) (python_info)", "Processes", unit="count"),
            kind="table",
            description="Which Python runs where.",
            width=24,
            height=5,
        ),
    ]
