"""The page "How do I …?" has an answer in every row, and every page can be found from the first."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.page import prose
from tests.docs.test_docs import WRITTEN, subcommands

from vedette import packs
from vedette.cli.commands import parser

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "how-do-i.md"
TEXT = PAGE.read_text("utf-8")
ROWS = [row for row in re.findall(r"^\| (.+?) \| (.+) \|$", TEXT, re.MULTILINE) if not row[0].startswith("I want")]


def links(page: Path) -> set[Path]:
    found = re.findall(r"\]\(([^)#\s]+\.md)(?:#[^)]*)?\)", prose(page.read_text("utf-8")))
    return {(page.parent / target).resolve() for target in found if not target.startswith("http")}


def test_every_row_leads_to_a_page_or_says_that_it_is_not_yet_there() -> None:
    assert len(ROWS) > 100
    assert [row for row in ROWS if "](" not in row[1] and "not yet" not in row[1].lower()] == []


def test_no_two_rows_ask_the_same() -> None:
    asked = [row[0] for row in ROWS]
    assert len(set(asked)) == len(asked)


def test_every_pack_and_every_kind_of_page_is_in_a_row() -> None:
    named = set(re.findall(r"reference/packs\.md#(\w+)", TEXT))
    elsewhere = {"postgresql", "redis", "containers", "kubernetes", "blackbox"}  # by the page on how to watch them
    assert set(packs.__all__) == named | elsewhere


def test_every_page_is_reached_from_the_first() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += links(page)
    assert set(WRITTEN) - reached == set()


def test_every_how_to_has_a_line_in_the_index_and_is_answer_to_a_question() -> None:
    how_tos = {page for page in WRITTEN if page.parent.name in ("how-to", "tutorial")}
    assert how_tos - links(DOCS / "index.md") == set()
    assert how_tos - links(PAGE) == set()


def test_every_command_is_on_its_page_and_used_by_a_how_to() -> None:
    told = "".join(page.read_text("utf-8") for page in WRITTEN if page.name != "commands.md")
    assert [name for name in subcommands(parser()) if f"vedette {name}" not in told and name != "version"] == []
