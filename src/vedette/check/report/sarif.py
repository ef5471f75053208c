"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from __future__ import annotations

from json import dumps
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vedette.check.baseline import fingerprint
from vedette.check.registry import OWN, families, find, story
from vedette.check.sources import is_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.check.finding import Edit, Finding
    from vedette.check.report.report import Report
    from vedette.place import Place

__all__ = ["render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"


def render(report: Report) -> str:
    """One run. What comments or the baseline hide is there, too, marked so."""
    hidden = [(one.finding, one.reason, "inSource") for one in report.suppressed]
    hidden += [(one.finding, one.reason, "external") for one in report.excused]
    codes = sorted({finding.code for finding in report.findings} | {finding.code for finding, _, _ in hidden})
    results = [_result(finding, codes) for finding in report.findings]
    results += [
        {**_result(finding, codes), "suppressions": [{"kind": kind, "justification": reason}]}
        for finding, reason, kind in hidden
    ]
    driver = {
        "name": "vedette check",
        "version": report.version,
        "rules": [_rule(code, report) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that the check ran in."}}},
        "results": results,
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(code: str, report: Report) -> dict[str, Any]:
    text = story(code) if code in families() or code in OWN else code
    rule: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": text.partition("\n")[0]},
        "help": {"text": text},
    }
    if report.page(code):
        rule["helpUri"] = report.page(code)
    if code in families():
        check = find(code)
        rule["defaultConfiguration"] = {"level": check.level, "enabled": check.on}
        rule["properties"] = {"tags": [check.about]}
    return rule


def _result(finding: Finding, codes: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": finding.level,
        "message": {"text": f"{finding.subject}: {finding.message}. Fix: {finding.fix}."},
        "locations": [
            {"physicalLocation": {"artifactLocation": _file(finding.place.file), "region": _region(finding.place)}}
        ],
        "partialFingerprints": {"vedette/v1": fingerprint(finding)},
    }
    if finding.edit is not None:
        result["fixes"] = [_fix(finding.edit, finding.fix)]
    return result


def _file(name: str) -> dict[str, str]:
    if is_address(name):
        return {"uri": name}
    if PurePath(name).is_absolute():
        return {"uri": PurePath(name).as_uri()}
    return {"uri": quote(name), "uriBaseId": ROOT}


def _region(place: Place) -> dict[str, int]:
    return {"startLine": place.line, **({"startColumn": place.column} if place.column else {})}


def _fix(edit: Edit, what: str) -> dict[str, Any]:
    last = edit.old.rpartition("\n")[2]
    lines = edit.old.count("\n")
    column = edit.place.column or 1
    region = {
        "startLine": edit.place.line,
        "startColumn": column,
        "endLine": edit.place.line + lines,
        "endColumn": len(last) + 1 if lines else column + len(last),
    }
    replacement = {"deletedRegion": region, "insertedContent": {"text": edit.new}}
    change = {"artifactLocation": _file(edit.place.file), "replacements": [replacement]}
    return {"description": {"text": what}, "artifactChanges": [change]}
