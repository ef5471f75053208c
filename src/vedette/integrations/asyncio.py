"""asyncio: how late and how busy its event loops are, and exceptions that no task or callback has handled.

See `vedette.integrations.event_loop`. A loop is watched from when it next runs, and at once if it runs where this is
attached.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from vedette.integrations.event_loop import patch_loop, watch_running

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch"]


def patch(patches: Patches) -> None:
    """Watch every loop of asyncio's own classes."""
    kind = import_module("asyncio.base_events").BaseEventLoop
    patch_loop(patches, kind)
    running = import_module("asyncio.events")._get_running_loop()  # noqa: SLF001 - the public one raises if there is none
    if isinstance(running, kind):
        watch_running(patches, running)
