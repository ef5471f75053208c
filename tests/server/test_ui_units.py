"""The page's pure functions, tested by `node --test` in tests/server/ui."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
FILES = sorted((Path(__file__).parent / "ui").glob("*.test.mjs"))


def node_version() -> int:
    """The major version of node, 0 without one."""
    if NODE is None:
        return 0
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout
    found = re.match(r"v(\d+)", said)
    return int(found.group(1)) if found else 0


@pytest.mark.skipif(
    node_version() < 18, reason="node 18 or newer is not installed, so the page's unit tests cannot run"
)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_s_functions_hold(file: Path) -> None:
    """Every test of the file passes, and there is at least one."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None, done.stdout
    assert int(passed.group(1)) >= 1, done.stdout


def test_there_are_files_to_run() -> None:
    """The folder of the page's tests is found."""
    assert FILES
