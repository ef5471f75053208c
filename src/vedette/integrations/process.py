"""The process's own metrics, read when they are scraped: from ``/proc`` on Linux, else from the standard library."""

# pathlib would load urllib, which the application has not asked for
# ruff: noqa: PTH112, PTH123, PTH208

from __future__ import annotations

import gc
import os
import sys
import threading
import time

from vedette.instruments import clock
from vedette.instruments.metrics import DEFAULT
from vedette.packs.process import (
    cpu_seconds,
    gc_collections,
    max_fds,
    open_fds,
    python_info,
    resident_memory,
    start_time,
    threads,
    virtual_memory,
)

__all__ = ["attach", "read"]

_PROC = "/proc/self"
_ATTACHED = clock.now()


def attach() -> None:
    """Expose the metrics of this process from now on. Calling it again changes nothing."""
    python_info.set(sys.version.split()[0], sys.implementation.name)
    DEFAULT.before_scrape(read)


def read() -> None:
    """Bring the metrics up to date. What the platform does not tell is left out."""
    cpu_seconds.mirror(time.process_time())
    for generation, stats in enumerate(gc.get_stats()):
        gc_collections.mirror(stats["collections"], str(generation))
    _read_limit()
    if os.path.isdir(_PROC):
        _read_proc(_PROC)
    else:
        _read_elsewhere()


def _read_proc(folder: str) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    with open(f"{folder}/statm", encoding="ascii") as file:
        virtual, resident = file.read().split()[:2]
    virtual_memory.set(int(virtual) * page)
    resident_memory.set(int(resident) * page)
    with open(f"{folder}/stat", encoding="utf-8", errors="replace") as file:
        # After the command, which may hold blanks and brackets; see proc_pid_stat(5): 20 is num_threads, 22 starttime
        fields = file.read().rpartition(")")[2].split()
    threads.set(int(fields[17]))
    start_time.set(_booted() + int(fields[19]) / os.sysconf("SC_CLK_TCK"))
    # Less the one that lists them.
    open_fds.set(len(os.listdir(f"{folder}/fd")) - 1)


def _booted() -> float:
    """When the machine started, in seconds since the epoch."""
    with open("/proc/stat", encoding="ascii") as file:
        for line in file:
            if line.startswith("btime "):
                return float(line.split()[1])
    return 0.0


def _read_limit() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is none on Windows

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        max_fds.set(float("inf") if soft == resource.RLIM_INFINITY else soft)


def _read_elsewhere() -> None:
    threads.set(threading.active_count())
    start_time.set(_ATTACHED)
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is none on Windows

        # The greatest so far; macOS tells it in bytes, the others in KiB.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        resident_memory.set(peak if sys.platform == "darwin" else peak * 1024)
