"""What ``vedette backtest`` prints: tables, timelines and the chart of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vedette.testing.backtest.figures import NONE, duration, number, share
from vedette.testing.backtest.timeline import axis, incident_line, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.testing.backtest.change import Sweep
    from vedette.testing.backtest.incidents import Incident
    from vedette.testing.backtest.outcome import AlertOutcome, Hits, Outcome

__all__ = ["Shown", "show", "show_sweep"]

WIDTH: Final = 120
"""Where nobody looks at it."""
_STYLES: Final = {"critical": "red", "high": "yellow", "medium": "cyan", "low": "dim"}
_BAR: Final = 12
_WIDE: Final = 105
"""Columns of a terminal from which on every figure is shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to print."""

    outcomes: tuple[Outcome, ...]
    incidents: Sequence[Incident]
    seconds: float


def show(shown: Shown) -> None:
    """Print each candidate, and what differs."""
    console = _console()
    first, *others = shown.outcomes
    with console.capture() as captured:
        _one(console, first, shown.incidents, titled=bool(others))
        for other in others:
            console.print()
            _beside(console, first, other, shown.incidents)
        _end(console, first, shown.seconds)
    _print(console, captured.get())


def _one(console: Console, found: Outcome, incidents: Sequence[Incident], *, titled: bool) -> None:
    if titled:
        console.print(Text(found.name, "bold"))
    loud = [alert for alert in found.alerts if alert.episodes]
    table = _table("alert", "severity")
    columns = _columns(console, found)
    columns.add(table)
    for alert in loud:
        table.add_row(alert.name, Text(alert.severity, _STYLES.get(alert.severity, "")), *columns.row(alert))
    if loud:
        console.print(table)
        console.print()
        _timeline(console, [(alert.name, alert) for alert in loud], found, incidents)
    else:
        console.print("nothing was pending or firing")
    silent = [alert.name for alert in found.alerts if not alert.episodes]
    if silent and loud:
        console.print(Text(f"\nsilent: {', '.join(silent)}", "dim"))
    _pages(console, found)
    _verdict(console, found)
    for problem in found.problems:
        console.print(Text(f"! {problem}", "yellow"), soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which figures there is reason and room for."""

    routed: bool
    judged: bool
    wide: bool

    def add(self, table: Table) -> None:
        """The headings."""
        titles = ["firings", "only pending", "flaps", "firing", "to resolve", "longest"]
        titles = titles if self.wide else ["firings", "firing"]
        titles += ["pages/week"] if self.routed else []
        titles += ["precision", "recall", "delay"] if self.judged else []
        for title in titles:
            table.add_column(title, justify="right", no_wrap=True)

    def row(self, alert: AlertOutcome) -> list[str]:
        """The figures of one alert."""
        row = [str(alert.firings), duration(alert.firing_time)]
        if self.wide:
            row[1:1] = [str(alert.only_pending), str(alert.flaps)]
            row += [duration(alert.to_resolve), duration(alert.longest or None)]
        row += [number(alert.pages_a_week)] if self.routed else []
        return row + (_judged(alert.hits) if self.judged else [])


def _columns(console: Console, found: Outcome) -> _Columns:
    return _Columns(found.pages is not None, found.hits is not None, console.width >= _WIDE)


def _judged(hits: Hits | None) -> list[str]:
    if hits is None:
        return [NONE] * 3
    return [share(hits.precision), share(hits.recall), duration(hits.delay)]


def _timeline(
    console: Console, rows: Sequence[tuple[str, AlertOutcome]], found: Outcome, incidents: Sequence[Incident]
) -> None:
    left = max(len(name) for name, _ in rows) + 2
    width = max(20, console.width - left - 1)
    if incidents:
        marks = incident_line(incidents, found.start, found.end, width)
        console.print(Text("incidents".ljust(left), "dim") + Text(marks, "blue"))
    for name, alert in rows:
        text = line(alert.episodes, found.start, found.end, width)
        console.print(Text(name.ljust(left)) + Text(text, _STYLES.get(alert.severity, "")))
    console.print(Text(" " * left + axis(found.start, found.end, width), "dim"))


def _pages(console: Console, found: Outcome) -> None:
    if found.pages is None:
        return
    told = [f"{count:.1f} {severity} to {receiver}" for (severity, receiver), count in found.pages_a_week.items()]
    total = sum(found.pages_a_week.values())
    console.print(Text(f"\n{total:.1f} pages a week" + (f": {', '.join(told)}" if told else "")), soft_wrap=True)


def _verdict(console: Console, found: Outcome) -> None:
    hits = found.hits
    if hits is None:
        return
    text = f"precision {share(hits.precision)}, recall {share(hits.recall)}"
    if hits.delay is not None:
        text += f", noticed after {duration(hits.delay)}"
    if hits.missed:
        text += f"; missed: {', '.join(hits.missed)}"
    console.print(text, soft_wrap=True)


def _beside(console: Console, first: Outcome, other: Outcome, incidents: Sequence[Incident]) -> None:
    """What differs between two candidates."""
    before = {alert.name: alert for alert in first.alerts}
    after = {alert.name: alert for alert in other.alerts}
    console.print(Text(other.name, "bold"))
    table = _table("alert", "")
    columns = _columns(console, first)
    columns.add(table)
    rows: list[tuple[str, AlertOutcome]] = []
    for name in dict.fromkeys([*before, *after]):
        pair = [("before", before.get(name)), ("after", after.get(name))]
        one, two = pair[0][1], pair[1][1]
        if one is not None and two is not None and one.episodes == two.episodes:
            continue
        for when, alert in pair:
            if alert is None:
                table.add_row(name, f"{when}: not there")
            else:
                table.add_row(name if when == "before" or one is None else "", when, *columns.row(alert))
                rows.append((f"{name}, {when}", alert))
    if rows:
        console.print(table)
        console.print()
        _timeline(console, rows, first, incidents)
    else:
        console.print("every alert did the same")
    _pages(console, other)
    _verdict(console, other)
    for problem in other.problems:
        console.print(Text(f"! {problem}", "yellow"), soft_wrap=True)


def show_sweep(sweep: Sweep, shown: Shown) -> None:
    """Print what each value would have meant."""
    console = _console()
    first = shown.outcomes[0]
    alerts = [next(alert for alert in one.alerts if alert.name == sweep.alert) for one in shown.outcomes]
    most = max(alert.firings for alert in alerts) or 1
    with console.capture() as captured:
        console.print(Text(f"{sweep.alert}.{sweep.key}", "bold"))
        table = _table(sweep.key)
        columns = _columns(console, first)
        columns.add(table)
        table.add_column("", no_wrap=True)
        for one, alert in zip(shown.outcomes, alerts, strict=True):
            bar = "█" * round(_BAR * alert.firings / most) or ("▏" if alert.firings else "")
            table.add_row(one.name, *columns.row(alert), Text(bar, "red"))
        console.print(table)
        _end(console, first, shown.seconds)
    _print(console, captured.get())


def _end(console: Console, found: Outcome, seconds: float) -> None:
    days = (found.end - found.start) / 86_400_000
    told = f"{days:.4g} days, {found.series:,} series, {found.samples:,} samples in {seconds:.1f} s"
    console.print(Text(f"\n{told}", "dim"))
    if not found.samples:
        console.print(Text("! the rules read nothing there: no series has the names and labels they ask for", "yellow"))


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=True)
    return table


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def _print(console: Console, text: str) -> None:
    """Print what was captured, without blanks at the end of lines where nobody looks at it."""
    bare = "\n".join(one.rstrip() for one in Text.from_ansi(text).plain.split("\n"))
    console.file.write(text if console.is_terminal else bare + "\n")
