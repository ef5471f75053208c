"""What the page on backtests shows is what the command prints, the time it took aside."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.docs.page import blocks
from tests.docs.test_docs import python

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = blocks((DOCS / "how-to" / "backtest-an-alert.md").read_text("utf-8"))
SHOWN = [block.text for block in BLOCKS if block.language == "console" and block.text.count("\n") > 1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The files of the page, and the samples that the first of them makes."""
    folder = tmp_path_factory.mktemp("shop")
    for block in BLOCKS:
        if block.file:
            (folder / block.file).write_text(block.text, "utf-8")
    assert python("samples.py", folder=folder).returncode == 0
    return folder


def timeless(text):
    return re.sub(r" in [\d.]+ s$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("shown", SHOWN, ids=lambda text: text.partition("\n")[0].rpartition("incidents.csv")[2])
def test_a_command_prints_what_the_page_shows(shown, shop):
    line, _, wanted = shown.partition("\n")
    ran = python("-m", "vedette.cli", *shlex.split(line)[2:], folder=shop)
    assert timeless(ran.stdout + ran.stderr).rstrip() == timeless(wanted).rstrip()


def test_the_picture_is_what_the_command_draws(shop):
    assert len(SHOWN) == 3
    line = next(text for text in SHOWN if "--picture" in text).partition("\n")[0]
    assert python("-m", "vedette.cli", *shlex.split(line)[2:], folder=shop).returncode == 0
    assert (shop / "sweep.svg").read_text("utf-8") == (DOCS / "pictures" / "sweep.svg").read_text("utf-8")
