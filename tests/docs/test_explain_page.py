"""What the page on explaining and drawing shows is what the commands print."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from tests.docs.page import blocks
from tests.docs.test_docs import python

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "how-to" / "explain-and-draw.md"
BLOCKS = blocks(PAGE.read_text("utf-8"))
SHOWN = [block.text for block in BLOCKS if block.language == "console" and block.text.count("\n") > 1]


@pytest.fixture(scope="module")
def bakery(tmp_path_factory):
    """The files of the page."""
    folder = tmp_path_factory.mktemp("bakery")
    for block in BLOCKS:
        if block.file:
            (folder / block.file).write_text(block.text, "utf-8")
    return folder


def test_the_page_shows_each_command():
    assert {text.split()[2] for text in SHOWN} == {"explain", "graph", "score"}


@pytest.mark.parametrize("shown", SHOWN, ids=lambda text: text.partition("\n")[0])
def test_a_command_prints_what_the_page_shows(shown, bakery):
    line, _, wanted = shown.partition("\n")
    ran = python("-m", "vedette.cli", *shlex.split(line)[2:], folder=bakery)
    assert ran.stdout + ran.stderr == wanted


def test_the_picture_is_what_the_command_draws(bakery):
    line = next(block.text for block in BLOCKS if block.text.startswith("$ vedette graph --format svg"))
    ran = python("-m", "vedette.cli", *shlex.split(line)[2:], folder=bakery)
    assert ran.returncode == 0, ran.stderr
    assert (bakery / "graph.svg").read_text("utf-8") == (DOCS / "pictures" / "graph.svg").read_text("utf-8")
