"""The process itself: processor time, memory, file descriptors, threads, garbage collection."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.instruments.metrics import Counter, Gauge, Info
from vedette.packs._process_panels import panels

__all__ = [
    "cpu_seconds",
    "gc_collections",
    "max_fds",
    "open_fds",
    "process",
    "python_info",
    "resident_memory",
    "start_time",
    "threads",
    "virtual_memory",
    "worker_cpu_seconds",
    "worker_files",
    "worker_memory",
    "worker_start_time",
    "worker_threads",
    "workers",
]

# Of the process; where several share their metrics, of all that live: see docs/how-to/run-several-processes.md.
cpu_seconds = Counter("process_cpu_seconds_total", help="Processor time used, user and system.")
resident_memory = Gauge("process_resident_memory_bytes", help="Memory held in RAM.")
virtual_memory = Gauge("process_virtual_memory_bytes", help="Address space in use.")
open_fds = Gauge("process_open_fds", help="File descriptors that are open.")
max_fds = Gauge("process_max_fds", help="File descriptors that may be open.")
start_time = Gauge(
    "process_start_time_seconds",
    help="When the process started, in seconds since the epoch.",
    multiprocess_mode="livemin",
)
threads = Gauge("process_threads", help="Threads of the process.")
gc_collections = Counter(
    "python_gc_collections_total",
    help="Runs of Python's cyclic garbage collector.",
    labels={"generation": ["0", "1", "2"]},
)
python_info = Info("python_info", help="The Python that runs the process.", labels=["version", "implementation"])

# Of each process by itself.
workers = Gauge("process_workers", help="Processes that share their metrics and are alive.")
worker_cpu_seconds = Counter(
    "process_worker_cpu_seconds_total",
    help="Processor time used by one process, user and system.",
    labels=["pid"],
    expires="1m",  # some time after the process
)
worker_memory = Gauge(
    "process_worker_resident_memory_bytes",
    help="Memory held in RAM by one process.",
    multiprocess_mode="liveall",
)
worker_files = Gauge(
    "process_worker_open_fds_ratio",
    help="Share of its file descriptors that one process has open.",
    multiprocess_mode="liveall",
)
worker_threads = Gauge("process_worker_threads", help="Threads of one process.", multiprocess_mode="liveall")
worker_start_time = Gauge(
    "process_worker_start_time_seconds",
    help="When one process started, in seconds since the epoch.",
    multiprocess_mode="liveall",
)

_MIB = 1024 * 1024


@catalog.parametric
def process(
    *,
    cpu_high: float = 0.8,
    cpu_for: str = "10m",
    memory_high: float = 400 * _MIB,
    memory_critical: float = 450 * _MIB,
    memory_for_high: str = "5m",
    memory_for_critical: str = "2m",
    files_high: float = 0.8,
    files_critical: float = 0.95,
    files_for: str = "5m",
    restarts_high: float = 2,
) -> catalog.Pack:
    """A process: does it fit into its processor, its memory and its file descriptors, and does it stay up?

    Where several workers share their metrics, that is asked of each of them.

    Args:
        cpu_high: cores in use by one process that are too many (threads of one Python share about one core).
        cpu_for: how long it must hold.
        memory_high: bytes of RAM of one process that are high.
        memory_critical: bytes that page.
        memory_for_high: how long it must hold.
        memory_for_critical: how long it must hold before it pages.
        files_high: share of the allowed file descriptors that is high.
        files_critical: share that pages.
        files_for: how long either must hold.
        restarts_high: starts within 15 minutes that are tolerated.
    """
    check_above_zero(
        cpu_high=cpu_high, memory_high=memory_high, memory_critical=memory_critical, restarts_high=restarts_high
    )
    check_ratio(files_high=files_high, files_critical=files_critical)
    check_rising(memory_high=memory_high, memory_critical=memory_critical)
    check_rising(files_high=files_high, files_critical=files_critical)
    # Of the process that has most; of the only one where there is but one.
    cpu = "job_instance:process_cpu_seconds:max_rate5m"
    memory = "job_instance:process_resident_memory_bytes:max"
    files = "job_instance:process_open_fds:ratio"
    return catalog.Pack(
        "process",
        title="Process",
        metrics=[
            cpu_seconds,
            resident_memory,
            virtual_memory,
            open_fds,
            max_fds,
            start_time,
            threads,
            gc_collections,
            python_info,
            workers,
            worker_cpu_seconds,
            worker_memory,
            worker_files,
            worker_threads,
            worker_start_time,
        ],
        recordings=[
            catalog.Recording(
                "job_instance:process_cpu_seconds:rate5m",
                "sum by (job, instance) (rate(process_cpu_seconds_total[5m]))",
                description="Cores in use, by all processes together.",
            ),
            catalog.Recording(
                cpu,
                "max by (job, instance) (rate(process_worker_cpu_seconds_total[5m])) "
                "or job_instance:process_cpu_seconds:rate5m",
                description="Cores in use by the busiest process.",
            ),
            catalog.Recording(
                memory,
                "max by (job, instance) (process_worker_resident_memory_bytes) "
                "or max by (job, instance) (process_resident_memory_bytes)",
                description="RAM of the largest process.",
            ),
            catalog.Recording(
                files,
                "max by (job, instance) (process_worker_open_fds_ratio) "
                "or max by (job, instance) (process_open_fds) / (max by (job, instance) (process_max_fds) > 0)",
                description="Share of the allowed file descriptors that are open, in the process with most.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "ProcessCpuHigh",
                f"{cpu} > {cpu_high}",
                for_=cpu_for,
                severity="high",
                summary="{{ $labels.instance }} of {{ $labels.job }} uses {{ $value | humanize }} cores",
                description=f"More than {cpu_high:g} cores in use by one process: requests queue for the processor.",
                runbook="runbooks/process-cpu.md",
                panel="Processor",
            ),
            catalog.Alert(
                "ProcessMemoryHigh",
                f"{memory} > {memory_high}",
                for_=memory_for_high,
                severity="high",
                summary="{{ $labels.instance }} of {{ $labels.job }} holds {{ $value | humanize1024 }}B of memory",
                description=f"More than {memory_high / _MIB:g} MiB of RAM in one process.",
                runbook="runbooks/process-memory.md",
                panel="Memory",
            ),
            catalog.Alert(
                "ProcessMemoryCritical",
                f"{memory} > {memory_critical}",
                for_=memory_for_critical,
                severity="critical",
                summary="{{ $labels.instance }} of {{ $labels.job }} holds {{ $value | humanize1024 }}B of memory",
                description=f"More than {memory_critical / _MIB:g} MiB of RAM in one process; it may be killed.",
                runbook="runbooks/process-memory.md",
                panel="Memory",
            ),
            catalog.Alert(
                "ProcessFilesHigh",
                f"{files} > {files_high}",
                for_=files_for,
                severity="high",
                summary="{{ $labels.job }} on {{ $labels.instance }}: {{ $value | humanizePercentage }} of files open",
                description=f"More than {100 * files_high:g} % of the file descriptors that one process may open.",
                runbook="runbooks/process-files.md",
                panel="File descriptors",
            ),
            catalog.Alert(
                "ProcessFilesCritical",
                f"{files} > {files_critical}",
                for_=files_for,
                severity="critical",
                summary="{{ $labels.instance }} of {{ $labels.job }} runs out of file descriptors",
                description=f"More than {100 * files_critical:g} % are open; then no connection can be accepted.",
                runbook="runbooks/process-files.md",
                panel="File descriptors",
            ),
            catalog.Alert(
                "ProcessRestarting",
                f"sum by (job, instance) (changes(process_start_time_seconds[15m])) > {restarts_high}",
                severity="high",
                summary="{{ $labels.instance }} of {{ $labels.job }} started {{ $value }} times in short succession",
                description="What keeps starting fails early: at import, at a request, or it is killed. Workers that a "
                "supervisor replaces do not count.",
                runbook="runbooks/process-restarts.md",
                panel="Restarts",
            ),
        ],
        panels=panels(cpu_high, memory_high, memory_critical, files_high, files_critical, restarts_high=restarts_high),
        dashboard=catalog.Dashboard(
            description="Does each process fit into what it has been given, and does it stay up?", tags=["process"]
        ),
    )
