"""What a failed assertion on alerts says: how the alert went, what it looked at, what else fired, who was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.build.derive import comparison
from vedette.duration import format_duration
from vedette.promql.evaluate import query_range
from vedette.promql.labels import render
from vedette.promql.parser import parse
from vedette.promql.printer import format as show
from vedette.testing.plot import chart, strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.engine.tsdb.head import Head
    from vedette.formats.rules import AlertingRule
    from vedette.testing.captured import Notification
    from vedette.testing.timeline import Track

__all__ = ["clock_of", "describe", "how_it_went", "others", "picture", "told"]

_POINTS = 240
_SHOWN = 5


def clock_of(at: int, since: int) -> str:
    """A moment as the time that had passed by then: ``+7m15s``, or ``-5m`` for what was before."""
    passed = at - since
    return f"{'-' if passed < 0 else '+'}{format_duration(abs(passed) // 1000 * 1000)}"


def describe(head: Head, rule: AlertingRule, tracks: Sequence[Track], since: int, end: int) -> str:
    """How one alert went: its states over time, and its query against the threshold."""
    lines = [f"{rule.alert}: {rule.expr}" + (f", for {format_duration(rule.for_)}" if rule.for_ else "")]
    for track in tracks[:_SHOWN]:
        lines += [f"  {render(track.labels)}", *(f"    {line}" for line in how_it_went(track, since))]
    if not tracks:
        lines.append("  it was never pending")
    found = comparison(parse(rule.expr))
    step = max(1000, (end - since) // _POINTS)
    try:
        values = query_range(found.expr, head, since, end, step)
    except Exception as error:  # noqa: BLE001 - the message is about something else
        return "\n".join([*lines, f"  its query cannot be drawn: {error}"])
    if not len(values.labels):
        return "\n".join([*lines, f"  {show(found.expr)} has no value in this time"])
    threshold = found.number if found.op else None
    drawn = np.where(values.present, values.values, np.nan)
    ends = (clock_of(since, since), clock_of(end, since))
    wanted = f" {found.op} {found.number:g}" if found.op else ""
    for row, of in enumerate(values.labels[:_SHOWN]):
        lines.append(f"  {show(found.expr)}{wanted}  {render(of)}")
        lines += [f"    {line}" for line in chart(drawn[row].tolist(), threshold, ends=ends).split("\n")]
    own = [track for track in tracks if track.labels]
    if own:
        lines.append(f"    states: {strip(_states(own, since, end, step))}  (· inactive, ▒ pending, █ firing)")
    return "\n".join(lines)


def how_it_went(track: Track, since: int) -> Iterable[str]:
    """A line for each span of an alert."""
    for span in track.spans:
        yield f"{span.state:<8} {clock_of(span.first, since)} … {clock_of(span.last, since)}"


def picture(tracks: Sequence[Track], start: int, end: int) -> str:
    """A line for each alert: its states from the beginning to the end, and who it is."""
    if not tracks:
        return f"no alert was pending in {format_duration(end - start)}"
    step = max(1000, (end - start) // _POINTS)
    lines = [f"{strip(_states([track], start, end, step))}  {track}" for track in tracks]
    wide = max(line.index("  ") for line in lines)
    until = clock_of(end, start)
    return "\n".join([*lines, f"+0s{until:>{wide - 3}}  · inactive, ▒ pending, █ firing"])


def others(tracks: Sequence[Track], since: int, but: str = "") -> str:
    """What fired, an alert a line; ``but`` is told of elsewhere."""
    fired = [track for track in tracks if track.firing()]
    if not fired:
        return "no other alert fired" if but else "no alert fired"
    lines = [
        f"  {track} at {', '.join(clock_of(span.first, since) for span in track.firing())}" for track in fired[:_SHOWN]
    ]
    if len(fired) > _SHOWN:
        lines.append(f"  and {len(fired) - _SHOWN} more")
    return "\n".join(["what else fired:" if but else "what fired:", *lines])


def told(notifications: Sequence[Notification], since: int) -> str:
    """Who was told what, a notification a line."""
    if not notifications:
        return "nobody was told anything"
    lines = [f"  {clock_of(one.at, since)} {', '.join(one.to)}: {one.subject}" for one in notifications[: 2 * _SHOWN]]
    if len(notifications) > 2 * _SHOWN:
        lines.append(f"  and {len(notifications) - 2 * _SHOWN} more")
    return "\n".join(["who was told:", *lines])


def _states(tracks: Sequence[Track], since: int, end: int, step: int) -> list[str]:
    """The gravest state at each step."""
    found = []
    for at in range(since, end + 1, step):
        states = {span.state for track in tracks for span in track.spans if span.first <= at < span.last + step}
        found.append("firing" if "firing" in states else "pending" if "pending" in states else "inactive")
    return found
