"""What comes of the findings: which are told, which a comment suppresses, which the baseline excuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vedette.check.baseline import excuse
from vedette.check.ignore import suppress
from vedette.check.registry import OWN
from vedette.check.run import ordered, run

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable

    from vedette.check.baseline import Baseline
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.ignore import Suppressed
    from vedette.check.registry import Choice
    from vedette.check.sources import Sources

__all__ = ["Outcome", "files_of", "outcome"]


class Outcome(NamedTuple):
    """Everything that was found."""

    told: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    excused: tuple[Suppressed, ...]


def outcome(
    facts: Facts,
    extra: Iterable[Finding],
    *,
    files: Collection[str],
    sources: Sources,
    choice: Choice,
    baseline: Baseline,
    today: dt.date,
) -> Outcome:
    """Run the checks. ``files`` are the names of all that was looked at, with or without findings."""
    found = sources.named(run(facts, extra, choice=choice))
    ran = {*(check.code for check in choice.checks() if facts.server is not None or not check.live_only), *OWN}
    everywhere = {*files, *(finding.place.file for finding in found)}
    told, suppressed = suppress(found, everywhere, sources, ran)
    told, excused = excuse(
        told, baseline, today, ran, looked_at=lambda file: facts.kind == "declared" or file in everywhere
    )
    wanted = ordered(finding for finding in told if choice.wants(finding.code))
    return Outcome(tuple(wanted), tuple(suppressed), tuple(excused))


def files_of(facts: Facts) -> set[str]:
    """The files that the facts come from, by the places of what is in them."""
    places = [
        *(rule.place for group in facts.groups for rule in group.rules),
        *(panel.place for dashboard in facts.dashboards for panel in dashboard.panels),
        *(dashboard.place for dashboard in facts.dashboards),
        *(routing.place for routing in facts.routing),
    ]
    return {place.file for place in places}
