"""The five example stacks in production, as a preview: discovery, probes, names of other languages and all."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from tests.testing.preview.shown import shows

from vedette.testing.preview import Preview

if TYPE_CHECKING:
    from pathlib import Path

STACKS = ("a_account_manager", "b_web_framework", "c_collaboration", "d_task_platform", "e_event_analytics")
MOMENT = 1_763_000_000_000

EMPTY = {
    "Alerts": "of a service of which no alert fires",
    "Alerts firing": "none fires at the end",
    "Containers that wait": "none waits at the end",
    "Pods by name": "all run at the end",
}
"""Panels that show nothing, and why that is right."""


@pytest.mark.proof
@pytest.mark.parametrize("name", STACKS)
def test_every_panel_of_an_example_stack_shows_data(name: str, tmp_path: Path) -> None:
    stack = import_module(f"examples.stacks.{name}").stack
    preview = Preview(stack, stack.environment("production"), tmp_path, moment=MOMENT, url="http://127.0.0.1:7374")
    boards = [json.loads(raw) for raw in preview.watch.built.dashboards.values()]
    panels = [panel for board in boards for panel in board["panels"] if panel.get("targets")]
    assert len(panels) > 100
    empty = {panel["title"] for panel in panels if not shows(preview.watch.head, panel, MOMENT)}
    assert empty - set(EMPTY) == set()
    assert set(preview.watch.rules.health()) == {"ok"}
    preview.close()
