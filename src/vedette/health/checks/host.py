"""The machine, or the container: room on its disk, memory, processors. Warnings if not said otherwise."""

# pathlib would load urllib, which the application has not asked for
# ruff: noqa: PTH123

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vedette.health.check import Check
from vedette.health.checks.settings import above, below, in_order
from vedette.instruments import clock

if TYPE_CHECKING:
    from typing import Unpack

    from vedette.health.checks.settings import Settings
    from vedette.health.outcome import Reading

__all__ = ["cpu", "disk", "memory"]


def disk(
    path: str = "/", *, degraded: float = 0.1, failed: float = 0.02, name: str = "disk", **settings: Unpack[Settings]
) -> Check:
    """Whether a file system has room.

    Args:
        path: anywhere on it.
        degraded: share of it that is free at which it is degraded.
        failed: share at which it has failed.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed, falling=True)
    settings.setdefault("level", "warning")
    settings.setdefault("every", "30s")

    def ask() -> Reading:
        figures = os.statvfs(path)
        free = figures.f_bavail / max(1, figures.f_blocks - figures.f_bfree + figures.f_bavail)
        return below("what is free", round(free, 4), "of the whole", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)


def memory(*, degraded: float = 0.9, failed: float = 0.98, name: str = "memory", **settings: Unpack[Settings]) -> Check:
    """Whether there is memory left, of the container where that has a limit, else of the machine.

    Args:
        degraded: share in use at which it is degraded.
        failed: share at which it has failed.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")

    def ask() -> Reading:
        used = _container_memory()
        share = _machine_memory() if used is None else used
        return above("what is in use", round(share, 4), "of the whole", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)


def cpu(*, degraded: float = 0.9, failed: float = 1.1, name: str = "cpu", **settings: Unpack[Settings]) -> Check:
    """Whether the processors keep up: the share of their time that was used since the check before.

    Args:
        degraded: share at which it is degraded.
        failed: share at which it has failed; above 1, which it cannot reach, for never.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    settings.setdefault("level", "warning")
    last = _processors()

    def ask() -> Reading:
        nonlocal last
        now = _processors()
        busy, whole = now[0] - last[0], now[1] - last[1]
        last = now
        share = busy / whole if whole > 0 else 0.0
        return above("what is in use", round(share, 4), "of all processors", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)


def _processors() -> tuple[float, float]:
    """What they have worked and what they could have, in one unit."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(part) for part in file.readline().split()[1:9]]
    except OSError:  # not Linux: this process' own share
        return sum(os.times()[:4]), clock.perf() * (os.cpu_count() or 1)
    idle = ticks[3] + ticks[4]
    return float(sum(ticks) - idle), float(sum(ticks))


def _machine_memory() -> float:
    with open("/proc/meminfo", encoding="ascii") as file:
        found = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in file)}
    return 1 - found["MemAvailable"] / found["MemTotal"]


# https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files, and the names of version 1
_CGROUPS = (
    ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.stat", "inactive_file"),
    (
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
        "total_inactive_file",
    ),
)
_NO_LIMIT = 1 << 60


def _container_memory() -> float | None:
    """Share of its limit that the container uses, less what the kernel can take back; None without a limit."""
    for usage, limit, stat, inactive in _CGROUPS:
        try:
            most = int(_text(limit))
            used = int(_text(usage))
            back = next(
                (int(line.split()[1]) for line in _text(stat).splitlines() if line.startswith(f"{inactive} ")), 0
            )
        except (OSError, ValueError):  # not there, or "max"
            continue
        if 0 < most < _NO_LIMIT:
            return max(0, used - back) / most
    return None


def _text(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read().strip()
