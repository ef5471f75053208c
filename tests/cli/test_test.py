# ruff: noqa: E501 - a case stands in one line
"""``vedette test``: exit codes, tables, JSON, JUnit, skeletons, and the same cases under pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from vedette.cli.run import run

STACK = """
from vedette import Alert, Gauge, Pack, Service, Stack

level = Gauge("{name}_level", help="Water in the tank.")
stack = Stack(services=[Service("tank", ["tank:1"], [Pack("tank", title="Tank", metrics=[level], alerts=[
    Alert("TankFull", "{name}_level > 80", for_="1m", severity="high", summary="The tank is full"),
])])])
"""
CASES = """
from vedette.testing import alert_case, at

FULL = alert_case("TankFull", "it fills, and is drained", {{"{name}_level": "81x20 5x40"}},
                  at("45s", "pending"), at("1m", "fires"), at("10m", "resolved"))
MORE = [
    alert_case("TankFull", "exactly 80", {{"{name}_level": "80x40"}}, at("5m", "silent")),
]
"""
WRONG = (
    CASES
    + """
LATE = alert_case("TankFull", "too early", {{"{name}_level": "81x40"}}, at("30s", "fires", {{"instance": "tank:2"}}))
"""
)
RULES = "groups: [{name: g, rules: [{alert: Full, expr: level > 80, labels: {severity: high}}]}]\n"
FILE = """rule_files: [rules.yml]
tests:
  - name: it is full
    interval: 1m
    input_series: [{series: level, values: 81x5}]
    alert_rule_test:
      - eval_time: 2m
        alertname: Full
        exp_alerts: [{exp_labels: {severity: %s}}]
"""
COUNT = iter(range(1000))


@pytest.fixture
def tank(tmp_path, monkeypatch):
    """A project; every one has a stack and a metric of its own, for modules are imported once."""
    name = f"tank{next(COUNT)}"

    def make(cases):
        (tmp_path / f"{name}.py").write_text(STACK.replace("{name}", name))
        (tmp_path / "pyproject.toml").write_text(f'[tool.vedette]\nstack = "{name}:stack"\n')
        (tmp_path / "tests").mkdir(exist_ok=True)
        if cases:
            (tmp_path / "tests" / f"test_{name}_alerts.py").write_text(cases.format(name=name))
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path

    return make


def test_cases_that_pass_are_counted_by_what_they_show(tank, capsys):
    tank(CASES)
    assert run(["test", "--fail-under", "100"]) == 0
    printed = capsys.readouterr().out
    (row,) = [line.split() for line in printed.splitlines() if "TankFull" in line]
    assert row == ["TankFull", "2", "1", "1", "1", "1"]
    assert "✓ 2 tests in" in printed


def test_a_case_that_fails_is_told_with_both_sides_and_a_curve(tank, capsys):
    tank(WRONG)
    assert run(["test"]) == 1
    printed = capsys.readouterr().out
    assert "✗ TankFull: too early" in printed
    assert "expected to fire at 30s, but it is only pending" in printed
    assert "✗ 1 failed, 3 tests in" in printed


def test_too_few_alerts_with_every_kind_of_case_fail_the_run(tank, capsys):
    folder = tank(
        "from vedette.testing import alert_case, at\nA = alert_case('TankFull', 'full', {{'{name}_level': '81x20'}}, at('2m', 'fires'))\n"
    )
    assert run(["test"]) == 0
    assert run(["test", "--fail-under", "50"]) == 1
    assert "0 % of the alerts have every kind of case; 50 % are asked for" in capsys.readouterr().out
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(f"{text}[tool.vedette.test]\nfail_under = 50\n")
    assert run(["test"]) == 1


def test_json_and_junit_tell_the_same(tank, tmp_path, capsys):
    folder = tank(WRONG)
    assert run(["test", "--json", "--junit", str(tmp_path / "out.xml")]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is False
    assert [case["passed"] for case in found["cases"]] == [True, True, False]
    assert found["cases"][0]["shows"] == ["fires", "resolves"]
    assert found["coverage"]["alerts"][0]["kinds"] == {"fires": 1, "silent": 1, "boundary": 1, "resolves": 1}
    top = ET.parse(tmp_path / "out.xml").getroot()
    assert (top.get("tests"), top.get("failures")) == ("3", "1")
    (suite,) = top
    assert suite.get("name") == next((folder / "tests").glob("*.py")).relative_to(folder).as_posix()
    assert "TankFull: too early" in top.find(".//failure").text


def test_missing_writes_skeletons_that_can_be_run_and_fail(tank, capsys):
    folder = tank("")
    assert run(["test"]) == 0
    assert "there is no test" in capsys.readouterr().out
    assert run(["test", "--missing"]) == 0
    text = capsys.readouterr().out
    (folder / "tests" / f"test_{next(COUNT)}_alerts.py").write_text(text)
    assert text.count("skeleton(\n") == 4
    assert run(["test"]) == 1
    assert "this is a skeleton" in capsys.readouterr().out


def test_mutants_that_live_are_shown_with_the_case_that_kills(tank, capsys):
    tank(
        "from vedette.testing import alert_case, at\nA = alert_case('TankFull', 'full', {{'{name}_level': '100x20'}}, at('2m', 'fires'))\n"
    )
    assert run(["test", "--mutants"]) == 0
    printed = capsys.readouterr().out
    assert "TankFull lives on with for 1m → 0s" in printed
    assert "alert_case(" in printed
    assert run(["test", "--mutants", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["mutants"]
    assert found["score"] == pytest.approx(
        sum(one["state"] == "killed" for one in found["all"])
        / sum(one["state"] != "equivalent" for one in found["all"]),
        abs=1e-3,
    )


@pytest.mark.parametrize(("severity", "code"), [("high", 0), ("low", 1)])
def test_files_of_promtool_run_without_any_stack(severity, code, tmp_path, monkeypatch, capsys):
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "full_test.yml").write_text(FILE % severity)
    monkeypatch.chdir(tmp_path)
    assert run(["test", "full_test.yml"]) == code
    printed = capsys.readouterr().out
    if code:
        lines = [line.split() for line in printed.splitlines()]
        assert ["✗", "label", "severity", "low", "high"] in lines
    assert run(["test", "."]) == code


def test_an_alert_that_no_rule_file_has_is_warned_of(tmp_path, monkeypatch, capsys):
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "full_test.yml").write_text(
        "rule_files: [rules.yml]\ntests: [{alert_rule_test: [{eval_time: 1m, alertname: Ful}]}]\n"
    )
    monkeypatch.chdir(tmp_path)
    assert run(["test", "full_test.yml"]) == 0
    assert "no rule file has the alert 'Ful'; did you mean 'Full'?" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.yml"], "nothing.yml: there is no such file"),
        (["notes.txt"], "tests are .py files with cases, and .yml or .yaml files of promtool"),
        (["test_broken.py"], "test_broken.py:2: fails when imported: ZeroDivisionError"),
        ([], "no tests: no file matches"),
        (["--junit", "no/where.xml", "ok_test.yml"], "no/where.xml: cannot be written"),
    ],
)
def test_what_cannot_be_run_is_told_with_exit_code_2(arguments, says, tmp_path, monkeypatch, capsys):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "test_broken.py").write_text("a = 1\nb = a / 0\n")
    (tmp_path / "ok_test.yml").write_text("tests: []\n")
    monkeypatch.chdir(tmp_path)
    assert run(["test", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_pytest_runs_the_same_cases_and_files(tank):
    folder = tank(WRONG)
    (folder / "rules.yml").write_text(RULES)
    (folder / "tests" / "full_test.yml").write_text((FILE % "high").replace("[rules.yml]", "[../rules.yml]"))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", "tests"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = ran.stdout.splitlines()
    assert any(line.startswith("PASSED") and line.endswith("::FULL") for line in lines), ran.stdout + ran.stderr
    assert any(line.startswith("PASSED") and "MORE[TankFull: exactly 80]" in line for line in lines)
    assert any(line.startswith("PASSED") and "it is full" in line for line in lines)
    assert any(line.startswith("FAILED") and "::LATE" in line for line in lines)
    assert "expected to fire at 30s, but it is only pending" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert ran.returncode == 1
