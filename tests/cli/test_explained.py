"""``vedette explain``, ``graph`` and ``score`` as commands: what they print, where, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from tests.check.graph_stacks import ROUTES, RULES

from vedette.cli.run import run


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Rules and routes that nobody wrote with Vedette."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "alertmanager.yml").write_text(ROUTES)
    return ("--in", "rules.yml", "alertmanager.yml")


@pytest.fixture
def shop(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


def test_an_explanation_reads_well_without_a_terminal(files, capsys):
    assert run(["explain", "Errors", *files]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Errors  alert of web, rules.yml:7:9\n")
    assert "10s after it fires, so at the earliest 5m10s after it begins" in printed
    assert "SECRET" not in printed
    assert "\x1b" not in printed
    assert all(line == line.rstrip() and len(line) <= 120 for line in printed.splitlines())


def test_every_name_and_label_of_the_shop_can_be_explained(shop, capsys):
    for name in ("shop_orders_total", "NoOrders", "Shop: Shop / Orders", "Orders", "http_route", "shop", "high"):
        assert run(["explain", name]) == 0
        assert capsys.readouterr().out.startswith(name if name != "Orders" else "Shop: Shop / Orders")


def test_an_unknown_name_ends_with_1_and_the_nearest_names(files, capsys):
    assert run(["explain", "Erors", *files]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "vedette: nothing here is named 'Erors'; did you mean 'Errors'?\n"
    assert run(["graph", "seconds", *files]) == 1
    assert "web_seconds" in capsys.readouterr().err


def test_json_has_what_people_are_told(files, capsys):
    assert run(["explain", "Errors", *files, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["name"]) == ("alert", "Errors")
    assert found["places"] == [{"file": "rules.yml", "line": 7, "column": 9}]
    assert found["queries"][0]["pieces"][-1]["short"] == "⑤ > 0.05"
    assert {change["what"] for change in found["changes"]} == {"removed", "renamed"}


def test_a_graph_is_printed_or_written(files, tmp_path, capsys):
    assert run(["graph", *files]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR\n")
    assert run(["graph", "Slow", *files, "--format", "svg", "--output", "slow.svg"]) == 0
    assert capsys.readouterr().out == ""
    assert ET.parse(tmp_path / "slow.svg").getroot().tag.endswith("svg")
    assert run(["graph", *files, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    names = {node["id"] for node in document["nodes"]}
    assert {edge["source"] for edge in document["edges"]} | {edge["target"] for edge in document["edges"]} <= names
    assert ["alert:Errors", "inhibits", "alert:Slow"] in [
        [edge["source"], edge["meaning"], edge["target"]] for edge in document["edges"]
    ]


def test_a_picture_and_an_explanation_are_the_same_in_every_process(files):
    def printed(seed, *arguments):
        command = [sys.executable, "-m", "vedette.cli", *arguments, *files]
        known = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(command, env=known, capture_output=True, text=True, check=True).stdout

    for arguments in (("graph", "--format", "svg"), ("graph", "--format", "json"), ("explain", "Errors", "--json")):
        assert printed("1", *arguments) == printed("2", *arguments) != ""


@pytest.mark.parametrize(("arguments", "says"), [
    (["--depth", "1"], "--depth counts the steps from NAME"),
    (["Slow", "--depth", "-1"], "--depth counts the steps from NAME"),
    (["--output", "no/such/folder.svg"], "cannot be written"),
])  # fmt: skip
def test_a_graph_that_cannot_be_drawn_says_why(files, arguments, says, capsys):
    assert run(["graph", *arguments, *files]) == 1
    assert says in capsys.readouterr().err


def test_the_score_of_the_shop_as_table_json_and_badge(shop, tmp_path, capsys):
    assert run(["score", "--badge", str(tmp_path / "badge.svg")]) == 0
    printed = capsys.readouterr().out
    assert "pack     shop " in printed
    assert "–" in printed  # noqa: RUF001 - what nobody knows
    assert run(["score", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[-1]["kind"] == "stack"
    assert all(one["shares"]["tested"]["have"] == one["shares"]["tested"]["of"] for one in found)
    label = ET.parse(tmp_path / "badge.svg").getroot().get("aria-label")
    assert label == f"monitoring: level {found[-1]['level']} of 5"
