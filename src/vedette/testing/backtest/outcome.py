"""What a backtest says of each alert: how often, how long, how many pages, and whether it was right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from vedette.formats.rules import AlertingRule
from vedette.testing.backtest.pages import Page, pages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.testing.backtest.episodes import Episode
    from vedette.testing.backtest.incidents import Incident
    from vedette.testing.backtest.run import History

__all__ = ["AlertOutcome", "Hits", "Outcome", "outcome"]

WEEK: Final = 7 * 86_400_000
FLAP: Final = 30 * 60_000
"""Milliseconds: an alert that fires again so soon after it was over flaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How firings and incidents fit. Ratios are None where there is nothing to divide by."""

    right: int
    """Firings while an incident lasted."""
    wrong: int
    """Firings without one."""
    noticed: int
    """Incidents during which it fired."""
    missed: tuple[str, ...]
    """The names of those during which it did not."""
    delay: float | None
    """Median milliseconds from the start of an incident to the first firing in it."""

    @property
    def precision(self) -> float | None:
        """The share of firings that were right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """The share of incidents that were noticed."""
        total = self.noticed + len(self.missed)
        return self.noticed / total if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOutcome:
    """One alert, all of its label sets together. Durations are milliseconds."""

    rule: AlertingRule
    """The first of its name."""
    name: str
    severity: str
    episodes: tuple[Episode, ...]
    firings: int
    only_pending: int
    """Times that it held, but not for long enough."""
    flaps: int
    """Firings that came within half an hour of the end of the one before, with the same labels."""
    firing_time: int
    """All firings together, within the time of the backtest; so is ``longest``."""
    to_resolve: float | None
    """Median duration of the firings that ended."""
    longest: int
    pages_a_week: float | None
    """None where there are no routes."""
    hits: Hits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One candidate."""

    name: str
    start: int
    end: int
    """Milliseconds since the epoch."""
    alerts: tuple[AlertOutcome, ...]
    """Every alert of the rules, in their order; those that were silent too."""
    pages: tuple[Page, ...] | None
    pages_a_week: Mapping[tuple[str, str], float]
    """By severity and receiver."""
    hits: Hits | None
    """Of all alerts together: an incident is noticed where any of them fires."""
    problems: tuple[str, ...]
    samples: int
    series: int

    @property
    def firings(self) -> int:
        """Of all alerts."""
        return sum(alert.firings for alert in self.alerts)


def outcome(history: History, routes: AlertmanagerConfig | None = None, incidents: Sequence[Incident] = ()) -> Outcome:
    """Count what there is to count.

    Args:
        history: of one candidate.
        routes: who is told of what; without, there are no pages.
        incidents: what really was wrong; those outside the time of the backtest do not count.
    """
    start, end = history.start, history.end
    weeks = (end - start) / WEEK
    sent = None if routes is None else tuple(pages(history.episodes, routes, start, end))
    during = [one for one in incidents if one.start < end and one.end > start]
    by_alert: dict[str, list[Episode]] = {}
    for episode in history.episodes:
        by_alert.setdefault(episode.alert, []).append(episode)
    rules: dict[str, AlertingRule] = {}
    for group in history.candidate.groups:
        for rule in group.rules:
            if isinstance(rule, AlertingRule):
                rules.setdefault(rule.alert, rule)
    counts = Counter((page.severity, page.receiver) for page in sent or ())
    return Outcome(
        name=history.candidate.name,
        start=start,
        end=end,
        alerts=tuple(
            _alert(rule, by_alert.get(name, []), sent, during if incidents else None, history)
            for name, rule in rules.items()
        ),
        pages=sent,
        pages_a_week={key: count / weeks for key, count in sorted(counts.items())},
        hits=_hits(history.episodes, during, start) if incidents else None,
        problems=history.problems,
        samples=history.samples,
        series=history.series,
    )


def _alert(
    rule: AlertingRule,
    episodes: Sequence[Episode],
    sent: Sequence[Page] | None,
    incidents: Sequence[Incident] | None,
    history: History,
) -> AlertOutcome:
    fired = [one for one in episodes if one.fired_at is not None]
    lasted = [one.firing(history.start, history.end) for one in fired]
    over = [one.ended_at - one.fired_at for one in fired if one.ended_at is not None and one.fired_at is not None]
    weeks = (history.end - history.start) / WEEK
    meant = None
    if incidents is not None:
        known = {"alertname": rule.alert, **{key: text for key, text in rule.labels.items() if "{{" not in text}}
        meant = [one for one in incidents if all(known.get(key, text) == text for key, text in one.labels.items())]
    return AlertOutcome(
        rule=rule,
        name=rule.alert,
        severity=rule.labels.get("severity", ""),
        episodes=tuple(episodes),
        firings=len(fired),
        only_pending=len(episodes) - len(fired),
        flaps=_flaps(fired),
        firing_time=sum(lasted),
        to_resolve=median(over) if over else None,
        longest=max(lasted, default=0),
        pages_a_week=None if sent is None else sum(rule.alert in page.alerts for page in sent) / weeks,
        hits=None if meant is None else _hits(episodes, meant, history.start),
    )


def _flaps(fired: Sequence[Episode]) -> int:
    last: dict[tuple[tuple[str, str], ...], int] = {}
    found = 0
    for one in fired:
        assert one.fired_at is not None
        before = last.get(one.labels)
        found += before is not None and one.fired_at - before <= FLAP
        if one.ended_at is not None:
            last[one.labels] = one.ended_at
    return found


def _hits(episodes: Sequence[Episode], incidents: Sequence[Incident], start: int) -> Hits:
    fired = [one for one in episodes if one.fired_at is not None]
    right = sum(any(incident.noticed(one) for incident in incidents) for one in fired)
    delays: list[int] = []
    missed: list[str] = []
    for incident in incidents:
        first = min((one.fired_at or 0 for one in fired if incident.noticed(one)), default=None)
        if first is None:
            missed.append(incident.name)
        else:
            delays.append(max(0, first - max(incident.start, start)))
    return Hits(
        right=right,
        wrong=len(fired) - right,
        noticed=len(delays),
        missed=tuple(missed),
        delay=median(delays) if delays else None,
    )
