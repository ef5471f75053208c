"""A part of a runbook was never written: a heading with nothing below it, or a TODO that was left.

It looks like a runbook in every list, and helps nobody when it counts. A heading that is not there is more honest: then
the build says itself that nobody has written that part yet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check
from vedette.check.runbooks._example import stack_with
from vedette.check.runbooks._texts import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_LEFT: Final = re.compile(r"\b(?:TODO|FIXME|TBD|XXX)\b|\b[Ll]orem ipsum\b")


def find(facts: Facts) -> Iterator[Finding]:
    """Empty headings, and marks of what is still to do."""
    for one in written(facts):
        for heading in one.parts.headings:
            if heading.empty:
                yield CHECK.finding(
                    one.at(heading.line),
                    one.subject,
                    f"nothing stands below {heading.text!r}",
                    "write that part, or remove its heading",
                )
        for piece in one.parts.words:
            found = _LEFT.search(piece.text)
            if found is not None:
                yield CHECK.finding(
                    one.at(piece.line, found.start() + 1),
                    one.subject,
                    f"{found[0]!r} is left in its text",
                    "write what is missing, or remove the line",
                )


CHECK = Check(
    code="empty-runbook",
    about="runbooks",
    level="warning",
    find=find,
    bad=stack_with('Runbook(impact="TODO")', found=True),
    good=stack_with('Runbook(impact="Nobody can buy.")'),
)
