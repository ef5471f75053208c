"""``vedette plan``, ``apply`` and ``drift`` as they are typed: sentences, questions and exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from vedette.cli.run import run

STACK = """\
from vedette import Alert, Deploy, Email, Environment, Pack, Running, Service, Stack

till = Pack("till", title="Till", alerts=[
    Alert("TillsClosed", "avg by (job) (up) < {threshold}", for_="10m", severity="high",
          summary="Tills are closed", description="Too few tills are open."),
])
stack = Stack(
    name="shop",
    services=[Service("shop", targets=["127.0.0.1:8000"], packs=[till])],
    notify=[Email("oncall@example.com")],
    environments=[
        Environment("bare"),
        Environment("production", deploy=Deploy(
            prometheus=Running(folder={folder!r} + "/prometheus"),
            alertmanager=Running(folder={folder!r} + "/alertmanager"),
        )),
    ],
)
"""


@pytest.fixture
def project(tmp_path, monkeypatch, request):
    """A project whose threshold can be changed, each time as a module of its own."""
    monkeypatch.chdir(tmp_path)
    made = iter(range(100))
    name = f"deployed_{request.node.name.replace('[', '_').rstrip(']')}"

    def declare(threshold):
        module = f"{name}_{next(made)}"
        (tmp_path / f"{module}.py").write_text(STACK.format(threshold=threshold, folder=str(tmp_path / "etc")))
        text = f'[tool.vedette]\nstack = "{module}:stack"\nenvironment = "production"\n'
        (tmp_path / "pyproject.toml").write_text(text)
        return module

    declare(0.05)
    return declare


def test_plan_says_what_would_change_with_its_place_and_ends_with_2(project, capsys):
    module = project(0.05)
    assert run(["plan"]) == 2
    out = capsys.readouterr().out
    assert "+ alert TillsClosed is new\n" in out
    assert f"declared at {module}.py:4; differs in " in out
    assert "environment production: " in out


def test_plan_ends_with_0_where_there_is_nothing_to_do(project, capsys):
    assert run(["apply", "--yes"]) == 0
    capsys.readouterr()
    assert run(["plan"]) == 0
    assert capsys.readouterr().out == "✓ environment production: nothing to do\n"


def test_a_threshold_is_one_sentence(project, capsys):
    run(["apply", "--yes"])
    project(0.04)
    capsys.readouterr()
    assert run(["plan"]) == 2
    first, second, last = capsys.readouterr().out.splitlines()
    assert first == "~ the threshold of TillsClosed goes from 0.05 to 0.04"
    assert second.endswith("etc/prometheus")
    assert last == "✓ environment production: 1 changed"


def test_programs_get_json(project, capsys):
    run(["apply", "--yes"])
    module = project(0.04)
    capsys.readouterr()
    assert run(["plan", "--json"]) == 2
    plain = json.loads(capsys.readouterr().out)
    (only,) = plain["changes"]
    assert plain["environment"] == "production"
    assert (only["kind"], only["subject"], only["old"], only["new"]) == ("changed", "alert TillsClosed", "0.05", "0.04")
    assert only["file"].endswith(f"{module}.py")
    assert only["line"] == 4


def test_drift_is_0_after_an_apply_and_2_after_an_edit(project, tmp_path, capsys):
    run(["apply", "--yes"])
    assert run(["drift"]) == 0
    file = tmp_path / "etc" / "prometheus" / "rules" / "till.yml"
    file.write_text(file.read_text().replace("for: 10m", "for: 1h"))
    capsys.readouterr()
    assert run(["drift"]) == 2
    assert "~ the wait of TillsClosed goes from 10m to 1h\n" in capsys.readouterr().out
    assert run(["drift", "--json"]) == 2


def test_drift_where_nothing_was_applied_is_an_error(project, capsys):
    assert run(["drift"]) == 1
    assert "nothing was applied here; run: vedette apply -e production" in capsys.readouterr().err


def test_an_environment_that_runs_nowhere_is_an_error(project, capsys):
    assert run(["plan", "-e", "bare"]) == 1
    assert "does not say where it runs; write deploy=Deploy(" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "code"), [("plan", 1), ("drift", 1), ("apply", 2)])
def test_a_misspelt_option_is_no_finding(project, command, code):
    assert run([command, "--environmet", "x"]) == code


def answered(answer):
    """``vedette apply`` in a terminal where somebody types."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, answer)
        return subprocess.run(
            [sys.executable, "-m", "vedette.cli", "apply"], stdin=terminal, capture_output=True, text=True, check=False
        )
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_apply_asks_and_no_is_no(project, tmp_path):
    done = answered(b"n\n")
    assert done.returncode == 1, done.stderr
    assert "Apply? [y/N]" in done.stdout
    assert "nothing was applied" in done.stdout
    assert not (tmp_path / "etc").exists()


def test_apply_asks_and_yes_is_yes(project, tmp_path):
    done = answered(b"y\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "etc" / "prometheus" / "rules" / "till.yml").exists()


def test_apply_without_a_terminal_asks_nobody_and_does_nothing(project, tmp_path):
    command = [sys.executable, "-m", "vedette.cli", "apply"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "give --yes" in done.stderr
    assert not (tmp_path / "etc").exists()
