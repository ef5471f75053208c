"""The process's own metrics, read when they are scraped: from ``/proc`` on Linux, else from the standard library.

Workers of one service are one process to whoever asks for ``process_…``: the sum of what the living have. What each of
them has is in ``process_worker_…``.
"""

# pathlib would load urllib, which the application has not asked for
# ruff: noqa: PTH112, PTH123, PTH208

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from functools import lru_cache
from typing import NamedTuple

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT
from vedette.packs.instrumentation import failures
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
    worker_cpu_seconds,
    worker_files,
    worker_memory,
    worker_start_time,
    worker_threads,
    workers,
)

__all__ = ["Readings", "attach", "read", "readings"]

_PROC = "/proc/self"
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
_ATTACHED = clock.now()


class _Self(NamedTuple):
    """What does not change while a process lives."""

    started: float
    """In seconds since the epoch."""
    service_started: float
    """When the process at the top of its service was."""


class Readings(NamedTuple):
    """What the system tells of the process at a moment; None where it does not."""

    cpu: float
    """Seconds used so far."""
    threads: int
    resident: int | None = None
    virtual: int | None = None
    files: int | None = None


# By generation, the collections that a fork inherits: they were its parent's.
_inherited: list[int] = []


def attach() -> None:
    """Expose the metrics of this process from now on. Calling it again changes nothing."""
    python_info.set(sys.version.split()[0], sys.implementation.name)
    DEFAULT.before_scrape(read)


def read() -> None:
    """Bring the metrics up to date. What the platform does not tell is left out."""
    this = _find_self(os.getpid())
    found = readings()
    limit = _file_limit()
    for part, times in guard.failures().items():
        failures.mirror(times, part)
    cpu_seconds.mirror(found.cpu)
    for generation, stats in enumerate(gc.get_stats()):
        before = _inherited[generation] if _inherited else 0
        gc_collections.mirror(stats["collections"] - before, str(generation))
    threads.set(found.threads)
    start_time.set(this.service_started)
    if limit is not None:
        max_fds.set(limit)
    if found.files is not None:
        open_fds.set(found.files)
    if found.resident is not None:
        resident_memory.set(found.resident)
    if found.virtual is not None:
        virtual_memory.set(found.virtual)
    # What this one has of what the service has.
    workers.set(1)
    worker_cpu_seconds.mirror(found.cpu, str(os.getpid()))
    worker_threads.set(found.threads)
    worker_start_time.set(this.started)
    if found.resident is not None:
        worker_memory.set(found.resident)
    if found.files is not None and limit:
        worker_files.set(found.files / limit)


@lru_cache(maxsize=1)
def _find_self(_pid: int) -> _Self:
    from vedette.instruments.metrics.supervisor import owner, this_process  # noqa: PLC0415 - loaded with shared store

    own = this_process()
    top = own if DEFAULT.store().path is None else owner()
    return _Self(_seconds(own.started), _seconds(top.started))


def _seconds(ticks: int) -> float:
    """Clock ticks since the machine's start as seconds since the epoch; 0 is not known."""
    return _booted() + ticks / os.sysconf("SC_CLK_TCK") if ticks else _ATTACHED


def _booted() -> float:
    """When the machine started, in seconds since the epoch."""
    with open("/proc/stat", encoding="ascii") as file:
        for line in file:
            if line.startswith("btime "):
                return float(line.split()[1])
    return 0.0


def readings() -> Readings:
    """What the process uses now."""
    return _read_proc(_PROC) if os.path.isdir(_PROC) else _read_elsewhere()


def _read_proc(folder: str) -> Readings:
    cpu = time.process_time()
    fd = os.open(f"{folder}/stat", os.O_RDONLY | os.O_CLOEXEC)
    try:
        # After the command, which may hold blanks and brackets; see proc_pid_stat(5): 20 num_threads, 23 vsize, 24 rss.
        fields = os.read(fd, 4096).rpartition(b")")[2].split()
    finally:
        os.close(fd)
    # Less the one that lists them.
    files = len(os.listdir(f"{folder}/fd")) - 1
    return Readings(cpu, int(fields[17]), int(fields[21]) * _PAGE, int(fields[20]), files)


def _file_limit() -> float | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft


def _read_elsewhere() -> Readings:
    if sys.platform == "win32":
        return Readings(time.process_time(), threading.active_count())
    import resource  # noqa: PLC0415 - there is none on Windows

    # The greatest so far; macOS tells it in bytes, the others in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Readings(time.process_time(), threading.active_count(), peak if sys.platform == "darwin" else peak * 1024)


def _forked() -> None:
    _inherited[:] = [stats["collections"] for stats in gc.get_stats()]


if hasattr(os, "register_at_fork"):  # there is none on Windows
    os.register_at_fork(after_in_child=_forked)
