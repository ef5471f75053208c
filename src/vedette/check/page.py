"""What there is to read about a check: from the docstring of its file and its examples."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console

from vedette.check.example import findings_in, shown
from vedette.check.registry import Choice, story
from vedette.check.report import people
from vedette.check.report.report import Report
from vedette.check.sources import Sources

if TYPE_CHECKING:
    from vedette.check.check import Check, Example

__all__ = ["page", "printed"]

WIDTH = 100
LANGUAGES = {"py": "python", "yml": "yaml", "yaml": "yaml", "json": "json", "md": "markdown"}


def page(check: Check, printed: str = "") -> str:
    """The page as Markdown; ``printed`` is what the command says of the bad example."""
    first, _, rest = story(check.code).partition("\n")
    lines = [f"# {check.code}", "", f"**{first}**", "", _linked(rest.strip()), "", _facts(check), ""]
    lines += ["## What is found", "", *_block(check.bad)]
    if printed:
        lines += ["`vedette check` says:", "", "```console", *printed.rstrip().splitlines(), "```", ""]
    lines += ["## How it is right", "", *_block(check.good)]
    return "\n".join(lines)


def printed(check: Check) -> str:
    """What the command prints of the bad example, where that check alone is asked for; without the summary."""
    example = replace(check.bad, text=shown(check.bad))
    with TemporaryDirectory() as folder:
        findings = findings_in(example, Choice(select=(check.code,)), Path(folder))
        told = tuple(finding for finding in findings if finding.code == check.code)
        report = Report(findings=told, sources=Sources(Path(folder)), what="", version="")
        into = StringIO()
        people.show_findings(report, Console(file=into, color_system=None, width=WIDTH, highlight=False))
        return into.getvalue()


def _linked(text: str) -> str:
    """The text with its addresses as links."""
    return re.sub(r"(?<![<(])(https?://[^\s<>)]*[^\s<>).,;])", r"<\1>", text)


def _facts(check: Check) -> str:
    where = "In a stack only" if check.declared_only else "In a stack and in files alone"
    where += ", with `--live`." if check.live_only else "."
    on = "" if check.on else f" Off unless asked for: `--select {check.code}` or `--all`."
    return f"Level: {check.level}. Family: {check.about}. {where}{on}"


def _block(example: Example) -> list[str]:
    language = LANGUAGES.get(example.name.rpartition(".")[2], "text")
    block = [f"`{example.name}`:", "", f"```{language}", *shown(example).rstrip().splitlines(), "```", ""]
    return [*block, *(line for one in example.beside for line in _block(one))]
