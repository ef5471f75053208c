"""Every check finds what its bad example shows, where it shows it, and nothing in its good one; and has its page."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest
from scripts.reference import check_reference, checks_reference

from vedette.check.check import Check
from vedette.check.example import findings_in, marked
from vedette.check.registry import Choice, families, find

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "checks"
every_check = pytest.mark.parametrize("code", families())


def found(check, example, folder):
    """The findings of this check; nothing but it may fail on the way."""
    everything = findings_in(example, Choice(select=(check.code,)), folder)
    assert not [one for one in everything if one.code == "internal"]
    return [one for one in everything if one.code == check.code]


@every_check
def test_the_bad_example_is_found_where_it_is_marked(code, tmp_path):
    check = find(code)
    findings = found(check, check.bad, tmp_path)
    assert findings, "nothing is found"
    line = marked(check.bad)
    if line is not None:
        assert line in {finding.place.line for finding in findings}
    for finding in findings:
        texts = {one.name: one.text for one in (check.bad, *check.bad.beside)}
        assert 1 <= finding.place.line <= len(texts[finding.place.file].splitlines())


@every_check
def test_nothing_is_found_in_the_good_example(code, tmp_path):
    check = find(code)
    assert found(check, check.good, tmp_path) == []


@every_check
def test_a_finding_reads_well(code, tmp_path):
    check = find(code)
    for finding in found(check, check.bad, tmp_path):
        for text in (finding.message, finding.fix, finding.subject):
            assert text == text.strip() != ""
            assert not text.endswith("."), text
        assert finding.certain or finding.level != "error", "what is guessed is no error"


@every_check
def test_the_code_is_the_name_of_the_file_and_the_docstring_a_page(code):
    check = find(code)
    assert isinstance(check, Check)
    assert check.code == code
    assert check.about == families()[code]
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code)
    module = importlib.import_module(f"vedette.check.{check.about}.{code.replace('-', '_')}")
    first, _, rest = (module.__doc__ or "").partition("\n")
    assert first.endswith("."), "the first line says what is wrong"
    assert len(rest.strip().splitlines()) >= 2, "the docstring is the page: say why it matters and how it comes to be"


@every_check
def test_a_marked_line_is_one_and_json_has_none(code):
    for example in (find(code).bad, find(code).good):
        marks = example.text.count("# <-")
        assert marks == 0 if example is find(code).good else marks <= 1
        assert not (marks and example.name.endswith(".json"))
        if example.name.endswith(".json"):
            json.loads(example.text)


@every_check
def test_the_page_is_up_to_date(code):
    page = PAGES / f"{code}.md"
    assert page.is_file(), "run python scripts/reference.py"
    assert page.read_text("utf-8") == check_reference(code), "stale: run python scripts/reference.py"


def test_the_list_of_checks_is_up_to_date():
    assert (PAGES.parent / "checks.md").read_text("utf-8") == checks_reference(), "run python scripts/reference.py"
    assert {page.stem for page in PAGES.glob("*.md")} == set(families())


def test_two_checks_never_share_a_code():
    files = [file.stem for file in Path(importlib.import_module("vedette.check").__path__[0]).glob("*/[a-z]*.py")]
    stems = [stem for stem in files if stem.replace("_", "-") in families()]
    assert len(stems) == len(set(stems))
