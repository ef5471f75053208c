"""A backtest as a page: what the alerts did, what a change to them would have done, or many values of one key."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from vedette.testing.backtest.change import current
from vedette.testing.backtest.figures import duration, share
from vedette.testing.backtest.page_figures import cards, pages_by_time, table
from vedette.testing.backtest.page_timeline import Row, timeline
from vedette.testing.page import Html, Line, Times, document, each, lines, scroll, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.formats.rules import AlertingRule
    from vedette.testing.backtest.change import Sweep
    from vedette.testing.backtest.incidents import Incident
    from vedette.testing.backtest.outcome import Outcome
    from vedette.testing.backtest.run import Candidate

__all__ = ["page", "sweep_page"]

_FIRING: Final = (
    "A firing is one alert with one set of labels, from the evaluation at which it began to fire to the first one "
    "without it. Only pending are those that were over before their for was. It flaps where it fires again within half "
    "an hour."
)
_PAGE: Final = (
    "A page is a notification with an alert that is new to its receiver, after grouping. Repeats, silences and "
    "inhibition are not counted."
)
_RIGHT: Final = (
    "Precision is the share of firings during an incident, recall the share of incidents during which something fired; "
    "they were noticed after the median time from their start."
)


def page(outcomes: Sequence[Outcome], incidents: Sequence[Incident] = ()) -> str:
    """What every alert did; a second outcome is shown beside the first."""
    first = outcomes[0]
    others = outcomes[1:]
    times = Times(first.start, first.end)
    names = ["before", "after"] if others else [""]
    rows, same = _told_apart(outcomes, names)
    parts = [
        _header(f"Backtest of a change to {first.name}" if others else "Backtest", outcomes[-1].name, first),
        cards(outcomes),
        _change(outcomes) if others else None,
        timeline(rows, times, incidents, _quiet(outcomes, same)),
        pages_by_time(outcomes, names, times),
        table(rows, judged=first.hits is not None, routed=_routed(first)),
        _problems(outcomes),
        _footer(first, judged=bool(incidents)),
    ]
    return document(f"Backtest of {first.name}", each(parts))


def sweep_page(sweep: Sweep, outcomes: Sequence[Outcome], incidents: Sequence[Incident], candidate: Candidate) -> str:
    """What each value would have meant; ``candidate`` has the rule as it is now."""
    first = outcomes[0]
    names = [one.name for one in outcomes]
    alerts = [next(alert for alert in one.alerts if alert.name == sweep.alert) for one in outcomes]
    now = _position(current(candidate, sweep), sweep.values)
    figures = [Line("Firings", [alert.firings for alert in alerts], lambda value: f"{value:g}")]
    if _routed(first):
        figures.append(Line("Pages a week", [alert.pages_a_week for alert in alerts], lambda value: f"{value:.3g}"))
    if first.hits is not None:
        hits = [alert.hits for alert in alerts]
        figures += [
            Line("Precision", [one.precision if one else None for one in hits], share, 1.0),
            Line("Recall", [one.recall if one else None for one in hits], share, 1.0),
        ]
        delays = [one.delay if one else None for one in hits]
        figures.append(Line("Noticed after", delays, duration, _round(max(one or 0 for one in delays))))
    times, row = Times(first.start, first.end), Row(sweep.alert, names, alerts)
    parts = [
        _header("Backtest of many values", f"{sweep.alert}.{sweep.key}", first),
        tag(
            "section",
            tag("h2", f"By {sweep.key}"),
            tag("div", *(lines(line, names, now) for line in figures), class_="curves"),
        ),
        table([row], judged=first.hits is not None, routed=_routed(first), key=sweep.key),
        timeline([row], times, incidents),
        _problems(outcomes),
        _footer(first, judged=bool(incidents)),
    ]
    return document(f"{sweep.alert} by {sweep.key}", each(parts))


def _position(value: float | None, values: Sequence[float]) -> float | None:
    """Where a value stands among others, counted from 0; None outside of them."""
    for at, (low, high) in enumerate(pairwise(values)):
        if value is not None and low <= value <= high:
            return at + (value - low) / (high - low)
    return None


def _round(delay: float) -> float:
    """A duration from there on that people would mark an axis with."""
    minutes = (2, 4, 10, 20, 40, 60, 120, 240, 480, 720, 1440, 2880)
    return next((60_000.0 * one for one in minutes if 60_000 * one >= delay), delay)


def _routed(found: Outcome) -> bool:
    return found.pages is not None


def _told_apart(outcomes: Sequence[Outcome], names: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Alerts that were pending or fired: those to show, and the names of those that did the same in both outcomes."""
    rows: list[Row] = []
    same: list[str] = []
    for name in dict.fromkeys(alert.name for one in outcomes for alert in one.alerts):
        found = [next((alert for alert in one.alerts if alert.name == name), None) for one in outcomes]
        episodes = [None if alert is None else alert.episodes for alert in found]
        if any(episodes):
            if len(outcomes) > 1 and episodes[0] == episodes[1]:
                same.append(name)
            else:
                rows.append(Row(name, names, found))
    return rows, same


def _quiet(outcomes: Sequence[Outcome], same: Sequence[str]) -> Html:
    """Which alerts are not shown, and why."""
    silent = [
        name
        for name in dict.fromkeys(alert.name for one in outcomes for alert in one.alerts)
        if not any(alert.episodes for one in outcomes for alert in one.alerts if alert.name == name)
    ]
    told = [("The same before and after", same), ("Silent", silent)]
    return each(tag("p", f"{what}: {', '.join(names)}", class_="quiet") for what, names in told if names)


def _header(kind: str, title: str, found: Outcome) -> Html:
    days = (found.end - found.start) / 86_400_000
    said = [
        f"{_day(found.start)} to {_day(found.end)} UTC",
        f"{days:.4g} days",
        f"{found.series:,} series",
        f"{found.samples:,} samples",
    ]
    return tag("header", tag("p", kind, class_="kind"), tag("h1", title), tag("p", " · ".join(said), class_="quiet"))


def _change(outcomes: Sequence[Outcome]) -> Html | None:
    """What differs between the rules."""
    before, after = ({alert.name: alert.rule for alert in one.alerts} for one in outcomes[:2])
    found = [
        tag(
            "tr", tag("th", name, scope="row"), tag("td", key), tag("td", tag("code", old)), tag("td", tag("code", new))
        )
        for name in dict.fromkeys([*before, *after])
        for key, old, new in _differences(before.get(name), after.get(name))
    ]
    if not found:
        return None
    head = tag("thead", tag("tr", *(tag("th", text) for text in ("alert", "", "before", "after"))))
    body = tag("table", head, tag("tbody", *found), class_="small")
    return tag("section", tag("h2", "What is changed"), scroll(body, "What is changed"))


def _differences(before: AlertingRule | None, after: AlertingRule | None) -> Iterator[tuple[str, str, str]]:
    if before is None or after is None:
        yield "the alert", "" if before is None else before.expr, "" if after is None else after.expr
        return
    for key, old, new in (
        ("expr", before.expr, after.expr),
        ("for", duration(before.for_), duration(after.for_)),
        ("keep_firing_for", duration(before.keep_firing_for), duration(after.keep_firing_for)),
        ("labels", _labels(before), _labels(after)),
    ):
        if old != new:
            yield key, old, new


def _labels(rule: AlertingRule) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(rule.labels.items()))


def _problems(outcomes: Sequence[Outcome]) -> Html | None:
    found = list(dict.fromkeys(problem for one in outcomes for problem in one.problems))
    if not found and all(one.samples for one in outcomes):
        return None
    if not found:
        found = ["The rules read nothing there: no series has the names and labels they ask for."]
    return tag(
        "section", tag("h2", "What went wrong"), tag("ul", *(tag("li", problem, class_="bad") for problem in found))
    )


def _footer(found: Outcome, *, judged: bool) -> Html:
    texts = [_FIRING, *([_PAGE] if _routed(found) else []), *([_RIGHT] if judged else [])]
    return tag("footer", *(tag("p", text) for text in texts))


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
