"""All checks over the facts, in an order that does not change."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.check.finding import Finding
from vedette.check.registry import USUAL
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vedette.check.check import Check
    from vedette.check.facts import Facts
    from vedette.check.registry import Choice

__all__ = ["ordered", "run"]


def run(facts: Facts, extra: Iterable[Finding] = (), *, choice: Choice = USUAL) -> list[Finding]:
    """What the chosen checks find, and of ``extra``, what was found on the way to the facts, what is wanted."""
    found = [finding for finding in extra if choice.wants(finding.code)]
    for check in choice.checks():
        if check.live_only and facts.server is None:
            continue
        if facts.complete or facts.server is not None or not check.declared_only:
            found.extend(_found(check, facts))
    return ordered(found)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By file, line, column, code and message, each once.

    What an alert and the panel that is drawn from it have in common is told once, of the alert, and at the more exact
    place.
    """
    by_place = dict.fromkeys(sorted(findings, key=lambda one: (*one.place, one.code, one.message, one.subject)))
    exact = {_said(one) for one in by_place if one.place.column}
    alerts = {(one.code, one.place) for one in by_place if one.subject.startswith("alert ")}
    return [
        one
        for one in by_place
        if (one.place.column or _said(one) not in exact)
        and not (one.subject.startswith("panel ") and (one.code, one.place) in alerts)
    ]


def _said(finding: Finding) -> tuple[str, str, str, int]:
    return finding.code, finding.message, finding.place.file, finding.place.line


def _found(check: Check, facts: Facts) -> Iterator[Finding]:
    try:
        yield from check.find(facts)
    except Exception as problem:  # noqa: BLE001 - a check that fails must not take the others with it
        yield Finding(
            code="internal",
            level="error",
            place=_somewhere(facts),
            subject=f"check {check.code}",
            message=f"the check {check.code!r} itself failed, so that what it would find is missing: {_told(problem)}",
            fix=f"report this line to the makers of Vedette; until it is mended, add --ignore {check.code}",
        )


def _told(problem: Exception) -> str:
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    what = str(problem).partition("\n")[0]
    return f"{type(problem).__name__}{f': {what}' if what else ''} ({Path(frame.filename).name}:{frame.lineno})"


def _somewhere(facts: Facts) -> Place:
    """The first place of the user's that there is: the check has not said where it was."""
    places = [
        *(group.place for group in facts.groups),
        *(dashboard.place for dashboard in facts.dashboards),
        *(routing.place for routing in facts.routing),
        *(runbook.place for runbook in facts.runbooks),
    ]
    return places[0] if places else Place(str(facts.folders[0]) if facts.folders else ".", 1)
