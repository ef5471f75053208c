"""The timeline, and the chart of a sweep, as SVG: no script, no font, the reader's theme."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vedette.testing.backtest.change import Sweep
    from vedette.testing.backtest.episodes import Episode
    from vedette.testing.backtest.incidents import Incident
    from vedette.testing.backtest.outcome import Outcome

__all__ = ["chart_svg", "sweep_svg", "timeline_svg"]

STYLE: Final = """\
svg, body { --paper: #ffffff; --ink: #17212b; --quiet: #5b6875; --line: #d5dce4; --firing: #c8382c; --pending: #e9b44c;
  --incident: #dcebfb; --one: #c8382c; --two: #2f6fd0; --three: #2b8a6e;
  background: var(--paper); color: var(--ink); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
@media (prefers-color-scheme: dark) { svg, body { --paper: #12171d; --ink: #e8edf2; --quiet: #9aa7b4; --line: #33404d;
  --firing: #ef7a70; --pending: #d3a833; --incident: #173a5e; --one: #ef7a70; --two: #6aa5f5; --three: #4cc3a0 } }
text { fill: var(--ink) } .quiet { fill: var(--quiet) } .name { font-size: 16px; font-weight: 600 }
.firing { fill: var(--firing) } .pending { fill: var(--pending) } .incident { fill: var(--incident) }
.rule { stroke: var(--line) } path { fill: none; stroke-width: 2 }
.one { stroke: var(--one) } .two { stroke: var(--two) } .three { stroke: var(--three) }
text.one { fill: var(--one); stroke: none } text.two { fill: var(--two); stroke: none }
text.three { fill: var(--three); stroke: none }"""

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_LEFT: Final = 250.0
_WIDTH: Final = 700.0
_ROW: Final = 22.0
_TOP: Final = 78.0
_TICKS: Final = 6


def timeline_svg(outcomes: Sequence[Outcome], incidents: Sequence[Incident] = ()) -> str:
    """What every alert did, candidates one under the other; alerts that were silent in all of them are left out."""
    start, end = outcomes[0].start, outcomes[0].end

    def x(ms: float) -> float:
        return _LEFT + _WIDTH * (min(max(ms, start), end) - start) / (end - start)

    rows = list(_rows(outcomes))
    bottom = _TOP + _ROW * len(rows)
    width, height = round(_LEFT + _WIDTH + 24), round(bottom + 40)
    title = f"Backtest, {_day(start)} to {_day(end)}"
    lines = [*_head(width, height, title)]
    for one in incidents:
        if one.start < end and one.end > start:
            wide = max(1.0, x(one.end) - x(one.start))
            lines.append(
                f'<rect class="incident" x="{x(one.start):.1f}" y="{_TOP - 8:.1f}" width="{wide:.1f}" '
                f'height="{bottom - _TOP + 8:.1f}"><title>{escape(one.name)}</title></rect>'
            )
    for at in range(_TICKS + 1):
        ms = start + (end - start) * at // _TICKS
        lines.append(f'<line class="rule" x1="{x(ms):.1f}" y1="{_TOP - 8:.1f}" x2="{x(ms):.1f}" y2="{bottom:.1f}"/>')
        anchor = "end" if at == _TICKS else "middle"
        lines.append(
            f'<text class="quiet" x="{x(ms):.1f}" y="{bottom + 18:.1f}" text-anchor="{anchor}">{_day(ms)}</text>'
        )
    for number, (name, episodes) in enumerate(rows):
        y = _TOP + _ROW * number
        lines.append(f'<text x="{_LEFT - 12:.0f}" y="{y + 11:.1f}" text-anchor="end">{escape(name)}</text>')
        for episode in episodes:
            lines += _bars(episode, y, end, x)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Sequence[Episode]]]:
    several = len(outcomes) > 1
    loud = {alert.name for one in outcomes for alert in one.alerts if alert.episodes}
    for name in dict.fromkeys(alert.name for one in outcomes for alert in one.alerts):
        for one in outcomes if name in loud else ():
            for alert in one.alerts:
                if alert.name == name:
                    yield f"{name} ({one.name})" if several else name, alert.episodes


def _bars(episode: Episode, y: float, end: int, x: Callable[[float], float]) -> Iterator[str]:
    until = end if episode.ended_at is None else episode.ended_at
    told = ", ".join(f"{name}={value}" for name, value in episode.labels)
    fired = until if episode.fired_at is None else episode.fired_at
    for kind, since, to in (("pending", episode.active_at, fired), ("firing", fired, until)):
        if to > since or (kind == "firing" and episode.fired_at is not None):
            wide = max(1.0, x(to) - x(since))
            lasted = format_duration(max(1000, to - since) // 1000 * 1000)
            yield (
                f'<rect class="{kind}" x="{x(since):.1f}" y="{y:.1f}" width="{wide:.1f}" height="14">'
                f"<title>{escape(told)}: {kind} since {_minute(since)}, for {lasted}</title></rect>"
            )


def sweep_svg(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """What each value of a sweep would have meant."""
    alerts = [next(alert for alert in one.alerts if alert.name == sweep.alert) for one in outcomes]
    lines: list[tuple[str, list[float | None]]] = [("firings", [float(alert.firings) for alert in alerts])]
    if outcomes[0].pages is not None:
        lines.append(("pages a week", [alert.pages_a_week for alert in alerts]))
    if outcomes[0].hits is not None:
        lines.append(("precision", [alert.hits.precision if alert.hits else None for alert in alerts]))
        lines.append(("recall", [alert.hits.recall if alert.hits else None for alert in alerts]))
    return chart_svg(f"{sweep.alert} by {sweep.key}", sweep.key, [one.name for one in outcomes], lines)


def chart_svg(
    title: str, key: str, labels: Sequence[str], lines_of: Sequence[tuple[str, Sequence[float | None]]]
) -> str:
    """Lines over the values of a sweep, each on a scale of its own that begins at 0; None makes a gap."""
    width, height, left, right, top, bottom = 760, 340, 40.0, 720.0, 70.0, 270.0
    lines = [*_head(width, height, title)]
    lines.append(f'<line class="rule" x1="{left}" y1="{bottom}" x2="{right}" y2="{bottom}"/>')
    across = [left + (right - left) * at / max(1, len(labels) - 1) for at in range(len(labels))]
    for at, text in zip(across, labels, strict=True):
        lines.append(f'<text class="quiet" x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(text)}</text>')
    lines.append(f'<text class="quiet" x="{right}" y="{bottom + 40}" text-anchor="end">{escape(key)}</text>')
    for number, (name, values) in enumerate(lines_of):
        colour = ("one", "two", "three")[number % 3]
        most = max((value for value in values if value is not None), default=0.0) or 1.0
        parts, pen = [], "M"
        for at, value in zip(across, values, strict=True):
            if value is None:
                pen = "M"
            else:
                parts.append(f"{pen}{at:.1f} {bottom - (bottom - top) * value / most:.1f}")
                pen = "L"
        dashes = ' stroke-dasharray="6 4"' if number >= 3 else ""
        lines.append(f'<path class="{colour}" d="{" ".join(parts)}"{dashes}><title>{escape(name)}</title></path>')
        lines.append(f'<text class="{colour}" x="{24 + 180 * number}" y="54">{escape(name)}, at most {most:.3g}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _head(width: int, height: int, title: str) -> Iterator[str]:
    yield f'<svg xmlns="{_NAMESPACE}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    yield f"<title>{escape(title)}</title>"
    yield f"<style>\n{STYLE}\n</style>"
    yield f'<rect width="{width}" height="{height}" style="fill: var(--paper)"/>'
    yield f'<text x="24" y="34" class="name">{escape(title)}</text>'


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def _minute(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
