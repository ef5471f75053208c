"""The process itself: processor time, memory, file descriptors, threads, garbage collection."""

from __future__ import annotations

from vedette.instruments.metrics import Counter, Gauge, Info

__all__ = [
    "cpu_seconds",
    "gc_collections",
    "max_fds",
    "open_fds",
    "python_info",
    "resident_memory",
    "start_time",
    "threads",
    "virtual_memory",
]

cpu_seconds = Counter("process_cpu_seconds_total", help="Processor time used, user and system.")
resident_memory = Gauge("process_resident_memory_bytes", help="Memory held in RAM.")
virtual_memory = Gauge("process_virtual_memory_bytes", help="Address space in use.")
open_fds = Gauge("process_open_fds", help="File descriptors that are open.")
max_fds = Gauge("process_max_fds", help="File descriptors that may be open.")
start_time = Gauge("process_start_time_seconds", help="When the process started, in seconds since the epoch.")
threads = Gauge("process_threads", help="Threads of the process.")
gc_collections = Counter(
    "python_gc_collections_total",
    help="Runs of Python's cyclic garbage collector.",
    labels={"generation": ["0", "1", "2"]},
)
python_info = Info("python_info", help="The Python that runs the process.", labels=["version", "implementation"])
