"""The alert tests that the examples carry: green as they are, red with each of the bugs that can be put in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUGS = {
    "shop": {
        "errors": "HttpErrorRateCritical",
        "latency": "HttpLatencyHigh",
        "pool": "DatabaseConnectionTimeouts",
        "down": "ServiceDown",
    },
    "tickets": {"leak": "ReservationsFail", "slow": "HttpLatencyHigh", "crash": "HttpErrorRateHigh"},
    "mailer": {"stuck": "LettersFail", "greedy": "LettersWait", "silent": "MailerLate"},
}


def run(example: str, bug: str = "", *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, f"{example.upper()}_BUG": bug, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, "-m", "pytest", *(arguments or ["-x"]), f"examples/{example}"]
    return subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("example", BUGS)
def test_the_alert_tests_of_an_example_pass(example):
    ran = run(example)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(("example", "bug"), [(example, bug) for example, bugs in BUGS.items() for bug in bugs])
def test_with_a_bug_they_are_red_and_say_which_alert(example, bug):
    ran = run(example, bug)
    assert ran.returncode == 1, ran.stdout
    assert re.search(rf"^E +AssertionError: .*\b{BUGS[example][bug]}\b", ran.stdout, re.MULTILINE), ran.stdout
    assert " error" not in ran.stdout.splitlines()[-1]


def test_tests_of_a_worker_that_is_made_to_fail_are_red_where_it_does_not():
    ran = run("shop", "", "-k", "courier", SHOP_COURIER="well")
    assert ran.returncode == 1, ran.stdout
    red = re.findall(r"^E +AssertionError: (\w+).* (?:did not fire|has not fired)", ran.stdout, re.MULTILINE)
    assert sorted(red) == ["WorkerSlow", "WorkerSlow", "WorkerStopped", "WorkerStopped"]
