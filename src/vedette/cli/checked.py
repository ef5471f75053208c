"""What `vedette check` finds in the stack that is watched, looked at in a process of its own while the watch runs."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from vedette.server import telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.cli.terminal import Terminal

__all__ = ["tell_findings"]


async def tell_findings(arguments: Sequence[str], terminal: Terminal) -> None:
    """Check, set the metric of findings by level, and say so where there is something to mend."""
    command = [sys.executable, "-m", "vedette.cli", "check", "--format", "json", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    try:
        levels = Counter(one["level"] for one in json.loads(output)["findings"])
    except (ValueError, KeyError, TypeError):
        terminal.warn("vedette check cannot run on what is watched; run it to see why")
        return
    telemetry.found(levels)
    found = ", ".join(
        f"{levels[level]} {level}{'s' * (levels[level] != 1)}" for level in ("error", "warning") if levels[level]
    )
    if found:
        terminal.warn(f"{found} in what is declared; `vedette check` tells them")
