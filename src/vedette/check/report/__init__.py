"""Findings as text, one file per format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.check.report.report import Report

__all__ = ["FORMATS", "render"]

FORMATS = {
    "people": "to read: each finding with its line of the source and what to do",
    "lines": "file:line:column: level: message [code], which editors understand",
    "json": "everything, for programs",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML, for the test reports of a CI server",
    "github": "annotations of a pull request, from within GitHub Actions",
}
"""Name of each format, and what it is for."""


def render(form: str, report: Report) -> str:
    """The text of a report; for people without colours."""
    text: str = import_module(f"vedette.check.report.{form}").render(report)
    return text
