"""Annotations of a pull request: commands that GitHub Actions reads from the output of a step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.check.finding import Finding, Level
    from vedette.check.report.report import Report

__all__ = ["render"]

COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render(report: Report) -> str:
    """A command a finding, then the summary, which is for whoever reads the log."""
    lines = [_command(finding) for finding in report.findings]
    return "\n".join([*lines, f"vedette check: {report.summary()}\n"])


def _command(finding: Finding) -> str:
    place = finding.place
    properties = {"file": place.file, "line": str(place.line)}
    if place.column:
        properties["col"] = str(place.column)
    properties["title"] = f"{finding.code}: {finding.subject}"
    given = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items())
    text = _escaped(f"{finding.message}\nFix: {finding.fix}", _DATA)
    return f"::{COMMANDS[finding.level]} {given}::{text}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
