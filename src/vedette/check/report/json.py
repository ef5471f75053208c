"""Everything as JSON, for programs; ``docs/how-to/check-your-monitoring.md`` describes the keys."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any

from vedette.check.baseline import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.check.finding import Edit, Finding
    from vedette.check.ignore import Suppressed
    from vedette.check.report.report import Report

__all__ = ["render"]

VERSION = 1


def render(report: Report) -> str:
    """One object."""
    document = {
        "version": VERSION,
        "vedette": report.version,
        "failed": report.failed,
        "summary": {
            "errors": report.count("error"),
            "warnings": report.count("warning"),
            "notes": report.count("note"),
            "suppressed": len(report.suppressed),
            "excused": len(report.excused),
        },
        "findings": [_finding(finding, report) for finding in report.findings],
        "suppressed": _hidden(report.suppressed, report),
        "excused": _hidden(report.excused, report),
    }
    return dumps(document, ensure_ascii=False, indent=2) + "\n"


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    return {
        "code": finding.code,
        "level": finding.level,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column or None,
        "subject": finding.subject,
        "message": finding.message,
        "fix": finding.fix,
        "certain": finding.certain,
        "page": report.page(finding.code) or None,
        "fingerprint": fingerprint(finding),
        "edit": finding.edit and _edit(finding.edit),
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "file": edit.place.file,
        "line": edit.place.line,
        "column": edit.place.column or 1,
        "old": edit.old,
        "new": edit.new,
    }


def _hidden(hidden: Iterable[Suppressed], report: Report) -> list[dict[str, Any]]:
    return [{**_finding(one.finding, report), "reason": one.reason} for one in hidden]
