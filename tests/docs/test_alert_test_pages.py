"""The tutorial of alert tests happens as it says, red and green, word by word."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.page import blocks

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tutorial_goes_from_green_to_red_and_back(pytester):
    outcomes, output = [], ""
    for block in blocks((DOCS / "tutorial" / "first-alert-test.md").read_text("utf-8")):
        name = block.file or ("pyproject.toml" if block.language == "toml" else "")
        if name:
            (pytester.path / name).write_text(block.text, "utf-8")
        elif block.language == "console" and block.text.startswith("$ pytest"):
            ran = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
            output = ran.stdout.str()
            passed = re.search(r"^(\d+) passed", block.text, re.MULTILINE)
            if passed is None:
                assert ran.ret == 1, output
            else:
                assert ran.parseoutcomes() == {"passed": int(passed[1])}, output
            outcomes.append(ran.ret)
        elif block.language == "text" and "did you mean" not in block.text:
            for line in block.text.splitlines():
                assert line in output
    assert outcomes == [0, 1, 0, 0]


def test_a_misspelt_alert_is_told_as_the_tutorial_says(pytester):
    page = blocks((DOCS / "tutorial" / "first-alert-test.md").read_text("utf-8"))
    for block in page:
        if block.file or block.language == "toml":
            text = block.text.replace('fires("HttpErrorRateCritical"', 'fires("HttpErrorsCritical"')
            (pytester.path / (block.file or "pyproject.toml")).write_text(text, "utf-8")
    output = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").stdout.str()
    (said,) = [block.text.strip() for block in page if "did you mean" in block.text]
    assert said.removeprefix("E").strip() in output
