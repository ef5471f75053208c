"""Findings as text, in each format."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from vedette.check.finding import Edit, Finding
from vedette.check.ignore import Suppressed
from vedette.check.report import FORMATS, people, render
from vedette.check.report.report import Report
from vedette.check.sources import Sources
from vedette.place import Place

RULES = """\
groups:
  - name: shop
    rules:
      - alert: A
        expr: rate(up[5m]) > 1
"""
WRONG = Finding(
    code="rate-of-gauge",
    level="error",
    place=Place("my rules.yml", 5, 20),
    subject="alert A",
    message="`up` is a gauge: a, b: 100 %\nand more",
    fix="write `delta(up[5m])`",
    edit=Edit(Place("my rules.yml", 5, 15), "rate", "delta"),
)
ODD = replace(
    WRONG,
    code="no-such-check",
    level="warning",
    place=Place("my rules.yml", 4),
    message="odd",
    certain=False,
    edit=None,
)
SMALL = replace(ODD, level="note", place=Place("other.yml", 1, 1), subject="alert B")


@pytest.fixture
def report(tmp_path):
    (tmp_path / "my rules.yml").write_text(RULES)
    return Report(findings=(ODD, WRONG, SMALL), sources=Sources(tmp_path), what="2 files", version="1.2.3")


def hidden(report):
    one, two = Suppressed(replace(WRONG, subject="alert C"), "for tests"), Suppressed(replace(ODD, subject="D"), "old")
    return replace(report, findings=(), suppressed=(one,), excused=(two,))


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_findings_give_the_same_text_which_ends_a_line(report, form):
    text = render(form, report)
    assert text == render(form, report)
    assert text.endswith("\n")
    assert str(report.sources.root) not in text


@pytest.mark.parametrize("form", FORMATS)
def test_no_findings_are_a_good_report(report, form):
    nothing = replace(report, findings=())
    assert not nothing.failed
    assert isinstance(render(form, nothing), str)


def test_people_see_the_line_with_a_caret_under_the_place_and_what_to_do(report):
    assert render("people", report) == (
        "my rules.yml\n"
        "       4 warning alert A: odd (guessed) [no-such-check]\n"
        "        │ - alert: A\n"
        "        → write `delta(up[5m])`\n"
        "    5:20 error alert A: `up` is a gauge: a, b: 100 % and more [rate-of-gauge]\n"
        "        │ expr: rate(up[5m]) > 1\n"
        "        │            ^\n"
        "        → write `delta(up[5m])`\n"
        "\n"
        "other.yml\n"
        "     1:1 note alert B: odd (guessed) [no-such-check]\n"
        "        → write `delta(up[5m])`\n"
        "\n"
        "vedette check --explain CODE tells more about a finding\n"
        "✗ 1 error, 1 warning, 1 note in 2 files\n"
    )


def test_the_summary_counts_what_is_hidden_and_how_long_it_took(report):
    assert hidden(replace(report, seconds=0.25)).summary() == (
        "nothing found in 2 files; 1 suppressed by comments, 1 by the baseline; 0.2 s"
    )


def test_a_long_line_is_cut_around_the_place(report):
    (report.sources.root / "long.yml").write_text("x: " + "a" * 500 + "B" + "c" * 500)
    text = render("people", replace(report, findings=(replace(WRONG, place=Place("long.yml", 1, 504)),)))
    line, caret = (part[10:] for part in text.splitlines()[2:4])
    assert line.startswith("…")
    assert line.endswith("…")
    assert line[caret.index("^")] == "B"
    assert len(line) < 170


@pytest.mark.parametrize("before", ["\t\t", "日本語 ", "é\x07 "])
def test_the_caret_stands_under_the_place_whatever_stands_before_it(report, before):
    from rich.cells import cell_len

    (report.sources.root / "odd.yml").write_text(f"  a {before}B\n")
    text = render("people", replace(report, findings=(replace(WRONG, place=Place("odd.yml", 1, len(before) + 5)),)))
    line, caret = text.splitlines()[2:4]
    assert cell_len(line[: line.index("B")]) == cell_len(caret[: caret.index("^")])


def test_a_place_beyond_the_end_of_the_file_is_shown_without_a_line(report):
    text = render("people", replace(report, findings=(replace(WRONG, place=Place("my rules.yml", 99, 400)),)))
    assert "│" not in text
    assert "^" not in render("people", replace(report, findings=(replace(WRONG, place=Place("my rules.yml", 5, 400)),)))


def test_on_a_terminal_there_are_colours_and_nothing_is_read_as_markup(report):
    from io import StringIO

    into = StringIO()
    loud = replace(report, findings=(replace(WRONG, message="a [bold]b[/bold] c"),))
    people.show(loud, Console(file=into, force_terminal=True, color_system="standard", width=100))
    assert "\x1b[" in into.getvalue()
    assert "[bold]b[/bold]" in into.getvalue()


def test_a_line_for_editors_has_file_line_column_level_and_code(report):
    assert render("lines", report).splitlines() == [
        "my rules.yml:4:1: warning: alert A: odd. Fix: write `delta(up[5m])`  [no-such-check]",
        (
            "my rules.yml:5:20: error: alert A: `up` is a gauge: a, b: 100 % and more. Fix: write `delta(up[5m])`  "
            "[rate-of-gauge]"
        ),
        "other.yml:1:1: note: alert B: odd. Fix: write `delta(up[5m])`  [no-such-check]",
    ]


def test_a_line_that_asks_has_no_full_stop_as_well(report):
    asking = replace(report, findings=(replace(WRONG, message="no 'a'; did you mean 'b'?"),))
    assert "did you mean 'b'? Fix: write" in render("lines", asking)


def test_json_has_everything_and_no_time(report):
    document = json.loads(render("json", replace(report, seconds=1.5)))
    assert document["summary"] == {"errors": 1, "warnings": 1, "notes": 1, "suppressed": 0, "excused": 0}
    assert document["failed"] is True
    first, second, _ = document["findings"]
    assert (first["column"], first["edit"], first["certain"]) == (None, None, False)
    assert second["edit"] == {"file": "my rules.yml", "line": 5, "column": 15, "old": "rate", "new": "delta"}
    assert "1.5" not in render("json", replace(report, seconds=1.5))
    assert [one["reason"] for one in json.loads(render("json", hidden(report)))["suppressed"]] == ["for tests"]


def test_github_gets_commands_with_what_it_reads_escaped(report):
    lines = render("github", report).splitlines()
    assert lines[0] == (
        "::warning file=my rules.yml,line=4,title=no-such-check%3A alert A::odd%0AFix: write `delta(up[5m])`"
    )
    assert lines[1] == (
        "::error file=my rules.yml,line=5,col=20,title=rate-of-gauge%3A alert A::"
        "`up` is a gauge: a, b: 100 %25%0Aand more%0AFix: write `delta(up[5m])`"
    )
    assert lines[2].startswith("::notice ")
    assert lines[3] == "vedette check: 1 error, 1 warning, 1 note in 2 files"
    comma = replace(WRONG, place=Place("a,b:c.yml", 1), message="a\r\nb")
    (command, _) = render("github", replace(report, findings=(comma,))).splitlines()
    assert "file=a%2Cb%3Ac.yml,line=1" in command
    assert "::a%0D%0Ab%0AFix" in command


def junit(report):
    root = ET.fromstring(render("junit", report))
    return root, {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}


def test_junit_has_a_failure_for_what_fails_and_passes_the_rest(report):
    root, cases = junit(report)
    assert [suite.get("name") for suite in root] == ["my rules.yml", "other.yml"]
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    assert cases["rate-of-gauge: alert A, line 5"] == ["failure"]
    assert cases["no-such-check: alert A, line 4"] == ["system-out"]
    assert junit(replace(report, strict=True))[0].get("failures") == "2"


def test_junit_skips_what_is_hidden_and_says_why(report):
    root, cases = junit(hidden(report))
    assert set(map(tuple, cases.values())) == {("skipped",)}
    assert {skipped.get("message") for skipped in root.iter("skipped")} == {"for tests", "old"}


def test_junit_without_findings_is_one_test_that_passes(report):
    root, cases = junit(replace(report, findings=()))
    assert cases == {"nothing found": []}
    assert (root.get("tests"), root.get("failures")) == ("1", "0")


def test_what_xml_cannot_say_is_replaced(report):
    root, _ = junit(replace(report, findings=(replace(WRONG, message="a\x00\x1b[1m<b>&\ud800"),)))
    assert next(root.iter("failure")).get("message") == "a\ufffd\ufffd[1m<b>&\ufffd"


def test_sarif_has_what_its_schema_asks_for(report):
    document = json.loads(render("sarif", report))
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["no-such-check", "rate-of-gauge"]
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert location["region"]["startLine"] >= 1
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20rules.yml", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 4},
    }
    assert run["results"][1]["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 15, "endLine": 5, "endColumn": 19},
            "insertedContent": {"text": "delta"},
        }
    ]


def test_sarif_says_where_the_page_of_a_check_is_where_that_is_known(report):
    known = json.loads(render("sarif", replace(report, pages="https://docs.example.org/checks")))
    assert known["runs"][0]["tool"]["driver"]["rules"][1]["helpUri"] == "https://docs.example.org/checks/rate-of-gauge"
    assert "helpUri" not in render("sarif", report)


def test_sarif_tells_what_is_hidden_and_by_what(report):
    results = json.loads(render("sarif", hidden(report)))["runs"][0]["results"]
    assert [result["suppressions"] for result in results] == [
        [{"kind": "inSource", "justification": "for tests"}],
        [{"kind": "external", "justification": "old"}],
    ]


def test_sarif_of_a_file_elsewhere_has_its_whole_address(report):
    elsewhere = replace(WRONG, place=Place("/etc/rules.yml", 1), edit=Edit(Place("/etc/rules.yml", 1, 3), "a\nbc", ""))
    (result,) = json.loads(render("sarif", replace(report, findings=(elsewhere,))))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///etc/rules.yml"}
    region = result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
    assert region == {"startLine": 1, "startColumn": 3, "endLine": 2, "endColumn": 3}
