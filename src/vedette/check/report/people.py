"""Findings to read: by file, each with its line of the source, a caret under the place, and what to do."""

from __future__ import annotations

from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.finding import Finding, Level
    from vedette.check.report.report import Report

__all__ = ["render", "show", "show_findings"]

COLOURS: dict[Level, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}

MARGIN = "        "
NARROW, WIDE = 60, 160
"""A line of the source takes at least and at most so many columns."""


def render(report: Report) -> str:
    """Without colours, as for a file."""
    into = StringIO()
    show(report, Console(file=into, color_system=None, width=120, highlight=False))
    return into.getvalue()


def show(report: Report, console: Console) -> None:
    """Print it, with a summary below."""
    show_findings(report, console)
    if report.findings:
        _print(console, Text("vedette check --explain CODE tells more about a finding", "dim"))
    sign = Text("✗ ", "red") if report.failed else Text("✓ ", "green")
    _print(console, Text.assemble(sign, report.summary()))


def show_findings(report: Report, console: Console) -> None:
    """Print the findings alone."""
    for file, findings in groupby(report.findings, key=lambda finding: finding.place.file):
        _print(console, Text(file, "bold"))
        for finding in findings:
            for line in _finding(finding, report, console.width):
                _print(console, line)
        console.print()


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)


def _finding(finding: Finding, report: Report, width: int) -> Iterator[Text]:
    line, column = finding.place.line, finding.place.column
    place = f"{line}:{column}" if column else str(line)
    link = report.page(finding.code)
    yield Text.assemble(
        (f"  {place:>6}", "dim"),
        " ",
        (finding.level, COLOURS[finding.level]),
        (f" {finding.subject}: ", "bold"),
        f"{_one_line(finding.message)} ",
        ("" if finding.certain else "(guessed) ", "dim"),
        (f"[{finding.code}]", Style(dim=True, link=link or None)),
    )
    yield from _quoted(report.sources.line(finding.place), column, width)
    yield Text.assemble(MARGIN, ("→ ", "green"), _one_line(finding.fix))
    if link:
        yield Text.assemble(MARGIN, (f"  {link}", "dim"))


def _quoted(source: str | None, column: int, width: int) -> Iterator[Text]:
    """The line, cut to what fits around the place, and the caret below it."""
    if source is None or not source.strip():
        return
    source = "".join(character if character.isprintable() else " " for character in source.rstrip())
    indent = len(source) - len(source.lstrip())
    first = min(indent, column - 1) if column else indent
    room = max(NARROW, min(WIDE, width - len(MARGIN) - 4))
    if column and column - 1 - first > room * 2 // 3:
        first = column - 1 - room // 2
    part = source[first : first + room]
    before, after = "…" * (first > indent), "…" * (first + room < len(source))
    yield Text.assemble(MARGIN, ("│ ", "dim"), before, part, after)
    if 0 < column <= len(source) + 1:
        gap = cell_len(before + source[first : column - 1])
        yield Text.assemble(MARGIN, ("│ ", "dim"), " " * gap, ("^", COLOURS["error"]))


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))
