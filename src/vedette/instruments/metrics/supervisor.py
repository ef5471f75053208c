"""Which process the metrics of this one belong to: the one at the top of those that run the same program together.

A worker is known by how it came to be, whatever supervises it: it was forked from its parent and runs the same program
still (gunicorn, Celery, uWSGI, ``multiprocessing`` with fork), or it was started by ``multiprocessing`` (uvicorn,
granian, hypercorn). What a shell or a service manager starts is nobody's worker.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

__all__ = ["Process", "is_alive", "owner", "pid_namespace", "this_process"]

_PROC = "/proc"
# How servers begin the names that they give to themselves and to their workers, with the package setproctitle.
_TITLES = (b"gunicorn", b"[celeryd")


class Process(NamedTuple):
    """A process. ``started``: in clock ticks since the machine's start, 0 where the system does not tell."""

    pid: int
    started: int


class _Stat(NamedTuple):
    parent: int
    started: int
    stack: int


def owner(pid: int | None = None) -> Process:
    """The process that the metrics of ``pid`` belong to; by default of this one."""
    at = os.getpid() if pid is None else pid
    stat = _stat(at)
    if stat is None:
        return Process(_known_to_multiprocessing() or at, 0)
    while stat.parent > 0:
        parent = _stat(stat.parent)
        if parent is None or not _is_worker(at, stat, stat.parent, parent):
            break
        at, stat = stat.parent, parent
    return Process(at, stat.started)


def this_process() -> Process:
    """This one."""
    stat = _stat(os.getpid())
    return Process(os.getpid(), 0 if stat is None else stat.started)


def is_alive(process: Process) -> bool:
    """Whether it runs, and is not another one that got its number."""
    stat = _stat(process.pid)
    return stat is not None and stat.started == process.started


def pid_namespace() -> int:
    """What tells the process numbers of this container from those of another; 0 where there is no such thing."""
    try:
        return os.stat(f"{_PROC}/self/ns/pid").st_ino
    except OSError:
        return 0


def _is_worker(pid: int, stat: _Stat, parent_pid: int, parent: _Stat) -> bool:
    command = _command(pid)
    # A program started by multiprocessing with spawn, and the process from which forkserver forks.
    if b"--multiprocessing-fork" in command or b"from multiprocessing.forkserver import main" in command:
        return True
    # The kernel places the stack of each program that is started at an address of its own; a fork keeps it.
    if stat.stack and parent.stack > 1 and _addresses_vary():
        return stat.stack == parent.stack and _program(pid) == _program(parent_pid)
    # It hides the address of what runs as another user, as gunicorn's master does that started as root.
    master = _command(parent_pid)
    title = master.partition(b": ")[0]
    return bool(command) and (command == master or (title in _TITLES and command.startswith(title)))


def _stat(pid: int) -> _Stat | None:
    try:
        with open(f"{_PROC}/{pid}/stat", "rb") as file:
            # After the command, which may hold blanks and brackets; see proc_pid_stat(5): 3 is the state, 4 ppid,
            # 22 starttime, 28 startstack.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if len(fields) < 26 or fields[0] in (b"Z", b"X"):
        return None
    return _Stat(int(fields[1]), int(fields[19]), int(fields[25]))


def _command(pid: int) -> bytes:
    try:
        with open(f"{_PROC}/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _program(pid: int) -> str:
    try:
        return os.readlink(f"{_PROC}/{pid}/exe")
    except OSError:
        return ""


def _addresses_vary() -> bool:
    try:
        with open(f"{_PROC}/sys/kernel/randomize_va_space", "rb") as file:
            return file.read().strip() != b"0"
    except OSError:
        return False


def _known_to_multiprocessing() -> int | None:
    """The parent that multiprocessing knows of, where there is no /proc."""
    module = sys.modules.get("multiprocessing.process")
    parent = module.parent_process() if module is not None else None
    return None if parent is None else parent.pid
