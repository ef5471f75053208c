"""What pytest tells of simulated tests: a line in a terminal, the timeline of a failure, a page of all."""

from __future__ import annotations

import os
import pty
import re
import sys
from io import StringIO

import pytest
from tests.testing.test_alert_plugin import APP, PYPROJECT, STACK

from vedette.testing import reported

pytest_plugins = ["pytester"]

TESTS = """
    import bakery

    def test_well(vedette_app):
        vedette_app.assert_no_alerts(load="/", rate=1, during="30m")

    def test_burning(vedette_app, monkeypatch):
        monkeypatch.setattr(bakery, "burns", True)
        vedette_app.load("/", rate=1, during="10m")
        assert 1 + 1 == 3

    def test_nothing_simulated(vedette_app):
        assert not vedette_app.now

    def test_plain():
        assert sum([1, 2]) == 3
"""


@pytest.fixture
def project(pytester):
    pytester.makepyfile(stack=STACK, bakery=APP, test_bakery=TESTS)
    pytester.makepyprojecttoml(PYPROJECT)
    return pytester


def test_a_test_that_fails_for_any_reason_shows_how_its_alerts_went(project):
    result = project.runpytest_subprocess()
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.re_match_lines(
        [
            r"E +assert \(1 \+ 1\) == 3",
            r"-+ simulated by Vedette -+",
            r"·*▒+█+  LoavesBurn\{job=\"bakery\", pack=\"bakery\", .*\}",
            r"\+0s +\+10m  · inactive, ▒ pending, █ firing",
        ]
    )
    assert result.stdout.str().count("simulated by Vedette") == 1


def test_nothing_is_drawn_where_nobody_looks(project):
    result = project.runpytest_subprocess()
    assert "\x1b" not in result.stdout.str() + result.stderr.str()
    assert "vedette:" not in result.stdout.str()


def test_a_page_draws_every_simulated_test_those_that_failed_first(project):
    result = project.runpytest_subprocess("--vedette-html", "simulated.html")
    result.stdout.fnmatch_lines(["vedette: 2 simulated tests are drawn in *simulated.html"])
    page = (project.path / "simulated.html").read_text("utf-8")
    assert re.findall(r"test_bakery.py::(\w+) <span class=\"(\w+)", page) == [
        ("test_burning", "failed"), ("test_well", "passed"),
    ]  # fmt: skip
    assert "2 tests, 1 failed · 0.667 hours simulated" in page
    assert "assert (1 + 1) == 3" in page
    assert page.count('class="track"') == 1
    assert "<strong>#bakery</strong>" in page
    project.runpytest_subprocess("--vedette-html", "again.html")
    assert (project.path / "again.html").read_text("utf-8") == page


def test_processes_side_by_side_make_the_same_page(project):
    for name, more in (("one.html", ()), ("many.html", ("-n", "2"))):
        project.runpytest_subprocess("--vedette-html", name, *more).assert_outcomes(passed=3, failed=1)
    one, many = ((project.path / name).read_text("utf-8") for name in ("one.html", "many.html"))
    assert one == many


def test_a_page_in_a_folder_that_is_not_there_is_refused_at_once(project):
    result = project.runpytest_subprocess("--vedette-html", "nowhere/a.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--vedette-html nowhere/a.html: there is no folder nowhere*"])


def test_a_line_shows_the_time_and_leaves_the_cursor_where_it_was(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(reported, "monotonic", lambda: now[0])
    terminal = StringIO()
    line = reported.ProgressLine(terminal)
    for passed in (15_000, 30_000, 45_000):
        line.show(passed)
        now[0] += 0.06
    line.show(3_723_000)
    assert re.findall(r"\d:\d\d:\d\d simulated", terminal.getvalue()) == ["0:00:15 simulated", "0:00:45 simulated"]
    now[0] += 1
    line.show(3_723_000)
    assert "1:02:03 simulated" in terminal.getvalue()
    assert terminal.getvalue().count("\x1b7") == terminal.getvalue().count("\x1b8") == 3
    line.clear()
    assert terminal.getvalue().endswith("\x1b7\x1b[K\x1b8")


def test_in_a_terminal_the_simulated_time_is_shown_while_a_test_runs(project, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    seen = bytearray()

    def read(fd: int) -> bytes:
        part = os.read(fd, 4096)
        seen.extend(part)
        return part

    command = [sys.executable, "-m", "pytest", "-q", "-k", "well", str(project.path)]
    status = pty.spawn(command, read, lambda _: b"")
    assert os.waitstatus_to_exitcode(status) == 0
    text = seen.decode()
    assert "0:00:" in text
    assert " simulated\x1b[0m\x1b[K" in text
    assert text.rindex("\x1b7\x1b[K\x1b8") > text.rindex("simulated")
