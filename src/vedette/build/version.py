"""Comparing the versions of Prometheus and Alertmanager that an environment supports."""

from __future__ import annotations

__all__ = ["at_least"]


def at_least(version: str, wanted: str) -> bool:
    """Whether ``version`` (``"2.42"``) is ``wanted`` or later."""
    return _parts(version) >= _parts(wanted)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
