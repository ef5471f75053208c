"""What the page on testing alerts shows is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.docs.page import blocks
from tests.docs.test_docs import python

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "test-your-alerts.md"
BLOCKS = blocks(PAGE.read_text("utf-8"))
SHOWN = [block.text for block in BLOCKS if block.language == "console" and block.text.count("\n") > 1]


@pytest.fixture(scope="module")
def bakery(tmp_path_factory):
    """The files of the page."""
    folder = tmp_path_factory.mktemp("bakery")
    for block in BLOCKS:
        if block.file:
            (folder / block.file).parent.mkdir(exist_ok=True)
            (folder / block.file).write_text(block.text, "utf-8")
    return folder


@pytest.mark.parametrize("shown", SHOWN, ids=lambda text: text.partition("\n")[0])
def test_the_command_prints_what_the_page_shows(shown, bakery):
    line, _, wanted = shown.partition("\n")
    ran = python("-m", "vedette.cli", *shlex.split(line)[2:], folder=bakery)
    assert re.sub(r"in \d+\.\d s", "in 0.0 s", ran.stdout + ran.stderr) == wanted


def test_pytest_runs_the_cases_of_the_page(bakery):
    ran = python("-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/test_alerts.py", folder=bakery)
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout
