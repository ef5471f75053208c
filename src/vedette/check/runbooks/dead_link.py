"""A link in a runbook, or from an alert to its runbook, leads to a file or heading that is not there.

Links break when files are moved and headings reworded, and nobody notices until it is urgent. Links to other hosts are
not followed. Of an alert's ``runbook_url``, what names a ``.md`` file without a host is looked for beside the rule file
and in the folders above it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from vedette.build.runbooks import SECTIONS
from vedette.catalog.names import nearest
from vedette.check.check import Check
from vedette.check.markdown import read, slug
from vedette.check.runbooks._example import stack_with
from vedette.check.runbooks._texts import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.runbooks._texts import Written

__all__ = ["CHECK", "find"]

_ELSEWHERE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/|\?|.*[{}]", re.DOTALL)
_KEYS: Final = ("runbook_url", "runbook")


def find(facts: Facts) -> Iterator[Finding]:
    """Links of runbooks, then those of alerts."""
    names = {alert.name for alert in facts.alerts}
    for one in written(facts):
        for link in one.parts.links:
            why = "" if _ELSEWHERE.match(link.text) else _dead(one, link.text, names)
            if why:
                yield CHECK.finding(
                    one.at(link.line, link.column),
                    one.subject,
                    f"the link to {link.text!r} is dead: {why}",
                    "correct the link, or remove it",
                )
    if facts.kind == "foreign":
        yield from _of_alerts(facts)


def _dead(one: Written, target: str, names: set[str]) -> str:
    path, _, anchor = target.partition("#")
    if not path:
        anchors = one.parts.anchors | {slug(section) for section in SECTIONS} | {slug(one.runbook.alert)}
        return _no_anchor(anchor, anchors)
    # beside the built runbooks stand those of the other alerts
    if not one.is_file or (path.endswith(".md") and Path(path).stem in names):
        return ""
    file = Path(one.runbook.place.file).parent / unquote(path)
    if not file.exists():
        beside = [other.name for other in file.parent.glob("*")] if file.parent.is_dir() else []
        return f"there is no such file{nearest(file.name, beside)}"
    return _in_file(file, anchor)


def _in_file(file: Path, anchor: str) -> str:
    if not anchor or file.suffix != ".md":
        return ""
    try:
        return _no_anchor(anchor, read(file.read_text("utf-8")).anchors)
    except (OSError, UnicodeDecodeError):
        return ""


def _no_anchor(anchor: str, anchors: set[str]) -> str:
    name = unquote(anchor)
    if not name or name in anchors or name.lower() in anchors:
        return ""
    return f"there is no heading for '#{name}'{nearest(name, anchors)}"


def _of_alerts(facts: Facts) -> Iterator[Finding]:
    for alert in facts.alerts:
        rules = Path(alert.place.file)
        for key in _KEYS:
            text = alert.annotations.get(key)
            if text is None or not rules.is_file():
                continue
            path, _, anchor = text.value.strip().partition("#")
            if not path.endswith(".md") or _ELSEWHERE.match(path) or any(char.isspace() for char in path):
                continue
            found = [file for folder in rules.absolute().parents if (file := folder / unquote(path)).is_file()]
            why = _in_file(found[0], anchor) if found else "there is no such file here or in a folder above"
            if why:
                yield CHECK.finding(
                    text.place,
                    alert.subject,
                    f"{key} is {text.value.strip()!r}: {why}",
                    "correct the path, or write the runbook",
                    certain=False,
                )


CHECK = Check(
    code="dead-link",
    about="runbooks",
    level="warning",
    find=find,
    bad=stack_with('Runbook(impact="See [what to do](#resolving).")', found=True),
    good=stack_with('Runbook(impact="See [what to do](#resolution).")'),
)
