"""``vedette demo``: flips the demo shop's fault switches, which the shop reads from a file."""

from __future__ import annotations

import json
from pathlib import Path

from vedette.build.project import find
from vedette.cli.commands import FAULTS
from vedette.cli.terminal import Terminal
from vedette.errors import ConfigError

__all__ = ["switch"]


def switch(fault: str | None) -> None:
    """Write the fault that is on, or none, where the shop of this project looks.

    Raises:
        ConfigError: no demo was ever started here.
    """
    state = find(Path.cwd()).state
    if not (state / "build").is_dir():
        raise ConfigError(f"no demo was started in {state.parent}; run `make up` there first")
    path = state / "shop-faults.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"fault": fault}) + "\n")
    fresh.replace(path)
    terminal = Terminal()
    if fault is None:
        terminal.done("mended: every fault is off; alerts resolve within a minute or two")
    else:
        terminal.warn(f"broken, {fault}: {FAULTS[fault]}; mend it with `vedette demo mend`")
