"""``vedette check`` as a command: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from vedette.check import ignore, registry
from vedette.check.check import Check, Example
from vedette.check.finding import Edit, Finding
from vedette.check.report import sarif
from vedette.cli import check as command
from vedette.cli.run import run
from vedette.place import Place

RULES = """\
groups:
  - name: shop
    rules:
      - alert: ShopErrors
        expr: up == 0
        for: 5m
      - record: shop:up
        expr: up
"""


def find_names(facts):
    """A finding for every alert, with a change of its name, and a note for every recording rule."""
    for alert in facts.alerts:
        if alert.name.startswith("Shop"):
            place = Place(alert.place.file, alert.place.line, 16)
            yield Finding(
                code="shop-name", level="error", place=place, subject=alert.subject, message="it begins with Shop",
                fix="take it away", edit=Edit(place, "Shop", ""),
            )  # fmt: skip
    for recording in facts.recordings:
        yield Finding(
            code="shop-record", level="warning", place=recording.place, subject=recording.name, message="odd", fix="x"
        )  # fmt: skip


NOTHING = Example("rules.yml", "groups: []\n")
CHECKS = {
    code: Check(
        code=code, about="alerts", level="error", bad=NOTHING, good=NOTHING,
        find=lambda facts, code=code: (one for one in find_names(facts) if one.code == code),
    )
    for code in ("shop-name", "shop-record")
}  # fmt: skip


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """An empty project with a rule file, where two checks exist."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "families", lambda: dict.fromkeys(CHECKS, "alerts"))
    monkeypatch.setattr(ignore, "families", lambda: dict.fromkeys(CHECKS, "alerts"))
    monkeypatch.setattr(sarif, "families", dict)
    monkeypatch.setattr(registry, "find", CHECKS.__getitem__)
    (tmp_path / "rules.yml").write_text(RULES)
    return tmp_path


@pytest.fixture
def check(capfd):
    """The exit code, and what was printed on both streams."""

    def called(*arguments):
        code = run(["check", *map(str, arguments)])
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return called


def test_findings_of_files_are_printed_and_an_error_fails(check):
    code, out, err = check("rules.yml")
    assert code == 1
    assert "rules.yml\n    4:16 error alert ShopErrors: it begins with Shop [shop-name]\n" in out
    assert "✗ 1 error, 1 warning in 1 file; " in out
    assert err == ""


def test_a_warning_fails_only_when_it_is_strict(check, project):
    assert check("--ignore", "shop-name", "rules.yml")[0] == 0
    assert check("--ignore", "shop-name", "--strict", "rules.yml")[0] == 1
    (project / "pyproject.toml").write_text('[tool.vedette.check]\nstrict = true\nignore = ["shop-name"]\n')
    assert check("rules.yml")[0] == 1


def test_the_project_file_chooses_checks_and_an_option_wins(check, project):
    (project / "pyproject.toml").write_text('[tool.vedette.check]\nselect = ["shop-record"]\n')
    assert "shop-name" not in check("--format", "lines", "rules.yml")[1]
    assert "shop-record" not in check("--format", "lines", "--select", "shop-name", "rules.yml")[1]


def test_codes_may_stand_together_or_apart(check):
    assert check("--ignore", "shop-name, shop-record", "rules.yml")[0] == 0
    assert "nothing found" in check("--ignore", "shop-name", "--ignore", "shop-record", "rules.yml")[1]


def test_a_folder_stands_for_the_files_in_it(check, project):
    (project / "deep" / ".hidden").mkdir(parents=True)
    for name in ("deep/a.yaml", "deep/b.txt", "deep/.hidden/c.yml"):
        (project / name).write_text(RULES)
    out = check("--format", "lines", ".")[1]
    assert {line.split(":")[0] for line in out.splitlines()} == {"rules.yml", "deep/a.yaml"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.yml"], "gone.yml: there is no such file"),
        (["empty"], "empty: there are no .yml, .yaml, .json files in this folder"),
        (["shop.py"], "shop.py: this is Python; check a stack with `vedette check` without files"),
        ([], "no stack: name it once in pyproject.toml"),
        (["--select", "shop-nam", "rules.yml"], "there is no check 'shop-nam'; did you mean 'shop-name'?"),
        (["--format", "xml", "rules.yml"], "argument --format: invalid choice: 'xml'"),
        (["--fix", "--diff", "rules.yml"], "--diff shows what --fix would do: give one of them"),
        (["--watch", "--fix", "rules.yml"], "--watch only looks"),
        (["--stack", "a:b", "rules.yml"], "--stack and FILES: give one of them"),
        (["--write-baseline", "rules.yml"], "--write-baseline needs --expires and --reason"),
        (["--reason", "x", "rules.yml"], "--expires and --reason are for --write-baseline"),
        (["--expires", "31.1.2027", "rules.yml"], "'31.1.2027' is no day; write for example 2027-01-31"),
        (["--explain", "shop-nam"], "there is no check 'shop-nam'"),
        (["--output", "gone/out.txt", "rules.yml"], "gone/out.txt: cannot be written"),
        (["--baseline", "rules.yml", "rules.yml"], "rules.yml:1:1: not JSON"),
        (["--baseline", "gone.json", "rules.yml"], "gone.json: there is no such file; --write-baseline makes one"),
        (
            ["--write-baseline", "--expires", "2020-01-31", "--reason", "x", "rules.yml"],
            "--expires 2020-01-31 is over, so that nothing would be excused; write a later day",
        ),
    ],
)
def test_what_cannot_run_is_told_in_one_line_and_is_no_finding(check, project, monkeypatch, arguments, says):
    (project / "empty").mkdir()
    (project / "shop.py").touch()
    if arguments[:1] == ["--explain"]:
        monkeypatch.undo()
    code, out, err = check(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_file_that_is_no_text_is_a_finding_with_its_place(check, project):
    (project / "rules.yml").write_bytes(b"groups:\n  - name: \xe9t\xe9\n")
    code, out, _ = check("--format", "lines", "rules.yml")
    assert code == 1
    assert out.startswith("rules.yml:2:11: error: ")


def test_a_report_in_a_file_leaves_the_people_theirs(check, project):
    code, out, _ = check("--format", "json", "--output", "report.json", "rules.yml")
    assert code == 1
    assert "4:16 error alert ShopErrors: it begins with Shop" in out
    document = json.loads((project / "report.json").read_text())
    assert [one["code"] for one in document["findings"]] == ["shop-name", "shop-record"]
    assert document["vedette"]


@pytest.mark.parametrize("form", ["lines", "json", "sarif", "junit", "github"])
def test_programs_get_their_format_and_nothing_else_on_standard_output(check, form):
    code, out, err = check("--format", form, "rules.yml")
    assert (code, err) == (1, "")
    assert "shop-name" in out
    assert "\x1b" not in out


def test_a_comment_suppresses_a_finding_and_is_counted(check, project):
    text = RULES.replace("ShopErrors", "ShopErrors  # vedette: ignore[shop-name] it is the name of the shop")
    (project / "rules.yml").write_text(text)
    code, out, _ = check("rules.yml")
    assert code == 0
    assert "1 warning in 1 file; 1 suppressed by comments; " in out


def test_the_difference_is_shown_and_nothing_is_written(check, project):
    code, out, err = check("--diff", "rules.yml")
    assert code == 1
    assert "-      - alert: ShopErrors\n+      - alert: Errors\n" in out
    assert "1 place could be mended" in err
    assert (project / "rules.yml").read_text() == RULES


@pytest.fixture
def children(monkeypatch):
    """Other processes run in this one: they would not know the checks of this test."""
    ran = []

    def called(arguments, **given):
        assert arguments[:3] == [sys.executable, "-m", "vedette.cli"]
        ran.append(arguments[3:])
        if not given.get("capture_output"):
            return subprocess.CompletedProcess(arguments, run(arguments[3:]))
        from io import StringIO

        into = StringIO()
        with monkeypatch.context() as inner:
            inner.setattr(sys, "stdout", into)
            code = run(arguments[3:])
        return subprocess.CompletedProcess(arguments, code, into.getvalue(), "")

    monkeypatch.setattr(subprocess, "run", called)
    return ran


def test_what_can_be_mended_is_and_then_it_checks_again(check, project, children):
    (project / "rules.yml").write_text(RULES.replace("ShopErrors", "ShopShopErrors"))
    code, out, err = check("--fix", "rules.yml")
    assert (project / "rules.yml").read_text() == RULES.replace("ShopErrors", "Errors")
    assert code == 0
    assert "✓ 1 warning in 1 file" in out
    assert err == "mended 2 places in 1 file\n"
    assert children[-1] == ["check", "--format=people", "--", "rules.yml"]


def test_where_there_is_nothing_to_mend_it_reports_at_once(check, children):
    code, out, err = check("--fix", "--select", "shop-record", "rules.yml")
    assert (code, err, children) == (0, "", [])
    assert "1 warning" in out


@pytest.fixture
def today(monkeypatch):
    """What day it is."""

    class Day(command.date):
        now = "2027-01-10"

        @classmethod
        def today(cls):
            return cls.fromisoformat(cls.now)

    monkeypatch.setattr(command, "date", Day)
    return Day


def test_a_baseline_excuses_what_is_there_until_its_day(check, project, today):
    code, out, _ = check("--write-baseline", "--expires", "2027-01-31", "--reason", "since ever", "rules.yml")
    assert (code, out) == (0, "vedette-baseline.json: 2 findings excused\n")
    code, out, _ = check("rules.yml")
    assert code == 0
    assert "nothing found in 1 file; 2 by the baseline; " in out
    today.now = "2027-02-01"
    code, out, _ = check("rules.yml")
    assert code == 1
    assert "it begins with Shop; the baseline excused it until 2027-01-31 (since ever)" in out


def test_a_baseline_holds_from_another_folder(check, project, today, monkeypatch):
    (project / "pyproject.toml").write_text('[tool.vedette.check]\nbaseline = "old.json"\n')
    check("--write-baseline", "--expires", "2027-01-31", "--reason", "since ever", "rules.yml")
    (project / "deep").mkdir()
    monkeypatch.chdir(project / "deep")
    code, out, _ = check("../rules.yml")
    assert code == 0
    assert "2 by the baseline" in out
    assert '"file": "rules.yml"' in (project / "old.json").read_text()


def test_an_entry_for_nothing_is_told_at_its_line(check, project, today):
    check("--write-baseline", "--expires", "2027-01-31", "--reason", "since ever", "rules.yml")
    (project / "rules.yml").write_text(RULES.replace("ShopErrors", "Errors"))
    code, out, _ = check("--format", "lines", "rules.yml")
    assert code == 0
    assert out.startswith(
        "vedette-baseline.json:4:1: note: alert ShopErrors: the baseline excuses 1 'shop-name' of alert ShopErrors"
    )


STACK = """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("check_orders_total", help="Orders.")
shop = Pack("shop", metrics=[orders], alerts=[
    Alert("ShopQuiet", "sum by (job) (rate(check_orders_total[5m])) == 0", for_="5m", severity="high", summary="Quiet"),
])
stack = Stack(services=[Service("shop", targets=["localhost:1"], packs=[shop])])
"""


def in_a_process(folder, *arguments):
    given = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = [sys.executable, "-m", "vedette.cli", "check", *arguments]
    return subprocess.run(ran, cwd=folder, env=given, capture_output=True, text=True, check=False)


def test_without_files_the_stack_of_the_project_is_checked(project):
    (project / "pyproject.toml").write_text('[tool.vedette]\nstack = "watched:stack"\n')
    (project / "watched.py").write_text(STACK)
    ran = in_a_process(project)
    assert ran.stderr == ""
    assert ran.returncode == 0, ran.stdout
    assert "in stack shop, environment local; " in ran.stdout
    assert str(project) not in ran.stdout


def test_the_stack_of_the_project_is_found_from_a_folder_below(project):
    (project / "pyproject.toml").write_text('[tool.vedette]\nstack = "watched:stack"\n')
    (project / "watched.py").write_text(STACK)
    (project / "deep").mkdir()
    ran = in_a_process(project / "deep")
    assert ran.stderr == ""
    assert "in stack shop" in ran.stdout


def test_where_the_terminal_has_no_such_characters_it_goes_on(project, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    given = [sys.executable, "-m", "vedette.cli", "check", "rules.yml"]
    ran = subprocess.run(given, cwd=project, capture_output=True, encoding="utf-8", check=False)
    assert ran.stderr == ""
    assert "│" in ran.stdout or "✓" in ran.stdout


def test_the_project_says_how_many_series_are_too_many(project):
    (project / "watched.py").write_text(STACK)
    (project / "pyproject.toml").write_text(
        '[tool.vedette]\nstack = "watched:stack"\n[tool.vedette.check]\nselect = ["cardinality"]\n'
    )
    assert in_a_process(project, "--format", "lines").stdout == ""
    (project / "watched.py").write_text(STACK.replace('help="Orders."', 'help="Orders.", labels={"a": ["b", "c"]}'))
    with (project / "pyproject.toml").open("a") as file:
        file.write("cardinality = 1\n")
    out = in_a_process(project, "--format", "lines").stdout
    assert "watched.py:3:" in out
    assert "more than 1 of one metric" in out


def test_the_second_time_the_stack_is_not_even_imported(project):
    (project / "watched.py").write_text(STACK + 'print("imported")\n')
    first, second = (in_a_process(project, "--stack", "watched:stack", "--format", "lines") for _ in range(2))
    assert first.stdout == "imported\n" + second.stdout
    assert first.returncode == second.returncode == 0
    (project / "watched.py").write_text(STACK.replace('help="Orders."', 'help="Orders"') + 'print("imported")\n')
    assert in_a_process(project, "--stack", "watched:stack", "--format", "lines").stdout.startswith("imported\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (STACK.replace('name="', "").replace("Counter(", "Counter(("), "watched.py:"),
        (STACK.replace("check_orders_total", "check-orders", 1), "watched.py:3:"),
        (STACK.replace("import Alert", "import Alarm"), "watched.py:1:"),
    ],
)  # fmt: skip
def test_a_stack_that_cannot_be_loaded_is_a_finding_where_it_breaks(project, text, place):
    (project / "watched.py").write_text(text)
    ran = in_a_process(project, "--stack", "watched:stack", "--format", "lines")
    assert ran.stderr == ""
    assert ran.returncode == 1
    assert ran.stdout.startswith(place)
    assert ran.stdout.endswith("[cannot-be-built]\n")
    assert ran.stdout.count("\n") == 1


def test_who_has_seen_enough_gets_no_traceback(project):
    shown = subprocess.run(
        f"{sys.executable} -m vedette.cli check --list | head -1",
        shell=True, cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.stderr == ""
    assert shown.stdout.count("\n") == 1


def test_the_page_of_a_code_without_a_file_can_be_read(check):
    code, out, _ = check("--explain", "ignore")
    assert code == 0
    assert out.startswith("# ignore\n\nA comment that should suppress a finding")
