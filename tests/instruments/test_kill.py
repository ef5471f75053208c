"""Processes that are killed at any instruction lose nothing that was acknowledged, and spoil nothing for the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOAD = Path(__file__).parent / "shared_load.py"


def load(folder: Path, processes: int, threads: int, seconds: float) -> dict:
    environment = {**os.environ, "VEDETTE_SHARED": str(folder)}
    command = [sys.executable, LOAD, str(processes), str(threads), str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "left out" not in done.stderr, done.stderr[-3000:]
    return json.loads(done.stdout)


def judge(found: dict, processes: int) -> None:
    assert found["statuses"] == {"0": processes}
    for kind, acknowledged in found["acknowledged"].items():
        assert acknowledged > 0
        assert acknowledged <= found["counts"][kind] <= acknowledged + found["kills"], kind
    # What the killed had in hand of a gauge that only the living tell is gone; of one that all tell it stays.
    assert not found["active"]
    assert 0 <= found["kept"] <= 4 * found["kills"]
    assert found["processes"] <= 1


def test_what_was_acknowledged_is_counted_whoever_is_killed(tmp_path):
    found = load(tmp_path, processes=6, threads=2, seconds=3)
    judge(found, processes=6)
    assert found["kills"] > 10
    assert found["pages"] > 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_sixty_four_processes_of_which_one_after_the_other_is_killed_for_a_minute(tmp_path):
    found = load(tmp_path, processes=64, threads=3, seconds=60)
    judge(found, processes=64)
    print(found)  # noqa: T201 - a figure to keep
    assert found["kills"] > 30
