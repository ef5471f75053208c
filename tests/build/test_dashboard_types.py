"""Dashboards are typed by the TypeScript compiler against what each Grafana publishes, and nothing is found."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.build.stacks import everything, rich
from tests.testing.preview import every_pack

from vedette.build import build, load

SCRIPT = Path(__file__).parents[2] / "scripts" / "dashboard_types.sh"
VERSIONS = {"10.4.19", "11.6.16", "12.4.11", "13.2.3"}
FREE = {
    "color", "content", "definition", "expr", "fixedColor", "id", "label", "legendFormat", "name", "options", "query",
    "refId", "tagKeys", "text", "textFormat", "title", "titleFormat", "uid", "unit", "url", "value",
}  # fmt: skip
"""Keys whose text may be any."""
COUNTED = {"refresh", "hide", "sort", "graphTooltip"}
"""Keys whose number is one of a few."""


@pytest.fixture(scope="module")
def every():
    """Name → dashboard, of every pack, of the demo, and of what has everything that a dashboard can have."""
    stacks = {
        "pack": build(every_pack.stack),
        "demo": build(load("examples.shop.observability:stack"), "demo"),
        "rich": build(rich(), "here"),
        "everything": build(everything(), "production"),
    }
    return {
        f"{name}-{Path(path).stem}": json.loads(text)
        for name, files in stacks.items()
        for path, text in files.items()
        if path.startswith("grafana/")
    }


def findings(folder, boards):
    """What the compiler says: version, dashboard, message."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here, which fetches Grafana's types")
    folder.mkdir()
    for name, board in boards.items():
        (folder / f"{name}.json").write_text(json.dumps(board, indent=1))
    result = subprocess.run(["sh", SCRIPT, folder], capture_output=True, text=True, check=False)
    found = re.findall(r"^([\d.]+)/(\S+)\.ts\(\d+,\d+\): error TS\d+: (.*)$", result.stdout, re.MULTILINE)
    assert (result.returncode == 0) is (not result.stdout), result.stdout + result.stderr
    assert result.returncode in (0, 2), result.stdout + result.stderr
    assert len(found) == len(re.findall(r"^\S.*error TS", result.stdout, re.MULTILINE)), result.stdout
    return found


def shape(value, key=""):
    """What a type can tell of a value: fields, choices and kinds, no text that is free and no amount."""
    if isinstance(value, dict):
        return {name: shape(below, name) for name, below in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(shape(item, key)): None for item in value})
    if isinstance(value, str):
        return value if key not in FREE and re.fullmatch(r"[a-zA-Z][\w-]*", value) else "text"
    return value if key in COUNTED else type(value).__name__


def told_apart(boards):
    """The dashboards with one panel of each shape, in the first that has it."""
    seen = set()
    found = {}
    for name, board in boards.items():
        own = copy.deepcopy(board)
        own["panels"] = [panel for panel in board["panels"] if _new(seen, panel)]
        if own["panels"] or _new(seen, {**board, "panels": []}):
            found[name] = own
    return found


def _new(seen, value):
    known = json.dumps(shape(value))
    return known not in seen and not seen.add(known)


def broken(board, change):
    own = copy.deepcopy(board)
    change(own)
    return own


def first(board, kind):
    return next(panel for panel in board["panels"] if panel["type"] == kind)


MISTAKES = {
    "an-option-of-no-version": lambda board: first(board, "stat")["options"].update(percentChangeColorModes="standard"),
    "a-choice-that-is-none": lambda board: first(board, "stat")["options"].update(colorMode="colour"),
    "an-option-of-another-panel": lambda board: first(board, "stat")["options"].update(cellHeight="sm"),
    "a-panel-of-no-kind": lambda board: first(board, "stat").update(type="stats"),
    "a-misspelt-key-of-a-panel": lambda board: first(board, "timeseries").update(gridpos={}),
    "a-misspelt-key-of-a-query": lambda board: first(board, "timeseries")["targets"][0].update(legendformat="x"),
    "a-format-of-no-query": lambda board: first(board, "timeseries")["targets"][0].update(format="timeseries"),
    "a-style-of-no-line": lambda board: first(board, "timeseries")["fieldConfig"]["defaults"]["custom"].update(
        drawStyle="lines"
    ),
    "a-unit-that-is-a-number": lambda board: first(board, "timeseries")["fieldConfig"]["defaults"].update(unit=1),
    "a-legend-that-is-a-text": lambda board: first(board, "timeseries")["options"].update(legend="bottom"),
    "a-link-without-its-keys": lambda board: board["links"].append({"title": "x"}),
    "a-variable-sorted-by-nothing": lambda board: board["templating"]["list"][0].update(sort=99),
    "a-misspelt-key-of-a-mark": lambda board: board["annotations"]["list"][0].update(enabled=True),
    "no-version-of-the-schema": lambda board: board.pop("schemaVersion"),
}


def test_every_shape_of_panel_fits_every_grafana_and_every_mistake_is_found(tmp_path, every):
    boards = told_apart(every)
    kinds = {panel["type"] for board in boards.values() for panel in board["panels"]}
    assert kinds == {"timeseries", "stat", "table", "heatmap", "gauge", "text", "row"}
    demo = every["demo-shop-http"]
    demo = {**demo, "panels": [first(demo, kind) for kind in ("row", "stat", "timeseries")]}
    seeded = {f"mistake-{name}": broken(demo, change) for name, change in MISTAKES.items()}
    found = findings(tmp_path / "boards", {**boards, **seeded})
    assert [one for one in found if not one[1].startswith("mistake-")] == []
    assert {(version, name) for version, name, _ in found} == {(one, name) for one in VERSIONS for name in seeded}


@pytest.mark.proof
def test_every_dashboard_fits_every_grafana(tmp_path, every):
    assert findings(tmp_path / "boards", every) == []
