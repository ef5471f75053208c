"""The page of commands in docs says what the parser knows."""

from __future__ import annotations

from pathlib import Path

from scripts.reference import USEFUL, commands_reference, useful_checks

from vedette.cli.commands import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_the_page_in_docs_is_up_to_date():
    assert PAGE.read_text("utf-8") == commands_reference(), "stale: run python scripts/reference.py"


def test_the_page_of_common_mistakes_is_up_to_date():
    page = PAGE.parents[1] / "how-to" / "find-common-mistakes.md"
    assert page.read_text("utf-8") == useful_checks(), "stale: run python scripts/reference.py"
    assert len(set(USEFUL)) == 20


def test_every_command_has_a_section_with_its_arguments_and_an_example():
    page = commands_reference()
    for command in ("up", "build", "check", "demo break", "demo mend", "version"):
        section = page.split(f"\n## vedette {command}\n")[1].split("\n## ")[0]
        assert f"$ vedette {command}" in section
    build = page.split("\n## vedette build\n")[1].split("\n## ")[0]
    assert "| `--environment NAME`, `-e NAME` |" in build
    assert "| `[FOLDER]` |" in build
    assert "| `[FILES …]` |" in page
    assert "(default: 7373)" in page
    assert all(f"- `{fault}`: {effect}" in page for fault, effect in FAULTS.items())
