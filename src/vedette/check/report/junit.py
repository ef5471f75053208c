"""JUnit XML: a suite a file, a case a finding. What does not fail the command is a case that passes."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from vedette.check.finding import Finding
    from vedette.check.report.report import Report

__all__ = ["render"]

# Everything that XML 1.0 has no place for, not even escaped: https://www.w3.org/TR/xml/#charsets
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """One document; where nothing is found, a case that says so."""
    reasons = {id(one.finding): one.reason for one in (*report.suppressed, *report.excused)}
    hidden = [one.finding for one in (*report.suppressed, *report.excused)]
    findings = sorted([*report.findings, *hidden], key=lambda one: (*one.place, one.code, one.message))
    root = ET.Element("testsuites", name="vedette check")
    for file, group in groupby(findings, key=lambda one: one.place.file):
        suite = _suite(root, file)
        for finding in group:
            _case(suite, finding, reasons.get(id(finding)), report)
    if not findings:
        ET.SubElement(_suite(root, "vedette check"), "testcase", classname="vedette", name="nothing found")
    for suite in (root, *root):
        suite.set("tests", str(len(suite.findall(".//testcase"))))
        suite.set("failures", str(len(suite.findall(".//failure"))))
        suite.set("skipped", str(len(suite.findall(".//skipped"))))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=_clean(name))


def _case(suite: ET.Element, finding: Finding, reason: str | None, report: Report) -> None:
    place = finding.place
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(place.file),
        name=_clean(f"{finding.code}: {finding.subject}, line {place.line}"),
        file=_clean(place.file),
        line=str(place.line),
    )
    text = _clean(f"{place}: {finding.level}: {finding.message}\nFix: {finding.fix}")
    if reason is not None:
        ET.SubElement(case, "skipped", message=_clean(reason)).text = text
    elif report.fails(finding):
        ET.SubElement(case, "failure", type=finding.level, message=_clean(finding.message)).text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
