"""The series of the worker pack, of this process or of a page that another one serves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.integrations.client import values

from vedette.packs.worker import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["counted", "labelled", "states"]


def states(samples: Mapping[str, float], task: str) -> dict[str, float]:
    """State → how many, of a task, on a page."""
    found = labelled(samples, "worker_tasks_total")
    return {labels[3]: value for labels, value in found.items() if labels[2] == task and value}


def counted(task: str) -> dict[str, float]:
    """The same in this process."""
    return {labels[3]: value for labels, value in values(tasks).items() if labels[2] == task and value}


def labelled(samples: Mapping[str, float], name: str) -> dict[tuple[str, ...], float]:
    """Label values → value, of the series of a name."""
    return {
        tuple(re.findall(r'="([^"]*)"', series)): value
        for series, value in samples.items()
        if series.partition("{")[0] == name
    }
