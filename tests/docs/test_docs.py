"""The documentation is true: its examples run, its files parse, its links lead somewhere, its commands exist."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from scripts.reference import PAGES
from tests.docs.page import blocks, messages, prose

from vedette.build.project import CHECK_KEYS, KEYS, TEST_KEYS
from vedette.cli.commands import parser

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = [page for page in sorted(DOCS.rglob("*.md")) if page.parent != DOCS / "reference" / "checks"]
"""Without the pages of the checks, whose examples are mistakes; tests/check/test_examples.py runs those."""
ALL = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md", *WRITTEN]
WITH_PYTHON = [page for page in ALL if any(block.language == "python" for block in blocks(page.read_text("utf-8")))]
TUTORIAL = DOCS / "tutorial" / "first-alert.md"

every_page = pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(ROOT)))


def python(*arguments, folder, **environment):
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run_and_what_it_says_is_refused_is(page, tmp_path):
    text = page.read_text("utf-8")
    ran = python("-m", "tests.docs.page", page, folder=tmp_path, VEDETTE_STRICT="1")
    assert ran.returncode == 0, ran.stderr
    done = json.loads(ran.stdout)
    assert done["blocks"] == sum(block.language == "python" for block in blocks(text))
    assert done["messages"] == len(messages(text))
    assert bool(done["builds"]) == ("Stack(" in text)


def test_the_pages_that_must_have_examples_have_them():
    names = {page.name for page in WITH_PYTHON}
    assert {"README.md", "first-alert.md", "instrument-an-application.md", "send-notifications.md"} <= names
    assert len(messages((DOCS / "how-to" / "instrument-an-application.md").read_text("utf-8"))) >= 8


def test_the_mistake_of_the_tutorial_gets_the_message_it_shows(tmp_path):
    text = TUTORIAL.read_text("utf-8")
    for block in blocks(text):
        if block.file:
            (tmp_path / block.file).write_text(block.text.replace('{kind="rye"}', '{kindd="rye"}'), "utf-8")
    built = python("-m", "vedette.cli", "build", "--check", folder=tmp_path)
    assert built.returncode == 1
    shown = next(block.text for block in blocks(text) if "did you mean 'kind'?" in block.text)
    assert shown == "$ vedette build --check\n" + built.stderr.replace(str(tmp_path), "/tmp/bakery")


@every_page
def test_every_toml_yaml_and_json_block_parses(page):
    for block in blocks(page.read_text("utf-8")):
        if block.language == "toml":
            table = tomllib.loads(block.text).get("tool", {}).get("vedette", {})
            assert set(table) <= set(KEYS)
            assert set(table.get("check", ())) <= set(CHECK_KEYS)
            assert set(table.get("test", ())) <= set(TEST_KEYS)
        elif block.language == "yaml":
            assert yaml.safe_load(block.text) is not None
        elif block.language == "json":
            json.loads(block.text)


def anchors(page):
    """The ids of its headings, as Python-Markdown makes them."""
    heads = re.findall(r"^#+ +(.+?) *$", prose(page.read_text("utf-8")), re.MULTILINE)
    bare = [re.sub(r"[^\w\s-]", "", head).strip().lower() for head in heads]
    return {re.sub(r"[-\s]+", "-", head) for head in bare}


@every_page
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(<?([^)\s>]+)>?\)", prose(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def subcommands(command):
    found = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]
    return found[0].choices if found else {}


def unknown_words(command, words):
    """The words of a command line that the parser does not know; values are not looked at."""
    wrong = []
    for word in words:
        if word.startswith("-"):
            if word.partition("=")[0] not in command._option_string_actions:
                wrong.append(word)
        elif word in subcommands(command):
            command = subcommands(command)[word]
        elif subcommands(command) and not re.fullmatch(r"[A-Z]+|…", word):
            wrong.append(word)
    return wrong


@every_page
def test_every_command_named_in_the_text_exists(page):
    text = prose(page.read_text("utf-8"))
    for line in re.findall(r"`vedette ([^`\n]+)`", text):
        for words in line.replace("break|mend", "break").split("|"):
            assert unknown_words(parser(), shlex.split(words)) == [], line
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in re.findall(r"`make ([a-z ]+)`", text):
        assert set(line.split()) <= targets, line


@every_page
def test_every_command_line_to_type_is_one_that_the_parser_takes(page):
    lines = [line for block in blocks(page.read_text("utf-8")) for line in block.text.splitlines()]
    for line in lines:
        typed = re.match(r"\$ (?:\.venv/bin/)?vedette (.+)", line)
        if typed:
            own = re.split(r" (?:\||>|2>) ", typed[1])[0]  # what stands behind is the shell's
            parser().parse_args(shlex.split(own, comments=True))


def test_the_makefile_calls_commands_that_exist():
    calls = re.findall(r"\$\(BIN\)/vedette (.+)", (ROOT / "Makefile").read_text())
    assert calls
    for call in calls:
        parser().parse_args(shlex.split(call.replace("$(PORT)", "7373")))


@pytest.mark.parametrize(("given", "port"), [([], "7373"), (["PORT=8080"], "8080")])
def test_the_demo_takes_the_port_it_is_given(given, port):
    command = ["make", "-n", "--no-print-directory", "up", *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith(f"vedette up --port {port}")
    told = dict(one.split("=") for one in done.stdout.split() if one.startswith("VEDETTE_PORT="))
    code = "from examples.shop.watched import stack; print(stack.services[-1].targets)"
    watched = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True, check=True
    )
    assert f"'127.0.0.1:{port}'" in watched.stdout  # the demo watches the page, too


def test_every_benchmark_has_its_results():
    page = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    files = {path.name for path in (ROOT / "benchmarks").glob("*.py")}
    assert set(re.findall(r"^### `(\w+\.py)`", page, re.MULTILINE)) == files


def test_every_dependency_is_explained_and_no_other():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = {re.split(r"[>=;\[]", one)[0] for extra in extras.values() for one in extra} - {"vedette"}
    words = set(re.findall(r"[\w-]+", prose((DOCS / "dependencies.md").read_text("utf-8")).lower()))
    assert wanted - words == set()
    table = re.findall(r"^\| ([\w, -]+) \| ", (DOCS / "dependencies.md").read_text("utf-8"), re.MULTILINE)
    named = {name for row in table if row != "package" for name in row.split(", ")}
    assert named == {re.split(r"[>=;]", one)[0] for one in extras["server"]}


def test_every_page_is_in_the_navigation():
    def pages(item):
        if isinstance(item, str):
            return [item]
        return [page for one in (item.values() if isinstance(item, dict) else item) for page in pages(one)]

    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    assert sorted(pages(navigation)) == sorted(page.relative_to(DOCS).as_posix() for page in WRITTEN)


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed")
    built = python("-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site", folder=ROOT)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site" / "index.html").is_file()


def test_the_page_of_vedette_json_is_that_of_its_schema():
    page = DOCS / "reference" / "vedette-json.md"
    assert page.read_text("utf-8") == PAGES["vedette-json.md"](), "stale: run python scripts/reference.py"
