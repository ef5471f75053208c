"""The page of a check: what is wrong, an example, what is printed of it, how it is right."""

from __future__ import annotations

import pytest

from vedette.check.page import page, printed
from vedette.check.registry import find
from vedette.cli.run import run


def test_a_page_says_what_is_wrong_shows_it_and_how_it_is_right():
    check = find("syntax")
    text = page(check, printed(check))
    assert text.startswith("# syntax\n\n**Part of a file cannot be read")
    parts = [
        "Level: error.",
        "## What is found",
        check.bad.name,
        "`vedette check` says:",
        "[syntax]",
        "## How it is right",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "# <-" not in text


def test_what_is_printed_of_an_example_names_no_folder_of_this_machine():
    for code in ("syntax", "unused-metric"):
        text = printed(find(code))
        assert text.startswith(f"{find(code).bad.name}\n")
        assert "/tmp" not in text


def test_an_address_in_the_text_becomes_a_link_once():
    text = page(find("dropped-label"))
    assert "<https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#templating>" in text
    assert "<<" not in text


def test_a_check_that_is_off_says_how_to_get_it():
    assert "Off unless asked for: `--select missing-runbook` or `--all`." in page(find("missing-runbook"))


def test_explain_prints_the_page_and_list_every_check(capsys):
    assert run(["check", "--explain", "syntax"]) == 0
    assert capsys.readouterr().out == page(find("syntax"), printed(find("syntax")))
    assert run(["check", "--list"]) == 0
    listed = capsys.readouterr().out
    assert "files\n" in listed
    assert "  syntax" in listed
    (line,) = [line for line in listed.splitlines() if line.startswith("  missing-runbook ")]
    assert line.endswith(" (off unless asked for)")


def test_a_code_that_does_not_exist_is_refused(capsys):
    assert run(["check", "--explain", "sintax"]) == 2
    assert "there is no check 'sintax'; did you mean 'syntax'?" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["ignore", "internal", "baseline", "cannot-be-built"])
def test_what_the_command_itself_tells_can_be_read_about(code, capsys):
    assert run(["check", "--explain", code]) == 0
    assert capsys.readouterr().out.startswith(f"# {code}\n\n")
