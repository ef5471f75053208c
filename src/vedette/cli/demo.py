"""``vedette demo``: flips the demo shop's fault switches, which the shop reads from a file."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from vedette.cli.project import find
from vedette.errors import ConfigError

__all__ = ["switch"]

EFFECT = {
    "errors": "two of three checkouts fail with 500",
    "latency": "answers take more than a second",
    "pool": "checkouts keep their database connection",
    "down": "the shop answers nobody, its own metrics included",
}


def switch(fault: str | None) -> None:
    """Write the fault that is on, or none, where the shop of this project looks.

    Raises:
        ConfigError: no demo was ever started here.
    """
    state = find(Path.cwd()).state
    if not state.is_dir():
        raise ConfigError(f"no demo was started in {state.parent}; run `make up` there first")
    path = state / "shop-faults.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"fault": fault}) + "\n")
    fresh.replace(path)
    console = Console(highlight=False)
    if fault is None:
        console.print("[green]mended[/]  every fault is off; alerts resolve within a minute or two")
    else:
        console.print(f"[red]broken[/]  {fault}: {EFFECT[fault]}; mend it with [bold]vedette demo mend[/]")
