"""The health of this process: the checks that are registered by name, and what the process says of itself."""

from __future__ import annotations

from vedette.health.health import Health

__all__ = ["DEFAULT", "check", "draining", "started"]

DEFAULT = Health()
"""The checks of this process: what `check` registers, and what ``vedette.instrument(app, health=…)`` is given."""

check = DEFAULT.check


def started() -> None:
    """Say that this process has started, whatever its checks say.

    Without it, it has once every critical check has passed.
    """
    DEFAULT.started()


def draining() -> None:
    """Say that this process is about to end: it is not ready from now on, so that it is given no new requests."""
    DEFAULT.draining()
