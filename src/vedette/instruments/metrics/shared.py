"""Where the values of a process are that may have others beside it: one segment for all workers of a service.

A segment is a file in memory that the workers find by the process they belong to (`supervisor`), with no hook to call
and nothing to wipe between runs. ``VEDETTE_SHARED`` in the environment changes that:

- ``off``: each process has its values alone;
- an existing folder: the segments are there, instead of in ``$XDG_RUNTIME_DIR`` or ``/dev/shm``;
- any other path: all processes that name this file share it.
"""

from __future__ import annotations

import atexit
import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from vedette.instruments import guard
from vedette.instruments.metrics import core
from vedette.instruments.metrics.supervisor import Process, is_alive, owner, pid_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.instruments.metrics.core import Store

__all__ = ["ENDING", "alone_in", "is_off", "is_worker_of", "open_store", "segment_path", "tell_alone"]

ENDING = ".metrics"
"""Of a segment's name."""

# Byte-range locks of a segment: one for whoever changes it, one for each process; see _core/layout.h.
_LOCKS = 1 << 40
_PATIENCE = 2.0  # seconds to wait for who opens a segment in the same folder
_FORGOTTEN = 3600.0  # seconds after which an unused segment of another container is removed


def is_off(setting: str) -> bool:
    """Whether ``VEDETTE_SHARED`` says that each process has its values alone."""
    return setting.lower() in ("off", "0", "no", "false")


def open_store() -> Store:
    """The store of this process: its service's segment, or one of its own where there can be none (that is told)."""
    setting = os.environ.get("VEDETTE_SHARED", "")
    if is_off(setting):
        return core.Store()
    path = setting
    try:
        import fcntl  # noqa: F401, PLC0415 - there is none on Windows
    except ImportError:
        return core.Store()
    try:
        path = segment_path(setting)
        return _open(path, named=bool(setting) and not os.path.isdir(setting))
    except OSError as problem:
        tell_alone(path or problem.filename or "the folder for shared metrics", problem)
        return core.Store()


def tell_alone(path: str, problem: OSError) -> None:
    """Say that this process has its values alone, and why."""
    guard.warn(
        ("shared", path),
        f"the metrics of this process are its own, and not those of its service: {path}: "
        f"{problem.strerror or problem}; set VEDETTE_SHARED to a file that all its processes may write, or to off",
    )


def segment_path(setting: str = "") -> str:
    """The file of this process's segment; ``setting`` as ``VEDETTE_SHARED`` has it.

    Raises:
        OSError: there is no folder for it, or it is somebody else's.
    """
    if setting and not os.path.isdir(setting):
        return os.path.abspath(setting)
    process = owner()
    return f"{_folder(setting)}/{process.pid}-{process.started}-{pid_namespace()}{ENDING}"


def is_worker_of(path: str) -> bool:
    """Whether this process shares a segment that is another's, so that it may not be the one that is scraped."""
    process = _owner_of(path)
    return process is None or process.pid != os.getpid()


def _folder(setting: str) -> str:
    """A folder of this user alone: in /dev/shm anybody may make files."""
    if setting:
        return setting.rstrip("/")
    for base in (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm", os.environ.get("TMPDIR", "/tmp")):  # noqa: S108
        if not base or not os.access(base, os.W_OK | os.X_OK):
            continue
        folder = f"{base}/vedette-{os.geteuid()}"
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PermissionError(1, "it is not a folder that this user alone may write", folder)
        return folder
    raise FileNotFoundError(2, "neither $XDG_RUNTIME_DIR nor /dev/shm nor $TMPDIR can be written")


def _open(path: str, *, named: bool) -> Store:
    folder = os.path.dirname(path)
    if os.path.exists(path) and not os.path.isfile(path):  # to open a pipe would wait for somebody
        raise OSError(22, "it is no file")
    with alone_in(folder):
        if not named:
            _sweep(folder, path)
        elif _is_ours(path) and not _in_use(path):
            _remove(path)  # what is in it is nobody's any more
        store = core.open_shared(path)
        slot = store.attach()
    # Many workers may have come and gone with nobody asking for metrics.
    store.reap()
    if slot < 0:
        store.attach()
    atexit.register(_close, path, named=named)
    return store


def _close(path: str, *, named: bool) -> None:
    """Remove a segment that nobody needs any more, at the end of the process."""
    process = None if named else _owner_of(path)
    if process is not None and process.pid != os.getpid() and is_alive(process):
        return
    with suppress(OSError), alone_in(os.path.dirname(path)):
        if not _in_use(path):
            _remove(path)


@contextmanager
def alone_in(folder: str) -> Iterator[None]:
    """One process at a time opens a segment in a folder."""
    import fcntl  # noqa: PLC0415 - there is none on Windows

    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.002)
        yield
    finally:
        os.close(fd)


def _sweep(folder: str, own: str) -> None:
    """Remove the segments of services that have ended."""
    namespace = pid_namespace()
    for name in os.listdir(folder):
        path = f"{folder}/{name}"
        process = _owner_of(path)
        if path == own or process is None:
            continue
        here = name.endswith(f"-{namespace}{ENDING}")
        with suppress(OSError):
            old = here or time.time() - os.stat(path).st_mtime > _FORGOTTEN
            if old and not (here and is_alive(process)) and not _in_use(path):
                _remove(path, f"{path}.set-aside")


def _owner_of(path: str) -> Process | None:
    """The process that a segment's name tells."""
    parts = os.path.basename(path).removesuffix(ENDING).split("-")
    if not path.endswith(ENDING) or len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    return Process(int(parts[0]), int(parts[1]))


def _is_ours(path: str) -> bool:
    """Whether this is a segment, and not a file that somebody needs."""
    try:
        with open(path, "rb") as file:
            return file.read(8) in (b"", b"VEDETTE\0")
    except FileNotFoundError:
        return False


def _files_of(path: str) -> list[str]:
    """A segment, and what lies beside it of processes that run without the extension; see twin/store.py."""
    folder, name = os.path.split(path)
    beside = [one for one in os.listdir(folder) if one.startswith(f"{name}.")]
    slabs = [one for one in beside if one.endswith((".slab", ".draft")) or one[len(name) :].startswith(".left")]
    return [path, *(f"{folder}/{one}" for one in slabs)]


def _in_use(path: str) -> bool:
    """Whether a process takes part in a segment, other than this one."""
    return any(_is_locked(file) for file in _files_of(path))


def _remove(path: str, *more: str) -> None:
    """Remove a segment; who uses it goes on to."""
    for file in (*_files_of(path), *more):
        with suppress(FileNotFoundError):
            os.unlink(file)


def _is_locked(path: str) -> bool:
    import fcntl  # noqa: PLC0415 - there is none on Windows

    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # struct flock of Linux and macOS differ; lockf() of the standard library knows both, but only to take a lock.
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1 << 20, _LOCKS)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
