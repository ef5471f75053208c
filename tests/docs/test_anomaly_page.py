"""The false alarms that the page on anomalies shows are what the command counts, the time it took aside."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.docs.page import blocks
from tests.docs.test_docs import python

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "detect-anomalies-and-exhaustion.md"


def timeless(text):
    return re.sub(r" in [\d.]+ s$", "", text, flags=re.MULTILINE).rstrip()


def test_the_command_counts_the_false_alarms_that_the_page_shows(tmp_path):
    parts = blocks(PAGE.read_text("utf-8"))
    for block in parts:
        if block.file:
            (tmp_path / block.file).write_text(block.text, "utf-8")
    assert python("noise.py", folder=tmp_path).returncode == 0
    (shown,) = (block.text for block in parts if block.language == "console")
    line, _, wanted = shown.partition("\n")
    ran = python("-m", "vedette.cli", *shlex.split(line)[2:], folder=tmp_path)
    assert timeless(ran.stdout + ran.stderr) == timeless(wanted)
