"""The extension in C and its twin in Python do the same, whatever is done with the metrics."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.instruments.metrics import core

ROOT = Path(__file__).parent.parent.parent
ANYTHING = Path(__file__).parent / "anything.py"


def pages(which: str, programs: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, ANYTHING, str(programs)],
        env={**os.environ, "VEDETTE_CORE": which},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.skipif(not core.IN_C, reason="the extension in C does not run here")
def test_programs_of_chance_end_with_the_same_pages():
    c, python = pages("c", 60), pages("python", 60)
    assert len(c) == 60
    for number, (one, other) in enumerate(zip(c, python, strict=True)):
        assert one == other, f"program {number}"
