"""The timeline of a backtest's page: a line for each alert that opens to its firings, and what really was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.catalog.severity import SEVERITIES
from vedette.promql.labels import without
from vedette.testing.backtest.figures import duration
from vedette.testing.page import Bar, Html, Mark, axis, each, marks, scroll, tag, track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.testing.backtest.episodes import Episode
    from vedette.testing.backtest.incidents import Incident
    from vedette.testing.backtest.outcome import AlertOutcome
    from vedette.testing.page import Times

__all__ = ["Row", "kind", "timeline"]

_LISTED: Final = 50
"""Firings of an alert that the page lists."""


@dataclass(frozen=True, slots=True)
class Row:
    """One alert, as each of the candidates had it; None where one of them has it not."""

    alert: str
    names: Sequence[str]
    found: Sequence[AlertOutcome | None]


def kind(severity: str) -> str:
    """The class of a severity's colour."""
    return severity if severity in SEVERITIES else "other"


def timeline(rows: Sequence[Row], times: Times, incidents: Sequence[Incident], aside: Html | None = None) -> Html:
    """Every alert over time, above an axis, with incidents behind."""
    during = [one for one in incidents if one.start < times.end and one.end > times.start]
    numbered = [
        Mark(number, one.name, one.start, one.end)
        for number, one in enumerate(sorted(during, key=lambda one: (one.start, one.name)), 1)
    ]
    lines = [line for row in rows for line in _lines(row, times, during)]
    if not lines:
        shown = tag("p", "Nothing was pending or firing.", class_="quiet")
    else:
        shown = tag(
            "div", marks(numbered, times) if numbered else None, *lines, axis(times), class_="rows",
        )  # fmt: skip
    legend = [tag("span", "firing", class_="any"), tag("span", "pending", class_="pending any")]
    legend += [tag("span", "incident", class_="incident")] if during else []
    return tag(
        "section",
        tag("h2", "Timeline"),
        tag("div", *legend, class_="legend") if lines else None,
        shown,
        _incidents(rows, during) if during else None,
        aside,
    )


def _lines(row: Row, times: Times, incidents: Sequence[Incident]) -> Iterator[Html]:
    behind = [Bar("incident", one.start, one.end) for one in incidents]
    for at, (name, alert) in enumerate(zip(row.names, row.found, strict=True)):
        pair = "pair" if at else None
        label = [tag("span", "", class_="dot")]
        if at == 0 or not name:
            label.append(tag("span", row.alert, tag("span", f" {name}", class_="sub") if name else None))
        else:
            label.append(tag("span", name, class_="sub"))
        if alert is None:
            words = tag("span", "not there", class_="quiet")
            yield tag("div", tag("div", *label, class_="name"), words, class_=f"line plain {pair or ''}".strip())
            continue
        said = f"{row.alert} {name}: {_times(alert.firings)}".replace(" :", ":")
        bars = [bar for episode in alert.episodes for bar in _bars(episode, times.end)]
        bars.sort(key=lambda bar: bar.kind == "firing")
        summary = tag(
            "summary",
            tag(
                "div",
                tag("div", *label, class_="name"),
                track(bars, times, said, behind=behind),
                tag("span", _times(alert.firings), class_="count"),
                class_="line",
            ),
        )
        yield tag(
            "details",
            summary,
            tag("div", *_more(alert, times, incidents), class_="more"),
            class_=f"{kind(alert.severity)} {pair or ''}".strip(),
        )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _bars(episode: Episode, end: int) -> Iterator[Bar]:
    until = end if episode.ended_at is None else episode.ended_at
    fired = until if episode.fired_at is None else episode.fired_at
    if fired > episode.active_at or episode.fired_at is None:
        yield Bar("pending", episode.active_at, fired)
    if episode.fired_at is not None:
        yield Bar("firing", fired, until)


def _more(alert: AlertOutcome, times: Times, incidents: Sequence[Incident]) -> Iterator[Html]:
    """The rule, and each time that it fired."""
    rule = alert.rule
    waits = f"for {duration(rule.for_)}" if rule.for_ else "at once"
    kept = f", kept for {duration(rule.keep_firing_for)}" if rule.keep_firing_for else ""
    yield tag("p", tag("code", rule.expr), tag("span", f"  {waits}{kept}", class_="quiet"))
    fired = [episode for episode in alert.episodes if episode.fired_at is not None]
    if not fired:
        count = alert.only_pending
        yield tag("p", f"It was pending {_times(count)}, and never for long enough.", class_="quiet")
        return
    heads = ["began to fire (UTC)", "lasted", "labels", *(["incident"] if incidents else [])]
    head = tag("thead", tag("tr", *(tag("th", text, scope="col") for text in heads)))
    body = tag("tbody", *(_firing(episode, times, incidents) for episode in fired[:_LISTED]))
    listed = tag("table", head, body)
    yield scroll(listed, f"Firings of {alert.name}")
    if len(fired) > _LISTED:
        yield tag("p", f"and {len(fired) - _LISTED} more", class_="quiet")


def _firing(episode: Episode, times: Times, incidents: Sequence[Incident]) -> Html:
    assert episode.fired_at is not None
    until = "still fires" if episode.ended_at is None else duration(episode.ended_at - episode.fired_at)
    labels = ", ".join(f"{name}={value}" for name, value in without(episode.labels, "alertname"))
    cells = [tag("td", times.moment(episode.fired_at)), tag("td", until), tag("td", labels, class_="labels quiet")]
    if incidents:
        named = [one.name or "incident" for one in incidents if one.noticed(episode)]
        cells.append(tag("td", ", ".join(named)) if named else tag("td", "none", class_="bad"))
    return tag("tr", *cells)


def _incidents(rows: Sequence[Row], incidents: Sequence[Incident]) -> Html:
    """What really was wrong, and when it was noticed."""
    items = []
    for number, one in enumerate(sorted(incidents, key=lambda one: (one.start, one.name)), 1):
        lasted = tag("span", f" {duration(one.end - one.start)}", class_="quiet")
        head = tag("div", tag("strong", one.name or "incident"), lasted, each(_told(one, rows)))
        items.append(tag("li", tag("span", str(number), class_="number"), head))
    return tag("ol", *items, class_="incidents")


def _told(incident: Incident, rows: Sequence[Row]) -> Iterator[Html]:
    """When an incident was noticed, and by whom; of many values only from when to when."""
    names = rows[0].names if rows else [""]
    first = [_first(incident, [row.found[at] for row in rows]) for at in range(len(names))]
    if len(names) <= 2:
        for name, found in zip(names, first, strict=True):
            prefix = f"{name}: " if name else ""
            if found is None:
                yield tag("div", f"{prefix}missed", class_="bad")
            else:
                yield tag("div", f"{prefix}noticed {_after(found[0])} by {found[1]}")
        return
    delays = sorted(found[0] for found in first if found is not None)
    if delays:
        until = f" to {duration(delays[-1])}" if delays[-1] > delays[0] else ""
        yield tag("div", f"noticed after {duration(delays[0])}{until}")
    missed = [name for name, found in zip(names, first, strict=True) if found is None]
    if missed:
        yield tag("div", f"missed at {', '.join(missed)}", class_="bad")


def _after(delay: int) -> str:
    return f"after {duration(delay)}" if delay else "at once"


def _first(incident: Incident, alerts: Sequence[AlertOutcome | None]) -> tuple[int, str] | None:
    """Milliseconds until the first alert, and which one it was."""
    fired = [
        (max(0, episode.fired_at - incident.start), alert.name)
        for alert in alerts
        if alert is not None
        for episode in alert.episodes
        if episode.fired_at is not None and incident.noticed(episode)
    ]
    return min(fired, default=None)
