"""The outcome of ``vedette test`` as JUnit XML, which continuous integration reads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from vedette.testing.told import tell_case, tell_problem

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.testing.session import Session

__all__ = ["junit"]


def junit(session: Session, root: Path) -> str:
    """One suite for each file."""
    top = ET.Element("testsuites", name="vedette test")
    suites: dict[str, ET.Element] = {}

    def add(file: str, name: str, line: int, seconds: float, failure: str) -> None:
        near = file.removeprefix(f"{root}/")
        suite = suites.get(near)
        if suite is None:
            suite = suites[near] = ET.SubElement(top, "testsuite", name=near)
        case = ET.SubElement(suite, "testcase", name=name, classname=near, file=near, time=f"{seconds:.4f}")
        if line:
            case.set("line", str(line))
        if failure:
            ET.SubElement(case, "failure", message=_clean(failure.partition("\n")[0])).text = _clean(failure)

    for judged in session.stacks:
        for outcome, took in zip(judged.outcomes, judged.took, strict=True):
            place = outcome.case.place
            add(place.file, outcome.case.name, place.line, took, "" if outcome.passed else tell_case(outcome))
    for file in session.files:
        if file.error:
            add(file.path, "the file", 0, 0.0, file.error)
        for group in file.groups:
            line = group.group.place.line if group.group.place else 0
            add(file.path, group.name, line, 0.0, "\n".join(map(tell_problem, group.problems)))
    for suite in [*suites.values(), top]:
        suite.set("tests", str(len(list(suite.iter("testcase")))))
        suite.set("failures", str(len(list(suite.iter("failure")))))
    ET.indent(top)
    return ET.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(char for char in text if char in "\t\n" or (char >= " " and char not in "\ufffe\uffff"))
